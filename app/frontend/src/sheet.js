// The sheet of people: forms that lead to /reassign open it over the page, and the focus goes back when it closes.
// Without this the same form leads to the same sheet as a page of its own.
//
// <section data-running>: work is going on; the page is looked at every second until it is not.

const ADDRESS = '/reassign';
const OFTEN = 1_000;

async function open(form, opener) {
  const body = new URLSearchParams(new FormData(form));
  if (location.pathname && !body.has('back')) body.set('back', location.pathname + location.search);
  const answer = await fetch(ADDRESS, { method: 'POST', body, headers: { 'X-Live': '1' } });
  if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
  const sheet = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-sheet]');
  if (!sheet) throw new Error('no sheet');
  show(document.adoptNode(sheet), opener);
}

function show(sheet, opener) {
  const dialog = document.createElement('dialog');
  dialog.className = 'sheet';
  dialog.setAttribute('aria-labelledby', 'sheet-title');
  dialog.append(sheet);
  dialog.addEventListener('close', () => {
    dialog.remove();
    const back = opener?.isConnected ? opener : document.querySelector('[data-reassign]');
    (back?.checkVisibility() ? back : document.getElementById('main'))?.focus();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog || event.target.closest('[data-close]')) {
      event.preventDefault();
      dialog.close();
    }
  });
  document.body.append(dialog);
  bind(sheet);
  dialog.showModal();
  (sheet.querySelector('input[name=to]') ?? sheet.querySelector('a, button'))?.focus();
}

function bind(sheet) {
  const filter = sheet.querySelector('[data-filter]');
  if (filter) {
    filter.hidden = false;
    filter.addEventListener('input', () => {
      const wanted = filter.querySelector('input').value.trim().toLowerCase();
      for (const row of sheet.querySelectorAll('[data-name]')) row.hidden = !row.dataset.name.toLowerCase().includes(wanted);
    });
    // Enter in the search takes who is left, instead of sending the form.
    filter.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      const left = [...sheet.querySelectorAll('.p1:not([hidden]) input[name=to]')];
      if (left.length) left[0].click();
    });
  }
  sheet.addEventListener('change', () => say(sheet));
  say(sheet);
}

function say(sheet) {
  const chosen = sheet.querySelector('input[name=to]:checked');
  const label = sheet.querySelector('[data-label]');
  if (chosen && label) label.textContent = chosen.dataset.words;
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute('action') !== ADDRESS) return;
  event.preventDefault();
  open(form, event.submitter ?? document.activeElement).catch(() => form.submit());
});

for (const sheet of document.querySelectorAll('[data-sheet]')) bind(sheet);

function watch() {
  if (!document.querySelector('[data-running]')) return;
  setTimeout(async () => {
    const answer = await fetch(location.pathname + location.search, { headers: { 'X-Live': '1', 'X-Poll': '1' }, cache: 'no-store' }).catch(() => null);
    const main = document.getElementById('main');
    if (answer?.ok && main) {
      await window.htmx.swap({ text: await answer.text(), sourceElement: main, target: main, select: '#main', swap: 'outerMorph' });
    }
    watch();
  }, OFTEN);
}

watch();
