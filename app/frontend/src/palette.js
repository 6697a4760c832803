// Jump anywhere: <dialog id="palette"> with a combo box. What can be done on this page is read from its marked keys; pages,
// cases and tasks come from the server, which knows what this person may see. Enter without a choice searches the cases.

const dialog = document.getElementById('palette');
const WAIT = 150;

if (dialog instanceof HTMLDialogElement) {
  const input = dialog.querySelector('[role=combobox]');
  const box = dialog.querySelector('[role=listbox]');
  const count = dialog.querySelector('[data-count]');
  let timer = null;
  let turn = 0;
  let came = null;

  const options = () => [...box.querySelectorAll('[role=option]')];
  const chosen = () => box.querySelector('[aria-selected=true]');

  const choose = (option) => {
    chosen()?.setAttribute('aria-selected', 'false');
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
  };

  const title = (element) => {
    if (element.dataset.title) return element.dataset.title;
    const copy = element.cloneNode(true);
    for (const hint of copy.querySelectorAll('.kbd, .visually-hidden')) hint.remove();
    return element.getAttribute('aria-label') ?? copy.textContent.trim();
  };

  // Buttons and links of the page with a key; what leads elsewhere is among the pages already.
  const actions = (text) => {
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    return [...document.querySelectorAll('main [data-key]:not(:disabled)')].filter((element) => {
      const said = title(element).toLowerCase();
      return said && element.checkVisibility() && wanted.every((word) => said.includes(word));
    });
  };

  const group = (elements) => {
    const part = document.createElement('div');
    part.setAttribute('role', 'group');
    part.setAttribute('aria-labelledby', 'jump-actions');
    const head = document.createElement('div');
    Object.assign(head, { className: 'pg', id: 'jump-actions', textContent: dialog.dataset.wordsActions });
    head.setAttribute('role', 'presentation');
    part.append(head);
    for (const [number, element] of elements.entries()) {
      const option = document.createElement('div');
      Object.assign(option, { className: 'po', id: `jump-action-${number}`, textContent: title(element) });
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      option.addEventListener('click', () => {
        dialog.close();
        if (element.matches('a[href], button, summary')) element.click();
        else element.focus();
      });
      part.append(option);
    }
    return part;
  };

  const show = (parts) => {
    box.replaceChildren(...parts);
    const found = options();
    box.hidden = found.length === 0;
    input.setAttribute('aria-expanded', String(found.length > 0));
    count.textContent = found.length ? dialog.dataset.wordsCount.replace('{n}', found.length) : dialog.dataset.wordsNone;
    count.classList.toggle('visually-hidden', found.length > 0);
    // Without a letter nothing is chosen: Enter must not press what happens to stand first.
    choose(input.value.trim() ? found[0] : null);
  };

  const find = async () => {
    clearTimeout(timer);
    const text = input.value.trim();
    const now = ++turn;
    const answer = await fetch(`/palette?q=${encodeURIComponent(text)}`, { headers: { 'X-Live': '1' } }).catch(() => null);
    const drawn = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
    // An answer that a later one has overtaken is of a question nobody asks any more.
    if (now !== turn || !dialog.open) return;
    const here = actions(text);
    show([...(here.length ? [group(here)] : []), ...(drawn ? drawn.body.children : [])]);
  };

  const open = () => {
    if (dialog.open) return;
    came = document.activeElement;
    document.getElementById('menu')?.matches(':popover-open') && document.getElementById('menu').hidePopover();
    input.value = '';
    dialog.showModal();
    input.focus();
    find();
  };

  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest('[data-palette]')) open();
    else if (target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => {
    if (came?.isConnected && document.activeElement === document.body) came.focus();
  });
  input.addEventListener('input', () => {
    clearTimeout(timer);
    choose(null);
    timer = setTimeout(find, WAIT);
  });
  input.addEventListener('keydown', (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && all.length) {
      const from = at < 0 && event.key === 'ArrowUp' ? 0 : at;
      choose(all[(from + steps[event.key] + all.length) % all.length]);
      event.preventDefault();
    } else if (event.key === 'Enter' && !event.isComposing && chosen()) {
      chosen().click();
      event.preventDefault();
    }
  });
}
