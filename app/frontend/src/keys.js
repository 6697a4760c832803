// Keys, said in the markup: data-key="c" clicks a button or link, focuses a field; "g i" is one key after another.
// j and k walk over the links marked data-row; ? opens the dialog #keys.
//
// <body data-keys="on | modifier | off">: single keys, only together with Alt, or none (WCAG 2.1.4).
// Never while one types.

import { tinykeys } from 'tinykeys';

const FIELDS = 'input, textarea, select, [contenteditable=""], [contenteditable="true"]';
const ALWAYS = ['$mod+Enter', '$mod+k'];

function press(element) {
  if (element.matches(FIELDS)) element.focus();
  else element.click();
}

function walk(step) {
  const rows = [...document.querySelectorAll('[data-row]')].filter((row) => row.checkVisibility());
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement?.closest('[data-row]'));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next].focus();
  return true;
}

function act(key) {
  if (key === 'j') return walk(1);
  if (key === 'k') return walk(-1);
  const dialog = document.getElementById('keys');
  if (key === '?' && dialog instanceof HTMLDialogElement) {
    dialog.showModal();
    return true;
  }
  const element = document.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  if (element) press(element);
  return element !== null;
}

function bindings() {
  const named = [...document.querySelectorAll('[data-key]')].map((element) => element.dataset.key);
  return new Set([...named, 'j', 'k', '?']);
}

function listen() {
  const mode = document.body.dataset.keys ?? 'on';
  const handlers = {};
  for (const key of bindings()) {
    const combined = key.includes('+');
    if (mode === 'off' && !combined) continue;
    const pressed = mode === 'modifier' && !combined ? key.split(' ').map((part) => `Alt+${part}`).join(' ') : key;
    // A shifted sign such as ? arrives with Shift held, which tinykeys wants to be told.
    handlers[pressed === '?' ? 'Shift+?' : pressed] = (event) => {
      const typing = event.target instanceof Element && event.target.matches(FIELDS);
      if (typing && !ALWAYS.includes(key)) return;
      if (document.querySelector('dialog[open]') && key !== '$mod+Enter') return;
      if (act(key)) event.preventDefault();
    };
  }
  return tinykeys(window, handlers);
}

let forget = listen();
// What htmx swaps in may bring keys of its own.
document.addEventListener('htmx:after:swap', () => {
  forget();
  forget = listen();
});
