"""Decisions, evaluated within the turn: which one, on what, and what becomes of its hits (7.3)."""

from collections.abc import Mapping

from cases.cmmn import evaluation, parameters, variables
from cases.cmmn.agenda import Finish, Run
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import DecisionMade
from cases.cmmn.instance import ItemState
from cases.cmmn.workmodel import DecisionTask
from cases.dmn import Definitions
from cases.dmn.model import Decided, Decision, DecisionService, DecisionTable, HitPolicy, TableTrace
from cases.errors import NotFound
from cases.feel import FeelError

_MANY = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})


def decide(run: Run, item: ItemState, task: DecisionTask) -> None:
    """The decision is made, what fired and on what goes into the event, and the task completes with it.

    Raises NotComputed, also where no rule fires and the task is to fail then.
    """
    decision = _decision(run, item, task)
    definitions = run.program.decisions.get(decision)
    if definitions is None:
        raise NotComputed(f"there is no decision {decision}")
    inputs = parameters.inputs(run, item, task.work)
    try:
        made = definitions.evaluate(decision, inputs, run.now)
    except (FeelError, NotFound) as error:
        raise NotComputed(str(error)) from None
    own = [table for table in made.trace if table.decision == decision]
    hits = [rule for table in own for rule in table.rules]
    result = evaluation.json_of(made.value)
    name = run.definition.items[item.number].id
    told = _told(definitions, decision, inputs)
    run.record(DecisionMade(run.seq(), run.wave, item.iid, name, decision, hits, told, result))
    if _is_without_hit(own, result) and _must_hit(run, item, task):
        raise NotComputed(f"no rule of {decision} fires")
    if task.spreads:
        _spread(run, item, definitions, decision, made)
        run.queue(Finish(item.iid))
    else:
        run.queue(Finish(item.iid, _shaped(task.shape, result)))


def _decision(run: Run, item: ItemState, task: DecisionTask) -> str:
    if task.reference is None:
        return task.decision
    found = evaluation.value_of(run, task.reference, evaluation.names_at(run, item))
    if not isinstance(found, str) or not found:
        raise NotComputed(f"{found!r} names no decision")
    return found


def _told(definitions: Definitions, decision: str, inputs: Mapping[str, object]) -> dict[str, object]:
    """The inputs that go into the journal: those that the decision needs, where all variables were given."""
    try:
        needed = definitions.inputs(decision)
    except NotFound:
        needed = ()
    return {name: inputs[name] for name in needed if name in inputs} if needed else dict(inputs)


def _must_hit(run: Run, item: ItemState, task: DecisionTask) -> bool:
    if task.no_hit_faults is None:
        return task.faults_without_hit
    return evaluation.truth(run, task.no_hit_faults, evaluation.names_at(run, item))


def _is_without_hit(own: list[TableTrace], result: object) -> bool:
    return result is None if not own else not any(table.rules for table in own)


def _shaped(shape: str, result: object) -> object:
    """The answer in the declared shape, whatever the number of hits (7.3); null where there is none."""
    if not shape or result is None:
        return result
    rows = result if isinstance(result, list) else [result]
    match shape:
        case "single":
            return rows[0] if rows else None
        case "map":
            merged: dict[str, object] = {}
            for row in rows:
                if isinstance(row, Mapping):
                    merged.update(row)
            return merged or None
        case "list" | "collect":
            return rows
    return result


def _spread(run: Run, item: ItemState, definitions: Definitions, decision: str, made: Decided) -> None:
    """Each output becomes a variable; several hits are a list under the decision, none changes nothing."""
    for one, found in _made(definitions, decision, evaluation.json_of(made.value)):
        if found is None or found == []:
            continue
        if _is_list(one):
            rows = found if isinstance(found, list) else [found]
            variables.set_nearest(run, item, one.id, [_named(one, row) for row in rows])
            continue
        for name, value in _named(one, found).items():
            variables.set_nearest(run, item, name, value)


def _made(definitions: Definitions, decision: str, value: object) -> list[tuple[Decision, object]]:
    """The decision with its value, or those that a decision service puts out, each with its own."""
    elements = definitions.model.elements
    element = elements.get(decision)
    if isinstance(element, Decision):
        return [(element, value)]
    if not isinstance(element, DecisionService):
        return []
    outputs = [
        one for reference in element.outputs if isinstance(one := elements.get(reference.id), Decision)
    ]
    if len(outputs) == 1:
        return [(outputs[0], value)]
    found = value if isinstance(value, Mapping) else {}
    return [(one, found.get(one.name)) for one in outputs]


def _is_list(decision: Decision) -> bool:
    """Whether its hits are a list, however many there are."""
    logic = decision.logic
    return isinstance(logic, DecisionTable) and logic.hit_policy in _MANY and logic.aggregation is None


def _named(decision: Decision, answer: object) -> dict[str, object]:
    """Outputs by name: a table with one output answers it alone."""
    if isinstance(answer, Mapping):
        return {str(name): value for name, value in answer.items()}
    logic = decision.logic
    only = logic.outputs[0].name if isinstance(logic, DecisionTable) else ""
    return {only or decision.name: answer}
