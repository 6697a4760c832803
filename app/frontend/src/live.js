// <main data-live>: the page is asked for again every 15 seconds (or as many ms as data-live says), and only what changed
// is put in by morph, the counts of the menu too. What is under somebody's hand stays: a form that was touched, what is
// open, the focus, what is marked, and the row at the pointer stays where it is on the screen.
//
// When it cannot be had, a quiet line says since when the page is old. `casewright:look` asks at once.

const EVERY = 15_000;
const STEP_BACK = 60_000;

const stale = document.getElementById('stale');
let etag = null;
let fails = false;
let at = new Date();
let pressed = false;
let pointer = null;
let asking = null;

// htmx leaves alone what is marked so; a form becomes so by the first key.
document.addEventListener('input', ({ target }) => {
  if (target.matches('[data-pick]')) return;
  (target.closest('form') ?? target).setAttribute('hx-morph-skip', '');
});
document.addEventListener('pointerdown', () => { pressed = true; }, true);
for (const over of ['pointerup', 'pointercancel', 'dragend']) addEventListener(over, () => { pressed = false; }, true);
addEventListener('pointermove', ({ clientX, clientY }) => { pointer = [clientX, clientY]; }, { passive: true });

const touched = (main) => [...main.querySelectorAll('form[hx-morph-skip]')];
// Those that a refresh could take away: what stands in a part that is left alone anyway is safe.
const exposed = (main) => touched(main).filter((form) => !form.parentElement.closest('[hx-morph-skip]'));

async function ask(main) {
  if (document.hidden || pressed) return;
  // X-Poll: nobody pressed anything, so that an unattended screen does not count as somebody who is there.
  const headers = { 'X-Live': '1', 'X-Poll': '1', ...(etag && { 'If-None-Match': etag }) };
  const address = location.pathname + location.search;
  const answer = await fetch(address, { headers, cache: 'no-store' });
  if (answer.status === 401) {
    if (touched(main).length === 0) location.reload();
    else say(stale?.dataset.out);
    return;
  }
  // The page is another by now: a filter was set meanwhile.
  if (address !== location.pathname + location.search) return;
  if (!answer.ok && answer.status !== 304) throw new Error(`${answer.status}`);
  fails = false;
  at = new Date();
  const text = answer.ok ? await answer.text() : '';
  // Whoever pressed meanwhile is about to click on what is there now; the same answer comes again.
  if (text && !pressed && put(main, text)) etag = answer.headers.get('ETag');
  else if (!text) say('');
}

function say(words) {
  if (!stale) return;
  const text = (words ?? '').replace('{at}', at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  if (stale.textContent !== text) stale.textContent = text;
  stale.hidden = text === '';
}

function look() {
  const main = document.querySelector('main[data-live]');
  if (!main) return null;
  asking ??= ask(main)
    .catch(() => {
      fails = true;
      say(stale?.dataset.words);
    })
    .finally(() => { asking = null; });
  return asking;
}

// True where the page is now what was sent.
function put(main, text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  const drawn = fresh.getElementById('main');
  if (!drawn) return false;
  // A form that somebody writes in and that is gone on the server would take what is written with it.
  if (exposed(main).some((form) => !twin(form, drawn))) {
    say(stale?.dataset.held);
    return false;
  }
  for (const part of main.querySelectorAll('details')) keepOpen(part, main, drawn);
  for (const dialog of main.querySelectorAll('dialog[open]')) dialog.setAttribute('hx-morph-skip', '');
  const held = hold(main);
  morph(main, drawn);
  for (const part of document.querySelectorAll('[data-part]')) {
    const now = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (now && now.innerHTML !== part.innerHTML) morph(part, now);
  }
  held();
  say('');
  return true;
}

function morph(target, drawn) {
  window.htmx.swap({ text: drawn.outerHTML, sourceElement: target, target, swap: 'outerMorph' });
}

const addressOf = (form) => form.getAttribute('action') ?? '';

function twin(form, drawn) {
  if (form.id) return drawn.querySelector(`form#${CSS.escape(form.id)}`);
  return [...drawn.querySelectorAll('form')].find((one) => addressOf(one) === addressOf(form));
}

function keepOpen(part, main, drawn) {
  const words = part.querySelector('summary')?.textContent;
  const all = [...(part.id ? [] : drawn.querySelectorAll('details:not([id])'))];
  const place = [...main.querySelectorAll('details:not([id])')].indexOf(part);
  const same = part.id
    ? drawn.querySelector(`details#${CSS.escape(part.id)}`)
    : [all[place], ...all].find((one) => one?.querySelector('summary')?.textContent === words);
  same?.toggleAttribute('open', part.open);
}

// The row at the pointer, or with the focus, is put back to where it was on the screen.
function hold(main) {
  const under = pointer && document.elementFromPoint(...pointer);
  const row = (main.contains(under) ? under : document.activeElement)?.closest('li[id], tr[id]');
  const before = row?.getBoundingClientRect().top;
  return () => {
    if (!row?.isConnected) return;
    const moved = row.getBoundingClientRect().top - before;
    if (Math.abs(moved) < 1) return;
    let box = row.parentElement;
    while (box && box !== document.body && box.scrollHeight <= box.clientHeight) box = box.parentElement;
    (!box || box === document.body ? document.scrollingElement : box).scrollTop += moved;
  };
}

function again() {
  const main = document.querySelector('main[data-live]');
  if (!main) return;
  const every = Number(main.dataset.live) || EVERY;
  setTimeout(() => look()?.finally(again), fails ? Math.min(STEP_BACK, every * 4) : every);
}

again();
document.addEventListener('casewright:look', look);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) look();
});

// A page that lets one wait shows that it is coming.
const bar = document.getElementById('loading');
let coming = null;
function wait(event) {
  if (event.defaultPrevented) return;
  clearTimeout(coming);
  coming = setTimeout(() => { bar.hidden = false; }, 300);
}
function arrived() {
  clearTimeout(coming);
  if (bar) bar.hidden = true;
}
addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
  const other = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
  if (!bar || !link || other || link.target || link.hasAttribute('download')) return;
  const leaves = link.origin === location.origin && link.pathname + link.search !== location.pathname + location.search;
  if (leaves) wait(event);
});
addEventListener('submit', (event) => {
  if (bar && event.target.method !== 'dialog') wait(event);
});
addEventListener('pageshow', arrived);
