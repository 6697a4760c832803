// <form data-draft="address">: what is typed is kept on the server, 800 ms after the last key or at once after a
// choice. The server answers with the questions as they stand now: those that a choice brought up appear, those that
// it took away go, sums are worked out anew. What somebody typed stays as it is. Without JavaScript there is a button.

const AFTER = 800;

function keep(form) {
  const state = document.getElementById('draft-state');
  let timer = null;
  let ends = false;
  let sent = 0;
  const save = async () => {
    clearTimeout(timer);
    if (ends) return;
    const turn = ++sent;
    const answer = await fetch(form.dataset.draft, {
      method: 'POST',
      body: new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === 'string')),
      headers: { 'X-Live': '1' },
    }).catch(() => null);
    // An answer that a later one has overtaken asks questions of the past.
    if (ends || turn !== sent) return;
    if (state) state.textContent = answer?.ok ? state.dataset.saved : state.dataset.failed;
    if (answer?.ok) ask(form, await answer.text());
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

function ask(form, text) {
  const questions = form.querySelector('[data-questions]');
  const drawn = new DOMParser().parseFromString(text, 'text/html').querySelector('[data-questions]');
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

document.querySelectorAll('form[data-draft]').forEach(keep);
document.getElementById('errors')?.focus();
