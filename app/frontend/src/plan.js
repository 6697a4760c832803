// A plan wider than its window begins at what lives; where somebody moved it, it stays. A link into the plan's list
// opens the list.

function show(plan) {
  const live = plan.querySelector('.pi.s-overdue, .pi.s-soon, .pi.s-active, .pi.s-failed, .pi.s-enabled, .stg.s-active');
  if (!live || plan.scrollWidth <= plan.clientWidth) return;
  const inside = live.getBoundingClientRect().left - plan.getBoundingClientRect().left + plan.scrollLeft;
  plan.scrollLeft = Math.max(0, inside - 24);
}

function open() {
  const named = location.hash.startsWith('#plan-') && document.getElementById(location.hash.slice(1));
  const list = named && named.closest('details');
  if (!list) return;
  list.open = true;
  named.scrollIntoView({ block: 'center' });
}

document.querySelectorAll('.dia').forEach(show);
addEventListener('hashchange', open);
open();
