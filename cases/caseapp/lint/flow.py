"""Ways in which a model reads well and strands a case all the same (case-models, section 6). Warnings.

Each asks of the criteria of a model what an author did not mean: an entry that comes too late, an exit that
comes first, an answer that may be an old one, an outcome that nobody waits for.
"""

import re
from collections.abc import Iterator

from cases.caseapp.document import CaseApp
from cases.caseapp.lint.place import Finding, Place, expressions
from cases.cmmn.controlmodel import Criterion, OnPart, PlanItemOnPart
from cases.cmmn.metamodel import CaseDefinition, PlanItem, Stage
from cases.cmmn.validation.reachability import Reach
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask
from cases.dmn.model import Decision, DecisionTable

_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_MOST_TRIED = 50
"""So many items are tried, each by asking what could begin without it: the rest of a huge model is not."""


def _required_and_never(place: Place) -> Iterator[Finding]:
    """C-07: what must be done before its stage completes can never begin: the stage never completes."""
    reach = Reach(place.case)
    for item in place.case.items:
        if item.required is not None and item.number not in reach.begun and reach.has_container(item):
            stage = place.case.items[item.stage].id
            message = f"{item.id} is required and can never begin: {stage} never completes"
            yield place.finding("C-07", item.id, message, is_error=False)


def _left_before_it_begins(place: Place) -> Iterator[Finding]:
    """C-08: one event ends an item, or a container of it, and begins it: the exit comes first (3.5)."""
    for criterion in place.case.criteria:
        if not criterion.is_entry:
            continue
        for holder in _line(place.case, place.case.items[criterion.owner]):
            is_next = holder.number == criterion.owner and holder.repetition is not None
            for exit_ in () if is_next else holder.exit:
                if _happens_with(exit_, criterion):
                    message = (
                        f"what begins {place.case.items[criterion.owner].id} ends {holder.id}, too, and the"
                        f" exit comes first ({exit_.id})"
                    )
                    yield place.finding("C-08", criterion.id, message, is_error=False)


def _begun_already(place: Place) -> Iterator[Finding]:
    """C-09: an entry that waits for what only comes after its item has begun: it does nothing."""
    tried = 0
    for criterion in place.case.criteria:
        item = place.case.items[criterion.owner]
        others = [one for one in item.entry if one is not criterion]
        if not criterion.is_entry or not others or _begins_again(place.case, item) or tried >= _MOST_TRIED:
            continue
        sources = [part.source for part in criterion.sentry.on_parts if isinstance(part, PlanItemOnPart)]
        if not sources or item.number in sources:
            continue
        tried += 1
        without = Reach(place.case, but=frozenset({item.number}))
        late = [source for source in sources if source and source not in without.begun]
        if late:
            names = ", ".join(place.case.items[source].id for source in late)
            message = (
                f"{criterion.id} begins {item.id} after {names}, which comes only after {item.id} has begun:"
                " without a repetition rule nothing happens"
            )
            yield place.finding("C-09", criterion.id, message, is_error=False)


def _old_answers(place: Place) -> Iterator[Finding]:
    """C-10: an if-part reads an answer that is given more than once, without waiting for it."""
    case, reaches = place.case, dict[int, Reach]()
    answering: dict[str, list[PlanItem]] = {}
    for item in case.items:
        if not isinstance(item.definition, Stage):
            answering.setdefault(item.answer_to, []).append(item)
    for criterion in case.criteria:
        part, owner = criterion.sentry.if_part, case.items[criterion.owner]
        heard = _heard(criterion)
        if part is None or not heard:
            continue
        waited_for = {
            owner.number,
            *heard,
            *(number for one in _others(owner, criterion) for number in _heard(one)),
        }
        for name in sorted({path[0] for path in part.condition.names if path} & answering.keys()):
            item = answering[name][-1]
            is_waited_for = not waited_for.isdisjoint(one.number for one in answering[name])
            if is_waited_for or not _is_given_again(case, item, owner):
                continue
            if item.number not in reaches:
                if len(reaches) >= _MOST_TRIED:
                    return
                reaches[item.number] = Reach(case, but=frozenset({item.number}))
            if all(source in reaches[item.number].begun for source in heard):
                message = (
                    f"sentry {criterion.sentry.id} reads the answer of {item.id}, which is given more than"
                    " once, without waiting for it: it can fire on an old one"
                )
                yield place.finding("C-10", criterion.sentry.id, message, is_error=False)


def _heard(criterion: Criterion) -> list[int]:
    return [one.source for one in criterion.sentry.on_parts if isinstance(one, PlanItemOnPart)]


def _others(owner: PlanItem, criterion: Criterion) -> list[Criterion]:
    """The criteria beside this one: where one of them waits for the answer, whoever comes second is heard."""
    return [one for one in (owner.entry if criterion.is_entry else owner.exit) if one is not criterion]


def _second_person(place: Place) -> Iterator[Finding]:
    """C-11: more than one approval is wanted of a task that comes only once."""
    for item in place.case.items:
        task = item.definition
        if not isinstance(task, HumanTask) or task.approvals is None or _begins_again(place.case, item):
            continue
        is_many = task.approvals.expression is not None or task.approvals.text.strip() not in ("", "0", "1")
        if is_many and not _has_twin(place.case, item):
            message = f"{item.id} wants approvals of several, but nothing makes a second task of it"
            yield place.finding("C-11", item.id, message, is_error=False)


def _outcomes_of_decisions(place: Place) -> Iterator[Finding]:
    """C-12: where conditions ask for a decision's output, each of its literal outcomes is asked for."""
    conditions = [
        (expression.names, set(_LITERAL.findall(expression.text)))
        for criterion in place.case.criteria
        for expression in expressions(criterion)
    ]
    for item in place.case.items:
        if not isinstance(item.definition, DecisionTask):
            continue
        for name, outcomes in _outcomes(place, item.definition.decision).items():
            path = (item.answer_to, name)
            heard = [literals for names, literals in conditions if path in names]
            asked = any(outcomes & literals for literals in heard)
            for outcome in sorted(outcomes) if asked else ():
                if not any(outcome in literals for literals in heard):
                    message = f"no condition asks whether {item.answer_to}.{name} is {outcome}"
                    yield place.finding("C-12", item.id, message, is_error=False)


def _outcomes(place: Place, decision: str) -> dict[str, set[str]]:
    """The texts that the rules of a table give, by output."""
    definitions = place.app.decisions.get(decision)
    found: dict[str, set[str]] = {}
    element = None if definitions is None else definitions.model.elements.get(decision)
    table = element.logic if isinstance(element, Decision) else None
    if not isinstance(table, DecisionTable):
        return found
    for rule in table.rules:
        for output, value in zip(table.outputs, rule.outputs, strict=False):
            literal = None if value is None else _LITERAL.fullmatch(value.text.strip())
            if literal is not None:
                found.setdefault(output.name, set()).add(literal[1])
    return found


def _happens_with(exit_: Criterion, entry: Criterion) -> bool:
    """Whether the one event of an exit is among those of an entry, and no condition keeps them apart."""
    parts = [_event(part) for part in exit_.sentry.on_parts]
    shares = len(parts) == 1 and parts[0] in [_event(part) for part in entry.sentry.on_parts]
    asked, other = exit_.sentry.if_part, entry.sentry.if_part
    if asked is None or other is None:
        return shares and asked is None
    return shares and asked.condition.text == other.condition.text


def _event(part: OnPart) -> tuple[object, ...]:
    if isinstance(part, PlanItemOnPart):
        return part.source, part.event, part.exit_criterion
    return part.path, part.event


def _line(case: CaseDefinition, item: PlanItem) -> Iterator[PlanItem]:
    """The item, and what contains it."""
    while True:
        yield item
        if item.stage < 0:
            return
        item = case.items[item.stage]


def _begins_again(case: CaseDefinition, item: PlanItem) -> bool:
    """Whether there may be more than one instance of it."""
    return any(one.repetition is not None for one in _line(case, item))


def _is_given_again(case: CaseDefinition, item: PlanItem, reader: PlanItem) -> bool:
    """Whether an item answers more than once within what it shares with who reads it."""
    shared = {one.number for one in _line(case, reader)}
    return any(one.repetition is not None for one in _line(case, item) if one.number not in shared)


def _has_twin(case: CaseDefinition, item: PlanItem) -> bool:
    """Whether another item does the same work, or names it for its four eyes."""
    for other in case.items:
        if other is item or not isinstance(other.definition, HumanTask):
            continue
        if other.definition.id == item.definition.id or item.id in other.definition.four_eyes:
            return True
    return False


def _calls_that_do_not_wait(place: Place) -> Iterator[Finding]:
    """V-48: cases that call each other in a circle, one of them not waiting, multiply until they are many."""
    for item in place.case.items:
        task = item.definition
        if not isinstance(task, CaseTask) or task.case.expression is not None:
            continue
        if place.case.id in _called_from(place.app, task.case.text):
            message = (
                f"case task {task.id} leads back to {place.case.id}: such calls may multiply without end"
            )
            yield place.finding("V-48", item.id, message, is_error=False)


def _called_from(app: CaseApp, key: str) -> set[str]:
    """The case, and all of the same app that it calls, by however many others."""
    found, waiting = {key}, [key]
    while waiting:
        case = app.cases.get(waiting.pop())
        tasks = [] if case is None else [item.definition for item in case.items]
        for task in tasks:
            if isinstance(task, CaseTask) and task.case.expression is None and task.case.text not in found:
                found.add(task.case.text)
                waiting.append(task.case.text)
    return found


RULES = (
    _calls_that_do_not_wait,
    _required_and_never,
    _left_before_it_begins,
    _begun_already,
    _old_answers,
    _second_person,
    _outcomes_of_decisions,
)
