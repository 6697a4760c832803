// A list with the task beside it: <div data-split>, rows with data-panel="address", the task in [data-preview].
//
// From 1200 px on a click on a row's free area or `o` shows its task there, and walking over the rows does; narrower, a
// row is a link. `c` claims the row at hand. While one types in the filter the list is asked for again.

const WIDE = matchMedia('(min-width: 1200px)');
const SETTLED = 140;
const TYPED = 300;
const FIELDS = 'input:not([type=checkbox]), textarea, select, [contenteditable=""], [contenteditable="true"]';

const split = () => document.querySelector('[data-split]');
const rows = () => [...document.querySelectorAll('[data-split] [data-panel]')];
const shownRow = () => (shown ? document.getElementById(shown) : null);

let shown = null;
let turn = 0;
let walking = null;

function mark() {
  for (const row of rows()) {
    row.classList.toggle('cur', WIDE.matches && row.id === shown);
    if (row.id === shown && WIDE.matches) row.setAttribute('aria-current', 'true');
    else row.removeAttribute('aria-current');
  }
  const all = rows();
  const at = all.findIndex((row) => row.id === shown);
  for (const button of document.querySelectorAll('[data-go]')) {
    button.disabled = at < 0 || !all[at + Number(button.dataset.go)];
    button.parentElement.hidden = at < 0;
  }
}

async function show(row) {
  if (!row || !WIDE.matches) return;
  const place = document.querySelector('[data-preview]');
  const mine = ++turn;
  shown = row.id;
  seen = row.dataset.seen;
  mark();
  place.closest('aside').dataset.busy = '';
  const answer = await fetch(row.dataset.panel, { headers: { 'X-Live': '1' }, cache: 'no-store' }).catch(() => null);
  if (mine !== turn) return;
  delete place.closest('aside').dataset.busy;
  if (!answer?.ok || answer.redirected) return fail(place, row);
  const drawn = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (mine !== turn) return;
  const panel = drawn.querySelector('#panel') ?? drawn.querySelector('#main') ?? drawn.body;
  place.replaceChildren(document.importNode(panel, true));
  place.scrollTop = 0;
  window.htmx?.process(place);
  document.dispatchEvent(new CustomEvent('casewright:shown', { detail: place.firstElementChild }));
}

let seen = '';

function fail(place, row) {
  const aside = place.closest('aside');
  const words = document.createElement('div');
  words.className = 'empty';
  words.setAttribute('role', 'alert');
  const text = document.createElement('p');
  text.textContent = aside.dataset.failed;
  const again = document.createElement('button');
  Object.assign(again, { className: 'bt', type: 'button', textContent: aside.dataset.again });
  again.addEventListener('click', () => show(row));
  words.append(text, again);
  place.replaceChildren(words);
}

const rowAtHand = () => document.activeElement?.closest('[data-panel]') ?? shownRow();

function go(step) {
  const all = rows();
  const at = all.findIndex((row) => row.id === shown);
  const next = all[at + step];
  if (next) {
    next.scrollIntoView({ block: 'nearest' });
    show(next);
  }
}

document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const button = target?.closest('[data-go]');
  if (button) go(Number(button.dataset.go));
  const row = target?.closest('[data-panel]');
  if (row && WIDE.matches && !target.closest('a, button, input, label')) show(row);
});

// Walking over the rows with j and k, or Tab, shows each one that is stayed at.
document.addEventListener('focusin', (event) => {
  const row = event.target instanceof Element && event.target.closest('[data-panel]');
  clearTimeout(walking);
  if (!row || row.id === shown || !event.target.matches('[data-row]')) return;
  walking = setTimeout(() => show(row), SETTLED);
});

function pressed(key) {
  const row = rowAtHand();
  if (key === 'o' && row) {
    if (WIDE.matches) show(row);
    else row.querySelector('[data-row]')?.click();
    return true;
  }
  const claim = key === 'c' && row?.querySelector('[data-claim]');
  claim?.click();
  return Boolean(claim);
}

// Before the keys of the page: what is at hand is meant, not the first thing that listens to the key.
document.addEventListener('keydown', (event) => {
  const mode = document.body.dataset.keys ?? 'on';
  const typing = event.target instanceof Element && event.target.matches(FIELDS);
  if (!split() || typing || mode === 'off' || event.altKey !== (mode === 'modifier')) return;
  if (event.ctrlKey || event.metaKey || document.querySelector('dialog[open]')) return;
  if (pressed(event.key)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// The filter: asked for while one types, with the address following.
let typed = null;
let question = 0;

function ask(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== '')).toString();
  const address = query ? `${form.action}?${query}` : form.action;
  const mine = ++question;
  const list = form.closest('.list');
  list.dataset.busy = '';
  fetch(address, { headers: { 'X-Live': '1' }, cache: 'no-store' })
    .then(async (answer) => {
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const text = await answer.text();
      if (mine !== question) return;
      history.replaceState(null, '', address);
      const main = document.getElementById('main');
      await window.htmx.swap({ text, sourceElement: main, target: main, select: '#main', swap: 'outerMorph' });
    })
    .catch(() => { if (mine === question) form.requestSubmit(); })
    .finally(() => { if (mine === question) delete document.querySelector('.list').dataset.busy; });
}

document.addEventListener('input', (event) => {
  const form = event.target instanceof Element && event.target.matches('[type=search]') && event.target.closest('[data-filter]');
  if (!form) return;
  clearTimeout(typed);
  typed = setTimeout(() => ask(form), TYPED);
});

// A menu of the list closes by Esc, and by a click elsewhere.
function close(except) {
  for (const menu of document.querySelectorAll('details.drop[open]')) if (menu !== except) menu.open = false;
}

document.addEventListener('click', (event) => close(event.target instanceof Element ? event.target.closest('details.drop') : null));
document.addEventListener('keydown', (event) => {
  const menu = event.key === 'Escape' && event.target instanceof Element && event.target.closest('details.drop[open]');
  if (!menu) return;
  close(null);
  menu.querySelector('summary').focus();
});

// While the pointer moves over the rows none of them moves away under it: what a refresh brings waits that long.
let still = null;

document.addEventListener('pointermove', (event) => {
  const list = event.target instanceof Element && event.target.closest('[data-split] .rows');
  if (!list) return;
  list.dataset.held = '';
  clearTimeout(still);
  still = setTimeout(() => { for (const one of document.querySelectorAll('[data-held]')) delete one.dataset.held; }, 1500);
}, { passive: true });

// After a refresh the row is marked again; where somebody else has the task now, it is shown anew unless one is typing.
document.addEventListener('htmx:after:swap', () => {
  const row = shownRow();
  const touched = document.querySelector('[data-preview] form[hx-morph-skip]');
  mark();
  if (row && row.dataset.seen !== seen && !touched) show(row);
  if (!shown && !document.querySelector('#panel')) show(rows()[0]);
});

function begin() {
  const list = split();
  if (!list) return;
  const opened = list.dataset.opened && document.getElementById(`task-${list.dataset.opened}`);
  const row = opened || rows()[0];
  if (opened && WIDE.matches) opened.scrollIntoView({ block: 'nearest' });
  show(row);
}

begin();
WIDE.addEventListener('change', () => { mark(); if (WIDE.matches && !shown) begin(); });
