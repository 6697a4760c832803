// Keys, said in the markup: data-key="c" clicks a button or link, focuses a field or heading; "g i" is one key after
// another, "$mod+Enter" is Ctrl, or Command on a Mac; "e, $mod+Enter" are two keys for one thing. j, k and the arrows walk
// over the links marked data-row; ? tells the keys that there are on this page, read from the same marks.
//
// <body data-keys="on | modifier | off">: single keys, only together with Alt, or none (WCAG 2.1.4). Never while one types.

const FIELDS = 'input:not([type=checkbox], [type=button]), textarea, select, [contenteditable=""], [contenteditable="true"]';
const PRESSED = 'a[href], button, summary, label, [type=checkbox]';
const NEXT_KEY_MS = 1500;
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

let first = '';
let forget = null;
let place = -1;

const mode = () => document.body.dataset.keys ?? 'on';
const keysOf = (element) => element.dataset.key.split(',').map((key) => key.trim());
const rows = () => [...document.querySelectorAll('[data-row]')].filter((row) => row.checkVisibility());

function of(key) {
  const all = [...document.querySelectorAll('[data-key]:not(:disabled)')].filter((one) => keysOf(one).includes(key));
  return all.find((one) => one.checkVisibility()) ?? all.find((one) => !one.closest('dialog:not([open])')) ?? null;
}

function press(element) {
  if (element.matches(PRESSED)) {
    element.click();
  } else {
    if (!element.matches(FIELDS) && !element.hasAttribute('tabindex')) element.tabIndex = -1;
    element.focus();
    element.scrollIntoView({ block: 'nearest' });
  }
  return true;
}

function walk(step) {
  const all = rows();
  if (all.length === 0) return false;
  const at = all.indexOf(document.activeElement?.closest('[data-row]'));
  // A row that left while it had the focus leaves its place to the next one.
  const from = at >= 0 ? at : place < 0 ? (step > 0 ? -1 : all.length) : place - (step > 0 ? 1 : 0);
  const row = all[Math.min(Math.max(from + step, 0), all.length - 1)];
  row.focus();
  row.scrollIntoView({ block: 'nearest' });
  return true;
}

document.addEventListener('focusin', ({ target }) => {
  const row = target.closest('[data-row]');
  if (row) place = rows().indexOf(row);
});

// What was pressed, as the marks say it; null where single keys are off or belong to a field.
function name(event) {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  if (mod) return `$mod+${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
  if (event.ctrlKey || event.metaKey || mode() === 'off') return null;
  if (event.altKey !== (mode() === 'modifier')) return null;
  if (event.target instanceof Element && event.target.matches(FIELDS)) return null;
  // Alt makes other signs of letters on some keyboards.
  const letter = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.slice(3) : event.key;
  return letter.length === 1 && !event.shiftKey ? letter.toLowerCase() : letter;
}

function act(key, event) {
  const onRow = document.activeElement?.closest('[data-row]');
  if (key === 'j' || (key === 'ArrowDown' && onRow)) return walk(1);
  if (key === 'k' || (key === 'ArrowUp' && onRow)) return walk(-1);
  if (key === '?') return tell();
  const element = of(key);
  if (!element || (event.target.matches(FIELDS) && !key.startsWith('$mod+'))) return false;
  return press(element);
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || !(event.target instanceof Element)) return;
  const key = name(event);
  const shown = document.querySelector('dialog[open]');
  if (!key || ['Shift', 'Alt', 'Control', 'Meta'].includes(event.key)) return;
  if (shown && !(key.startsWith('$mod+') && of(key)?.closest('dialog[open]'))) return;
  clearTimeout(forget);
  const both = first && `${first} ${key}`;
  first = '';
  if ((both && act(both, event)) || act(key, event)) {
    event.preventDefault();
  } else if ([...document.querySelectorAll('[data-key]')].some((one) => one.dataset.key.startsWith(`${key} `))) {
    first = key;
    forget = setTimeout(() => { first = ''; }, NEXT_KEY_MS);
  }
});

function words(element) {
  if (element.dataset.title) return element.dataset.title;
  const copy = element.cloneNode(true);
  for (const hint of copy.querySelectorAll('.kbd, .visually-hidden, .c')) hint.remove();
  return element.getAttribute('aria-label') ?? (copy.textContent.trim() || element.title);
}

const ALT = { $mod: isMac ? '⌘' : 'Ctrl', Enter: '↵', ArrowDown: '↓', ArrowUp: '↑' };
const shown = (key) => key.split(/[ +]/).filter(Boolean).map((one) => ALT[one] ?? (one.length === 1 ? one.toUpperCase() : one));

function line(keys, text) {
  const dt = document.createElement('dt');
  const dd = document.createElement('dd');
  dd.textContent = text;
  for (const [number, key] of keys.entries()) {
    if (number) dt.append(' / ');
    const single = !key.startsWith('$mod+');
    const all = key === '+' ? ['+'] : shown(key);
    for (const one of single && mode() === 'modifier' ? ['Alt', ...all] : all) {
      const kbd = document.createElement('kbd');
      kbd.className = 'kbd';
      kbd.textContent = one;
      dt.append(kbd, ' ');
    }
  }
  return [dt, dd];
}

function list(title, lines) {
  if (lines.length === 0) return [];
  const head = document.createElement('h3');
  head.textContent = title;
  const dl = document.createElement('dl');
  dl.className = 'kv';
  dl.append(...lines.flat());
  return [head, dl];
}

// The keys of this page, each once, as they work now.
function tell() {
  const dialog = document.getElementById('keys');
  if (!(dialog instanceof HTMLDialogElement)) return false;
  const said = dialog.dataset;
  const found = new Map();
  for (const element of document.querySelectorAll('[data-key]:not(:disabled)')) {
    const [key] = keysOf(element);
    if (found.has(key) || element.closest('dialog') || of(key) !== element) continue;
    const keys = keysOf(element).filter((one) => mode() !== 'off' || one.startsWith('$mod+'));
    if (keys.length) found.set(key, [keys, words(element)]);
  }
  const all = [...found.entries()];
  const pick = (test) => all.filter(([key]) => test(key)).map(([, [keys, text]]) => line(keys, text));
  const here = pick((key) => !key.startsWith('g ') && key !== '$mod+k');
  if (mode() !== 'off' && rows().length) here.unshift(line(['j', 'k'], said.wordsRows), line(['Enter'], said.wordsOpen));
  if (mode() !== 'off' && document.querySelector('[data-pick]')) here.push(line(['x'], said.wordsPick), line(['*'], said.wordsAll));
  const help = mode() === 'off' ? [] : [line(['?'], said.wordsHelp)];
  dialog.querySelector('[data-list]').replaceChildren(
    ...list(said.wordsPage, here),
    ...list(said.wordsGo, pick((key) => key.startsWith('g '))),
    ...list(said.wordsEverywhere, [...pick((key) => key === '$mod+k'), ...help]),
  );
  dialog.showModal();
  return true;
}

if (isMac) {
  for (const hint of document.querySelectorAll('.kbd[data-mod]')) hint.textContent = hint.textContent.replace('Ctrl', '⌘');
}
