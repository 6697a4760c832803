// <form data-draft="address">: what is typed is kept on the server, 800 ms after the last key or at once after a
// choice. The server answers with the questions as they stand now: those that a choice brought up appear, those that
// it took away go, sums are worked out anew. What somebody typed stays as it is. Without JavaScript there is a button.

const AFTER = 800;
const kept = new WeakSet();

function keep(form) {
  if (kept.has(form)) return;
  kept.add(form);
  const state = form.querySelector('#draft-state');
  let timer = null;
  let ends = false;
  let sent = 0;
  const send = (more) => fetch(form.dataset.draft, {
    method: 'POST',
    body: new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === 'string')),
    headers: { 'X-Live': '1' },
    ...more,
  });
  const save = async () => {
    clearTimeout(timer);
    timer = null;
    if (ends) return;
    const turn = ++sent;
    const answer = await send().catch(() => null);
    const drawn = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
    // An answer that a later one has overtaken asks questions of the past.
    if (ends || turn !== sent) return;
    if (state) state.textContent = drawn?.querySelector('[data-said]')?.textContent ?? state.dataset.failed;
    if (drawn) ask(form, drawn);
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(save, AFTER);
  });
  form.addEventListener('change', (event) => {
    if (event.target.matches('select, [type=radio], [type=checkbox]')) save();
  });
  // A draft that arrives after the answer would only be refused.
  form.addEventListener('submit', () => {
    ends = true;
    clearTimeout(timer);
  });
  // Who leaves before the time is up takes nothing along that is not kept.
  addEventListener('pagehide', () => {
    if (timer !== null && !ends && form.isConnected) send({ keepalive: true }).catch(() => null);
  });
  // Who was quicker than this script, or came back to a page that the browser filled in again, is kept now.
  if ([...form.elements].some(differs)) save();
}

function differs(field) {
  if (field.type === 'hidden') return false;
  if (field.matches('select')) return chosen(field) !== given(field);
  if (field.matches('[type=radio], [type=checkbox]')) return field.checked !== field.defaultChecked;
  return field.matches('input, textarea') && field.value !== field.defaultValue;
}

function chosen(select) {
  return [...select.selectedOptions].map((one) => one.value).join('\n');
}

// What the server drew as chosen: a list of one shows its first where nothing is.
function given(select) {
  const drawn = [...select.options].filter((one) => one.defaultSelected);
  if (drawn.length === 0 && !select.multiple) drawn.push(...[...select.options].slice(0, 1));
  return drawn.map((one) => one.value).join('\n');
}

function ask(form, page) {
  const questions = form.querySelector('[data-questions]');
  const drawn = page.querySelector('[data-questions]');
  if (!questions || !drawn) return;
  const focused = document.activeElement;
  const place = caret(focused);
  for (const field of drawn.querySelectorAll('[data-field]')) {
    const old = questions.querySelector(`[data-field="${CSS.escape(field.dataset.field)}"]`);
    if (old && stays(old, field)) field.replaceWith(old);
  }
  questions.replaceChildren(...drawn.childNodes);
  if (focused !== document.activeElement && document.contains(focused)) {
    focused.focus({ preventScroll: true });
    if (place) focused.setSelectionRange(...place);
  }
}

// A field stays with what is in it, but for one that is worked out, and one whose choices are others now.
function stays(old, field) {
  if (field.dataset.kind === 'computed') return false;
  return choices(old) === choices(field) || old.contains(document.activeElement);
}

function choices(field) {
  return [...field.querySelectorAll('option, [type=radio], [type=checkbox]')].map((one) => one.value).join('\n');
}

function caret(element) {
  return typeof element?.selectionStart === 'number' ? [element.selectionStart, element.selectionEnd] : null;
}

function begin(part) {
  for (const form of part.querySelectorAll('form[data-draft]')) keep(form);
  part.querySelector('#errors')?.focus();
}

begin(document);
// A task that is put beside a list comes later than the page.
document.addEventListener('casewright:shown', ({ detail }) => begin(detail ?? document));
document.addEventListener('htmx:after:swap', () => {
  for (const form of document.querySelectorAll('form[data-draft]')) keep(form);
});
