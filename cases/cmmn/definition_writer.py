"""Definitions of plan items -> elements, in the words of the standard and of our own namespace.

What neither has words for is left out; whoever writes a model compares what can be read again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cases import xmldoc
from cases.cmmn.controlmodel import FileOnPart, IfPart, OnPart, RepetitionRule, Rule, Value
from cases.cmmn.extensions import HOUSE
from cases.cmmn.filemodel import FileItem, Handover, Parameter, WriteMode
from cases.cmmn.metamodel import (
    CaseDefinition,
    EventListener,
    Milestone,
    PlanItemDefinition,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import (
    CaseTask,
    DecisionTask,
    Fallback,
    FallbackAnswer,
    FallbackOperation,
    HumanTask,
    ProcessTask,
    Retry,
    ServiceTask,
    Then,
    Work,
)
from cases.feel import Expression
from cases.xmldoc import Element

MODEL = "http://www.omg.org/spec/CMMN/20151109/MODEL"
Attributes = dict[str, str]


@dataclass(slots=True)
class Draft:
    """One case on its way into a document; `taken` are the ids of the whole document."""

    case: CaseDefinition
    taken: set[str]

    def free(self, wanted: str) -> str:
        """This id, or the next that nothing has yet."""
        found, number = wanted, 1
        while found in self.taken:
            number += 1
            found = f"{wanted}.{number}"
        self.taken.add(found)
        return found

    def file_item(self, path: Sequence[str]) -> str:
        """The id of the declared item at a path. Raises KeyError."""
        found: FileItem | None = self.case.file.find(tuple(path))
        if found is None:
            raise KeyError(path)
        return found.id

    def role(self, name: str) -> str:
        """The id of a role by its name, or the name itself."""
        return next((role.id for role in self.case.roles if role.name == name), name)


def element(parent: Element, name: str, attributes: Attributes | None = None, text: str = "") -> Element:
    """A new last child in the namespace of CMMN; attributes that are empty are left out."""
    given = {key: value for key, value in (attributes or {}).items() if value}
    return xmldoc.add(parent, f"{{{MODEL}}}{name}", given, text or None)


def house(**attributes: str | None) -> Attributes:
    """Attributes of our own namespace; those that say nothing are left out."""
    return {f"{{{HOUSE}}}{name}": value for name, value in attributes.items() if value}


def rule(parent: Element, name: str, written: Rule | RepetitionRule | IfPart, draft: Draft) -> None:
    """A rule, or an if-part, with its condition."""
    attributes = {} if isinstance(written, IfPart) else {"id": draft.free(written.id or f"a.{name}")}
    if written.context is not None:
        attributes["contextRef"] = draft.file_item(written.context)
    if isinstance(written, RepetitionRule) and written.max_instances is not None:
        attributes |= house(maxInstances=str(written.max_instances))
    made = element(parent, name, attributes)
    if written.condition is not None:
        element(made, "condition", text=_feel(written.condition))


def on_part(parent: Element, names: tuple[str, str], part: OnPart, id_: str, draft: Draft) -> None:
    """An on-part or a start trigger; `names` are the elements for plan items, and for case file items."""
    if isinstance(part, FileOnPart):
        made = element(parent, names[1], {"id": id_, "sourceRef": draft.file_item(part.path)})
    else:
        attributes = {"id": id_, "sourceRef": draft.case.items[part.source].id}
        made = element(parent, names[0], attributes | {"exitCriterionRef": part.exit_criterion or ""})
    element(made, "standardEvent", text=str(part.event))


def definition(parent: Element, made: PlanItemDefinition, draft: Draft) -> Element:
    """A definition with all but what a stage or a planning table holds."""
    name = "" if made.name == made.id else made.name
    answer_to = None if isinstance(made, Stage) else made.work.answer_to
    attributes = {"id": draft.free(made.id), "name": name} | _attributes(made, draft)
    attributes |= house(answerTo=answer_to)
    written = element(parent, _kind(made), attributes)
    documentation = str(getattr(made, "documentation", ""))
    if documentation:
        element(written, "documentation", text=documentation)
    if isinstance(made, Stage):
        return written
    _work(written, made.work)
    if isinstance(made, TimerEventListener):
        element(written, "timerExpression", text=made.expression.text)
        if made.start_trigger is not None:
            id_ = draft.free(made.start_trigger.id or f"{made.id}.start")
            names = ("planItemStartTrigger", "caseFileItemStartTrigger")
            on_part(written, names, made.start_trigger, id_, draft)
    _parameters(written, made, draft)
    return written


def parameters(parent: Element, name: str, given: Iterable[Parameter], draft: Draft) -> dict[str, str]:
    """Inputs or outputs, and their ids by their names."""
    ids: dict[str, str] = {}
    for one in given:
        ids[one.name] = draft.free(one.id or f"{parent.get('id')}.{one.name}")
        attributes = {"id": ids[one.name], "name": one.name}
        if one.path is not None:
            attributes["bindingRef"] = draft.file_item(one.path)
        made = element(parent, name, attributes)
        if one.refinement is not None:
            element(made, "bindingRefinement", text=_feel(one.refinement))
    return ids


def _kind(made: PlanItemDefinition) -> str:
    match made:
        case Stage() | Milestone() | HumanTask() | DecisionTask() | CaseTask() | ProcessTask():
            name = type(made).__name__
        case TimerEventListener() | UserEventListener() | EventListener():
            name = type(made).__name__
        case _:
            return "task"
    return name[0].lower() + name[1:]


def _attributes(made: PlanItemDefinition, draft: Draft) -> Attributes:
    blocking = "" if getattr(made, "is_blocking", True) else "false"
    match made:
        case Stage():
            return {"autoComplete": "true" if made.auto_complete else ""}
        case HumanTask():
            return {"isBlocking": blocking} | _human_task(made, draft)
        case ServiceTask():
            return {"isBlocking": blocking} | _service_task(made)
        case DecisionTask():
            reference = "" if made.reference is not None else made.decision
            return {"isBlocking": blocking, "decisionRef": reference}
        case CaseTask() | ProcessTask():
            return {"isBlocking": blocking} | _call(made)
        case TimerEventListener():
            follows = None if made.follows is None else ".".join(made.follows)
            return house(calendar=made.calendar, anchor=_said(made.anchor), follows=follows)
        case UserEventListener():
            roles = " ".join(draft.role(role) for role in made.roles)
            condition, repeats = _said(made.available_condition), "true" if made.is_repeatable else None
            own = house(form=made.form, availableCondition=condition, repeatable=repeats)
            return {"authorizedRoleRefs": roles} | own
        case EventListener():
            return house(kind=made.kind)
        case _:
            return {"isBlocking": blocking}


def _human_task(made: HumanTask, draft: Draft) -> Attributes:
    performer = "" if made.performer is None else draft.role(made.performer)
    return {"performerRef": performer} | house(
        form=made.form,
        role=_said(made.role),
        orHigher=" ".join(made.or_higher),
        due=_said(made.due),
        priority=_said(made.priority),
        sla=made.sla,
        ladder=made.ladder,
        fourEyes=" ".join(made.four_eyes),
        approvals=_said(made.approvals),
        authority=_said(made.authority),
    )


def _service_task(made: ServiceTask) -> Attributes:
    return house(
        connection=made.connection,
        operation=made.operation,
        key=_said(made.key),
        timeout=None if made.timeout == 30.0 else _seconds(made.timeout),
        retry=None if made.retry == Retry() else _retry(made.retry),
        fallback="; ".join(_fallback(one) for one in made.fallbacks),
        compensation=made.compensation,
        pointOfNoReturn="true" if made.point_of_no_return else None,
    )


def _call(made: CaseTask | ProcessTask) -> Attributes:
    called, name = (made.case, "caseRef") if isinstance(made, CaseTask) else (made.process, "processRef")
    then = None if made.child_terminated is Then.EXIT else made.child_terminated
    own = {name: "" if called.expression is not None else called.text} | house(childTerminated=then)
    if isinstance(made, CaseTask):
        own |= house(
            earlyComplete="true" if made.may_complete_early else None,
            propagateFault="true" if made.propagates_fault else None,
        )
    return own


def _work(written: Element, work: Work) -> None:
    """What is read and written, into the extension elements."""
    if not (work.inputs or work.outputs or work.answer):
        return
    holder = element(written, "extensionElements")
    for given in work.inputs:
        xmldoc.add(holder, f"{{{HOUSE}}}in", {"name": given.name}, _feel(given.value))
    if work.answer is not None:
        xmldoc.add(holder, f"{{{HOUSE}}}answer", text=_feel(work.answer))
    for output in work.outputs:
        mode = {} if output.mode is WriteMode.REPLACE else {"mode": str(output.mode)}
        path = {"path": ".".join(output.path)}
        xmldoc.add(holder, f"{{{HOUSE}}}out", path | mode, _feel(output.value))


def _parameters(written: Element, made: PlanItemDefinition, draft: Draft) -> None:
    """Parameters and mappings, and after them the expression for what is called."""
    if isinstance(made, Stage):
        return
    own = made.work.parameters
    inputs = parameters(written, "input", own.inputs, draft)
    outputs = parameters(written, "output", own.outputs, draft)
    for mapping, ends in _mappings(own.given, own.taken, inputs, outputs):
        id_ = draft.free(f"{made.id}.{mapping.source}.{mapping.target}")
        held = element(written, "parameterMapping", {"id": id_} | ends)
        if mapping.transformation is not None:
            element(held, "transformation", text=_feel(mapping.transformation))
    match made:
        case DecisionTask() if made.reference is not None and made.reference.expression is not None:
            element(written, "decisionRefExpression", text=_feel(made.reference.expression))
        case CaseTask() if made.case.expression is not None:
            element(written, "caseRefExpression", text=_feel(made.case.expression))
        case ProcessTask() if made.process.expression is not None:
            element(written, "processRefExpression", text=_feel(made.process.expression))


def _mappings(
    given: Sequence[Handover],
    taken: Sequence[Handover],
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
) -> Iterator[tuple[Handover, Attributes]]:
    for one in given:
        yield one, {"sourceRef": inputs.get(one.source, one.source), "targetRef": one.target}
    for one in taken:
        yield one, {"sourceRef": one.source, "targetRef": outputs.get(one.target, one.target)}


def _fallback(one: Fallback) -> str:
    match one:
        case FallbackOperation():
            after = "" if one.after is None else f" after {'.'.join(one.after)}"
            return f"operation {one.connection}.{one.operation}{after}"
        case FallbackAnswer():
            return f"answer {_feel(one.answer)}"
        case _:
            return "fault"


def _retry(retry: Retry) -> str:
    waits = f"{_seconds(retry.first)} x{_plain(retry.factor)} to {_seconds(retry.cap)}"
    return f"{retry.attempts}, {waits}, jitter {_plain(retry.jitter)}"


def _seconds(seconds: float) -> str:
    return f"PT{_plain(seconds)}S"


def _plain(number: float) -> str:
    """A number without an exponent."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _said(said: Expression | Value | None) -> str | None:
    return None if said is None else said.text.strip()


def _feel(expression: Expression) -> str:
    return expression.text.strip()
