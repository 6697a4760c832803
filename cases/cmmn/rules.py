"""The rules of a plan item, evaluated: manual activation, required, repetition (cmmn-semantics 4.1 to 4.3).

Each has a safe value for what cannot be computed, and an incident that says so.
"""

from cases.cmmn import evaluation
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import RepetitionRule, Rule
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import ItemState, Seed
from cases.cmmn.metamodel import UserEventListener


def starts_by_hand(run: Run, item: ItemState) -> bool:
    """Whether somebody must start the item. An absent rule: what the profile says (D7); an error: yes."""
    rule = run.definition.items[item.number].manual
    if rule is None:
        return run.definition.profile.absent_manual_rule
    return _holds(run, rule, item, safe=True, where=item.iid)


def is_required(run: Run, number: int, parent: int, index: int) -> bool:
    """What the required rule says for an instance that is being made; an error means yes."""
    return _required(run, number, Seed(number, parent, index), parent)


def is_required_now(run: Run, item: ItemState) -> bool:
    """What the required rule says at enable and reenable: once true, always true (Table 8.8)."""
    return item.required or _required(run, item.number, item, item.iid)


def repeats(run: Run, candidate: ItemState | Seed, parent: int) -> bool:
    """Whether a further instance is made, after this one or from this seed; an error means no."""
    rule = run.definition.items[candidate.number].repetition
    if rule is None:
        return False
    if rule.max_instances is not None:
        live = [iid for iid in run.live.get(candidate.number, ()) if run.state.items[iid].parent == parent]
        if len(live) >= rule.max_instances:
            return False
    return _holds(run, rule, candidate, safe=False, where=parent)


def applies(run: Run, rule: Rule, holder: ItemState) -> bool:
    """Whether an applicability rule of the table of this instance holds; an error means no."""
    return _holds(run, rule, holder, safe=False, where=holder.iid)


def is_available(run: Run, listener: UserEventListener, item: ItemState | Seed) -> bool:
    """Whether a listener's condition lets people raise it; an error means no."""
    if listener.available_condition is None:
        return True
    names = evaluation.names_at(run, item)
    try:
        return evaluation.truth(run, listener.available_condition, names)
    except NotComputed as error:
        where = item.iid if isinstance(item, ItemState) else item.parent
        run.incident(where, "availableCondition", f"{listener.id}: {error.message}")
        return False


def _required(run: Run, number: int, about: ItemState | Seed, where: int) -> bool:
    rule = run.definition.items[number].required
    return rule is not None and _holds(run, rule, about, safe=True, where=where)


def _holds(run: Run, rule: Rule | RepetitionRule, about: ItemState | Seed, *, safe: bool, where: int) -> bool:
    if rule.condition is None:
        return True
    names = evaluation.with_context(run, evaluation.names_at(run, about), rule.context)
    try:
        return evaluation.truth(run, rule.condition, names)
    except NotComputed as error:
        run.incident(where, "rule", f"{rule.id}: {error.message}")
        return safe
