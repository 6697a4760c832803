// <form data-draft="address">: what is typed is kept on the server 800 ms after the last key. Without JavaScript
// there is a button for it.

const AFTER = 800;

function keep(form) {
  const state = document.getElementById('draft-state');
  let timer = null;
  let ends = false;
  const save = async () => {
    if (ends) return;
    const answer = await fetch(form.dataset.draft, {
      method: 'POST',
      body: new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === 'string')),
      headers: { 'X-Live': '1' },
    }).catch(() => null);
    if (state && !ends) state.textContent = answer?.ok ? state.dataset.saved : state.dataset.failed;
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(save, AFTER);
  });
  // A draft that arrives after the answer would only be refused.
  form.addEventListener('submit', () => {
    ends = true;
    clearTimeout(timer);
  });
}

document.querySelectorAll('form[data-draft]').forEach(keep);
document.getElementById('errors')?.focus();
