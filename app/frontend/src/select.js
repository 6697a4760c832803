// Rows that are picked: <input data-pick> in each row, <form data-bulk> as the bar under the list.
//
// Click ticks, with Shift the range from the last one; x ticks the row at hand, Shift+x the range to it, * all rows of
// the page, Esc none. What is picked is kept here with the value it had when it was picked (who had the task then): a
// refresh neither unticks a row nor forgets one that has left the list, which the bar says.

const FIELDS = 'input:not([type=checkbox]), textarea, select, [contenteditable=""], [contenteditable="true"]';

const picked = new Map();
let anchor = null;
let hasAll = false;

document.documentElement.classList.add('js');

const bar = () => document.querySelector('form[data-bulk]');
const boxes = () => [...document.querySelectorAll('[data-pick]')];
const number = (box) => box.id;
const rowOf = (element) => element?.closest('li, tr');
const whole = (form) => (form.elements.scope && hasAll ? Number(form.dataset.total) || picked.size : picked.size);

function set(box, ticked) {
  box.checked = ticked;
  if (ticked) {
    if (!picked.has(number(box))) picked.set(number(box), box.value);
  } else {
    picked.delete(number(box));
    hasAll = false;
  }
}

function through(box, ticked) {
  const all = boxes();
  const from = all.findIndex((one) => number(one) === anchor);
  const to = all.indexOf(box);
  const [low, high] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
  for (const one of all.slice(low, high + 1)) set(one, ticked);
}

function clear() {
  picked.clear();
  hasAll = false;
  anchor = null;
  for (const box of boxes()) box.checked = false;
  draw();
}

// The page as it should be after anything happened to it: ticks, rows' marks, the bar, what is sent for rows not shown.
function draw() {
  const form = bar();
  if (!form) return;
  const shown = new Set();
  for (const box of boxes()) {
    const value = picked.get(number(box));
    shown.add(number(box));
    box.checked = value !== undefined;
    if (value !== undefined) box.value = value;
  }
  document.documentElement.classList.toggle('picking', picked.size > 0);
  const away = [...picked].filter(([id]) => !shown.has(id));
  say(form, hasAll ? 0 : away.length);
  send(form, away.map(([, value]) => value));
}

function say(form, away) {
  const words = form.dataset;
  const text = hasAll ? words.wordsAll : picked.size === 1 ? words.wordsOne : words.wordsMany;
  put(form.querySelector('[data-picked]'), picked.size ? text.replace('{n}', whole(form)) : '');
  const gone = form.querySelector('[data-gone]');
  put(gone, away ? words.wordsGone.replace('{n}', away) : '');
  gone.hidden = away === 0;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function send(form, values) {
  for (const old of form.querySelectorAll('input[data-away]')) old.remove();
  const all = hasAll && form.elements.scope ? [['all', '1']] : [];
  for (const [name, value] of [...all, ...values.map((one) => [form.dataset.name ?? 'task', one])]) {
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name, value });
    input.dataset.away = '';
    form.append(input);
  }
}

async function selectAll(button) {
  for (const box of boxes()) set(box, true);
  hasAll = true;
  if (button.dataset.picks) {
    const answer = await fetch(button.dataset.picks, { headers: { 'X-Live': '1' }, cache: 'no-store' }).catch(() => null);
    hasAll = Boolean(answer?.ok);
    const lines = answer?.ok ? (await answer.text()).split('\n').filter(Boolean) : [];
    for (const line of lines) {
      const id = `pick-${line.slice(0, line.indexOf(':'))}`;
      if (!picked.has(id)) picked.set(id, line);
    }
  }
  draw();
}

// The row at hand: the focused one, or else the one shown beside the list.
function current() {
  const row = rowOf(document.activeElement) ?? document.querySelector('.row1.cur');
  return row?.querySelector('[data-pick]') ?? null;
}

document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const box = target?.closest('[data-pick]');
  if (box) {
    if (event.shiftKey && anchor) through(box, box.checked);
    else set(box, box.checked);
    anchor = number(box);
    draw();
  } else if (target?.closest('[data-clear]')) {
    clear();
  } else if (target?.closest('[data-all]')) {
    selectAll(target.closest('[data-all]'));
  } else if (target?.closest('[data-reassign]') && picked.size === 0) {
    // By its key alone: the row at hand is meant.
    const one = current();
    if (!one) {
      event.preventDefault();
      return;
    }
    set(one, true);
    draw();
  }
}, true);

// Shift+click would mark the text between the two clicks.
document.addEventListener('mousedown', (event) => {
  if (event.shiftKey && event.target instanceof Element && event.target.closest('.pk')) event.preventDefault();
});

function pressed(key, shift) {
  const box = current();
  if (key === 'x' && box) {
    if (shift && anchor) through(box, true);
    else set(box, !box.checked);
    anchor = number(box);
  } else if (key === '*') {
    const all = boxes();
    const ticked = all.some((one) => !one.checked);
    for (const one of all) set(one, ticked);
  } else if (key === 'escape' && picked.size) {
    clear();
  } else {
    return false;
  }
  draw();
  return true;
}

document.addEventListener('keydown', (event) => {
  const mode = document.body.dataset.keys ?? 'on';
  const typing = event.target instanceof Element && event.target.matches(FIELDS);
  if (!bar() || typing || event.ctrlKey || event.metaKey || document.querySelector('dialog[open]')) return;
  if (event.key !== 'Escape' && (mode === 'off' || event.altKey !== (mode === 'modifier'))) return;
  if (pressed(event.key.toLowerCase(), event.shiftKey)) event.preventDefault();
});

// A browser that comes back to a page ticks what was ticked; a morph may tick nothing or anything: both are put right.
for (const box of boxes()) if (box.checked) set(box, true);
draw();
document.addEventListener('htmx:after:swap', draw);
