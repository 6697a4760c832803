// A plan wider than its window begins at the stage that is active.

function show(plan) {
  const active = plan.querySelector('.stg.s-active');
  if (active) plan.scrollLeft = active.getBoundingClientRect().left - plan.getBoundingClientRect().left - 16;
}

document.querySelectorAll('.dia').forEach(show);
