// <main data-live>: the page is asked for again every 15 seconds, and only what changed is put in by morph.
// What somebody is doing stays as it is: a form that was touched, an open <details>, focus and scroll.

const EVERY = 15_000;
const STEP_BACK = 60_000;

let etag = null;
let pause = EVERY;

// htmx leaves alone what is marked so; a form becomes so by the first key.
document.addEventListener('input', (event) => event.target.closest('form')?.setAttribute('hx-morph-skip', ''));

async function look(main) {
  if (document.hidden) return;
  const headers = { 'X-Live': '1', ...(etag && { 'If-None-Match': etag }) };
  const answer = await fetch(location.pathname + location.search, { headers, cache: 'no-store' });
  if (answer.status === 401) {
    location.reload();
    return;
  }
  pause = answer.ok || answer.status === 304 ? EVERY : STEP_BACK;
  if (!answer.ok) return;
  etag = answer.headers.get('ETag');
  await put(main, await answer.text());
}

async function put(main, text) {
  const open = [...main.querySelectorAll('details[open][id]')].map((details) => details.id);
  const swap = { text, sourceElement: main, target: main, select: '#main', swap: 'outerMorph' };
  await window.htmx.swap(swap);
  for (const id of open) document.getElementById(id)?.setAttribute('open', '');
}

function again() {
  const main = document.querySelector('main[data-live]');
  if (!main) return;
  setTimeout(() => look(main).catch(() => { pause = STEP_BACK; }).finally(again), pause);
}

again();
document.addEventListener('visibilitychange', () => {
  const main = document.querySelector('main[data-live]');
  if (main && !document.hidden) look(main).catch(() => { pause = STEP_BACK; });
});
