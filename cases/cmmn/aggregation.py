"""What repetitions leave behind: one record for each that completed, as a list in one variable (4.7)."""

from cases.cmmn import evaluation, variables
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import Aggregation
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import Gathered
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State


def gather(run: Run, item: ItemState) -> None:
    """The instance is about to complete: what it contributes to each aggregation is kept with it."""
    records = [_record(run, item, one) for one in _aggregations(run, item.number)]
    run.record(Gathered(run.seq(), run.wave, item.iid, run.definition.items[item.number].id, records))


def write(run: Run) -> None:
    """Writes the lists: when the last instance of a container has ended, and before where that is wanted.

    Instances that were terminated contribute nothing; the order is that of their indexes.
    """
    for number in reversed(run.wiring.gathering):  # what a stage gathers may be what was gathered inside
        by_container: dict[int, list[ItemState]] = {}
        for item in run.state.items:
            if item.number == number and run.item(item.parent).state not in FINAL:
                by_container.setdefault(item.parent, []).append(item)
        for parent, instances in by_container.items():
            _write(run, number, parent, sorted(instances, key=lambda one: one.index))


def _write(run: Run, number: int, parent: int, instances: list[ItemState]) -> None:
    is_over = all(one.state in FINAL for one in instances)
    for place, aggregation in enumerate(_aggregations(run, number)):
        if is_over and number not in run.ended:
            continue
        if not is_over and not aggregation.is_overview:
            continue
        found = [
            one.gathered[place] if one.gathered else _record(run, one, aggregation)
            for one in instances
            if one.gathered or one.state not in FINAL
        ]
        _keep(run, run.item(parent), aggregation, found)


def _keep(run: Run, container: ItemState, aggregation: Aggregation, found: list[dict[str, object]]) -> None:
    """A stage that repeats keeps its list to itself; any other list is a variable of the case."""
    try:
        name = evaluation.named(run, aggregation.target, evaluation.names_at(run, container))
    except NotComputed as error:
        run.incident(container.iid, "aggregation", f"{run.plan_item(container.iid).id}: {error.message}")
        return
    if aggregation.is_transient:
        variables.set_transient(run, name, found)
    elif container.iid != CASE and run.plan_item(container.iid).repetition is not None:
        variables.set_local(run, container, {name: found})
    elif name:
        variables.set_nearest(run, container, name, found)


def _record(run: Run, item: ItemState, aggregation: Aggregation) -> dict[str, object]:
    """What an instance contributes now; what cannot be computed is null, and of one that runs left out."""
    own = evaluation.names_at(run, item)
    record: dict[str, object] = {}
    for entry in aggregation.entries:
        try:
            name = evaluation.named(run, entry.name, own)
            record[name] = evaluation.evaluate(run, entry.value, own)
        except NotComputed as error:
            if item.state is State.ACTIVE:
                run.incident(item.iid, "aggregation", f"{run.plan_item(item.iid).id}: {error.message}")
    return record


def _aggregations(run: Run, number: int) -> tuple[Aggregation, ...]:
    rule = run.definition.items[number].repetition
    return () if rule is None else rule.aggregations
