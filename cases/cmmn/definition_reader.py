"""Elements that need nothing around them -> the metamodel: definitions, rules, the case file.

`cases.cmmn.reader` walks the document and puts these together.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cases import xmldoc
from cases.cmmn import (
    expression_reader,
    extensions,
    file_reader,
    vendor_controls,
    vendor_listeners,
    vendor_services,
    vendor_tasks,
)
from cases.cmmn.controlmodel import OnPart, RepetitionRule, Rule, Value
from cases.cmmn.file_reader import name_of
from cases.cmmn.filemodel import FileModel
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    PlanItemDefinition,
    Return,
    Role,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.reading import Reading
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, Task, Then, Work
from cases.xmldoc import Element

MODEL = "http://www.omg.org/spec/CMMN/20151109/MODEL"
DEFINITIONS = frozenset(
    {
        "stage",
        "milestone",
        "humanTask",
        "task",
        "decisionTask",
        "caseTask",
        "processTask",
        "eventListener",
        "timerEventListener",
        "userEventListener",
        "planFragment",
    }
)
TASKS = frozenset({"humanTask", "task", "decisionTask", "caseTask", "processTask"})
LISTENERS = frozenset({"eventListener", "timerEventListener", "userEventListener"})
_RULES_FOR: dict[str, frozenset[str]] = {
    "repetitionRule": TASKS | {"stage", "milestone"},
    "requiredRule": TASKS | {"stage", "milestone"},
    "manualActivationRule": TASKS | {"stage"},
}


@dataclass(frozen=True, slots=True)
class Controls:
    """The three rules of a plan item, after merging."""

    repetition: RepetitionRule | None = None
    required: Rule | None = None
    manual: Rule | None = None


Trigger = Callable[[Element], OnPart | None]
"""Reads the start trigger of a timer, whose source only the walker can find."""


def roles(case: Element, reading: Reading) -> tuple[Role, ...]:
    """The case roles. Reports V-52 for a name given twice."""
    holder = xmldoc.child(case, "caseRoles")
    found: dict[str, Role] = {}
    names: set[str] = set()
    for element in () if holder is None else xmldoc.children(holder, "role"):
        role = Role(str(element.get("id") or name_of(element)), name_of(element))
        if role.name in names:
            reading.report("V-52", f"the role name {role.name} is given twice", element)
        names.add(role.name)
        found[role.id] = role
    return tuple(found.values())


def controls(item: Element, definition: Element, file: FileModel, reading: Reading) -> Controls:
    """The rules of a plan item: `itemControl` over `defaultControl`, rule by rule (cmmn-semantics 1.4).

    Reports V-23.
    """
    merged: dict[str, Element] = {}
    for holder in (xmldoc.child(definition, "defaultControl"), xmldoc.child(item, "itemControl")):
        for rule in () if holder is None else xmldoc.children(holder, *_RULES_FOR):
            kind = xmldoc.local_name(rule)
            if _is_allowed(kind, rule, definition, item, reading):
                merged[kind] = rule
    return Controls(
        _repetition(merged.get("repetitionRule"), file, reading),
        _rule(merged.get("requiredRule"), file, reading),
        _rule(merged.get("manualActivationRule"), file, reading),
    )


def _is_allowed(kind: str, rule: Element, definition: Element, item: Element, reading: Reading) -> bool:
    """Whether a rule may stand on this kind of item.

    Reports V-23. Models of other engines repeat and require listeners, too; what no engine asks is left out.
    """
    of = xmldoc.local_name(definition)
    if of in _RULES_FOR[kind] or (reading.is_vendor and of in LISTENERS and kind != "manualActivationRule"):
        return True
    message = f"{kind} is not allowed on {of} {item.get('id')}"
    if reading.is_vendor:
        reading.ignore("V-23", f"{message}: it is ignored", rule)
    else:
        reading.report("V-23", message, item)
    return False


def definition(
    element: Element, roles_by_id: dict[str, Role], trigger: Trigger, reading: Reading
) -> PlanItemDefinition:
    """One plan item definition; a stage comes without its items.

    Reports what this version does not carry out.
    """
    extensions.check_attributes(element, reading.report)
    found = _standard(element, roles_by_id, trigger, reading)
    return _with_additions(element, _quiet(found), reading) if reading.is_vendor else found


def _quiet(found: PlanItemDefinition) -> PlanItemDefinition:
    """The definition without a root item for its answer, where the model names none.

    In models of other engines what is answered becomes variables.
    """
    if isinstance(found, Stage) or found.work.answer is not None or found.work.answer_to is not None:
        return found
    return replace(found, work=replace(found.work, answer_to=""))


def _standard(
    element: Element, roles_by_id: dict[str, Role], trigger: Trigger, reading: Reading
) -> PlanItemDefinition:
    kind, id_, name = xmldoc.local_name(element), str(element.get("id") or ""), name_of(element)
    report = reading.report
    work = extensions.work(element, report)
    is_blocking = element.get("isBlocking", "true") in ("true", "1")
    match kind:
        case "stage" | "casePlanModel":
            return Stage(id_, name, element.get("autoComplete", "false") in ("true", "1"))
        case "milestone":
            return Milestone(id_, name, work)
        case "humanTask":
            performer = _role_name(element.get("performerRef"), element, roles_by_id, reading)
            base = HumanTask(id_, name, is_blocking, performer, documentation=_documentation(element))
            return extensions.human_task(element, base, report)
        case "decisionTask":
            return _decision_task(element, DecisionTask(id_, name, "", is_blocking, work), reading)
        case "caseTask" | "processTask":
            return _call(element, name, work, reading)
        case "timerEventListener":
            return _timer(element, trigger, reading)
        case "userEventListener":
            return _user_listener(element, roles_by_id, reading)
        case "eventListener":
            return EventListener(id_, name, extensions.attribute(element, "kind") or "", work)
        case _ if extensions.attribute(element, "connection") is not None:
            step = extensions.service_task(element, id_, name, report)
            return replace(step, documentation=_documentation(element))
        case _:
            return Task(id_, name, is_blocking, work, documentation=_documentation(element))


def _with_additions(element: Element, found: PlanItemDefinition, reading: Reading) -> PlanItemDefinition:
    """The definition with what another engine's words add to it."""
    match found:
        case Stage():
            return vendor_controls.stage(element, found, reading)
        case Milestone():
            return vendor_controls.milestone(element, found, reading)
        case HumanTask():
            return vendor_tasks.human_task(element, found, reading)
        case DecisionTask():
            return vendor_tasks.decision_task(element, found, reading)
        case CaseTask():
            return vendor_tasks.case_task(element, found, reading)
        case ProcessTask():
            return vendor_tasks.process_task(element, found, reading)
        case Task():
            return vendor_services.task(element, found, reading)
        case _:
            return _listener_with_additions(element, found, reading)


def _listener_with_additions(
    element: Element, found: PlanItemDefinition, reading: Reading
) -> PlanItemDefinition:
    match found:
        case TimerEventListener():
            return vendor_listeners.timer(element, found, reading)
        case UserEventListener():
            made = vendor_listeners.user_event(element, found, reading)
        case EventListener():
            made = vendor_listeners.event(element, found, reading)
        case _:
            return found
    if isinstance(made, EventListener):
        return replace(made, reactivation=vendor_controls.reactivation(element, reading))
    return made


def _documentation(element: Element) -> str:
    return " ".join(xmldoc.text(xmldoc.child(element, "documentation")).split())


def _timer(element: Element, trigger: Trigger, reading: Reading) -> TimerEventListener:
    id_, held = str(element.get("id") or ""), xmldoc.child(element, "timerExpression")
    text = xmldoc.text(held)
    if held is None or not text:
        reading.report("V-43", f"timer {id_} has no timerExpression", element)
    starts = [trigger(start) for start in xmldoc.children(element) if _is_trigger(start)]
    follows = extensions.attribute(element, "follows")
    return TimerEventListener(
        id=id_,
        name=name_of(element),
        expression=Value("") if held is None else expression_reader.value_of(text, held, reading),
        start_trigger=next((start for start in starts if start is not None), None),
        calendar=extensions.attribute(element, "calendar"),
        anchor=extensions.expression(element, "anchor", reading.report),
        follows=None if follows is None else tuple(follows.split(".")),
        work=extensions.work(element, reading.report),
    )


def _is_trigger(element: Element) -> bool:
    return xmldoc.local_name(element) in ("planItemStartTrigger", "caseFileItemStartTrigger")


def _user_listener(element: Element, roles_by_id: dict[str, Role], reading: Reading) -> UserEventListener:
    references = str(element.get("authorizedRoleRefs") or "").split()
    names = [_role_name(reference, element, roles_by_id, reading) for reference in references]
    return UserEventListener(
        id=str(element.get("id") or ""),
        name=name_of(element),
        roles=tuple(name for name in names if name),
        form=extensions.attribute(element, "form"),
        available_condition=extensions.expression(element, "availableCondition", reading.report),
        is_repeatable=extensions.is_true(element, "repeatable"),
        work=extensions.work(element, reading.report),
    )


def _decision_task(element: Element, base: DecisionTask, reading: Reading) -> DecisionTask:
    """Which decision: `decisionRef`, or the expression for it. Reports V-46, V-47."""
    base = replace(base, documentation=_documentation(element))
    held = xmldoc.child(element, "decisionRefExpression")
    reference = str(element.get("decisionRef") or "").rpartition("}")[2].rpartition(":")[2]
    if held is not None and xmldoc.text(held):
        if reference:
            reading.report("V-46", f"task {element.get('id')} has a reference and an expression", element)
        return replace(base, reference=_computed_reference(held, reading))
    if not reference and not any(True for _ in vendor_tasks.field_texts(element)):
        reading.report("V-47", f"decision task {element.get('id')} names no decision", element)
    declared = reading.elements.get(reference)
    if declared is not None and xmldoc.local_name(declared) == "decision":
        return replace(base, decision=str(declared.get("externalRef") or reference))
    return replace(base, decision=reference)


def role_names(
    element: Element, roles_by_id: dict[str, Role], reading: Reading, name: str = "authorizedRoleRefs"
) -> frozenset[str]:
    """The names of the case roles that an attribute refers to. Reports V-51."""
    references = str(element.get(name) or "").split()
    names = [_role_name(reference, element, roles_by_id, reading) for reference in references]
    return frozenset(found for found in names if found)


def reactivation(item: Element, reading: Reading) -> Return:
    """What becomes of a plan item when its ended case goes on. Reports V-61."""
    if xmldoc.local_name(item) in ("planItem", "discretionaryItem"):
        extensions.check_attributes(item, reading.report)
    text = extensions.attribute(item, "reactivation") or Return.IGNORE
    if text in set(Return):
        return Return(text)
    reading.report("V-61", f"reactivation {text!r} is none of {', '.join(Return)}", item)
    return Return.IGNORE


def applicability(rule: Element, file: FileModel, reading: Reading) -> Rule:
    """An applicability rule of a planning table. Reports V-39, V-40, V-42."""
    return Rule(
        str(rule.get("id") or ""),
        expression_reader.condition(rule, reading),
        file_reader.context(rule, file, reading),
    )


def _call(element: Element, name: str, work: Work, reading: Reading) -> CaseTask | ProcessTask:
    id_, is_blocking = str(element.get("id") or ""), element.get("isBlocking", "true") in ("true", "1")
    then = _then(element, reading)
    if xmldoc.local_name(element) == "processTask":
        process = _reference(element, "process", reading)
        declared = reading.elements.get(process.text)
        external = "" if declared is None else str(declared.get("externalRef") or "")
        return ProcessTask(id_, name, process, is_blocking, work, then, external=external)
    return CaseTask(
        id_,
        name,
        _reference(element, "case", reading),
        is_blocking,
        work,
        may_complete_early=extensions.is_true(element, "earlyComplete"),
        child_terminated=then,
        propagates_fault=extensions.is_true(element, "propagateFault"),
    )


def _reference(element: Element, kind: str, reading: Reading) -> Value:
    """What a task calls: `caseRef` or `processRef`, or the expression for it. Reports V-46, V-47."""
    reference = str(element.get(f"{kind}Ref") or "").rpartition("}")[2].rpartition(":")[2]
    held = xmldoc.child(element, f"{kind}RefExpression")
    if held is not None and xmldoc.text(held):
        if reference:
            reading.report("V-46", f"task {element.get('id')} has a reference and an expression", element)
        return _computed_reference(held, reading)
    if expression_reader.is_juel(str(element.get(f"{kind}Ref") or "")):
        return expression_reader.value_of(str(element.get(f"{kind}Ref")), element, reading)
    if not reference:
        reading.report("V-47", f"task {element.get('id')} names no {kind}", element)
    return Value(reference)


def _computed_reference(held: Element, reading: Reading) -> Value:
    """The expression for what is called; in models of other engines a plain text is the name itself."""
    if reading.is_vendor:
        return expression_reader.value_of(xmldoc.text(held), held, reading)
    return Value(xmldoc.text(held), expression_reader.expression(held, reading))


def _then(element: Element, reading: Reading) -> Then:
    text = extensions.attribute(element, "childTerminated") or Then.EXIT
    if text in set(Then):
        return Then(text)
    reading.report("V-61", f"childTerminated {text!r} is none of {', '.join(Then)}", element)
    return Then.EXIT


def _role_name(
    reference: str | None, element: Element, roles_by_id: dict[str, Role], reading: Reading
) -> str | None:
    if reference is None:
        return None
    role = roles_by_id.get(reference)
    if role is None:
        reading.report("V-51", f"role {reference} of {element.get('id')} is not a role of this case", element)
        return None
    return role.name


def _repetition(rule: Element | None, file: FileModel, reading: Reading) -> RepetitionRule | None:
    if rule is None:
        return None
    extensions.check_attributes(rule, reading.report)
    read = Rule(
        str(rule.get("id") or ""),
        expression_reader.condition(rule, reading),
        file_reader.context(rule, file, reading),
    )
    limit = extensions.attribute(rule, "maxInstances")
    if limit is not None and not (limit.isdigit() and int(limit) > 0):
        reading.report("V-23", f"maxInstances={limit!r} is not a whole number above 0", rule)
        limit = None
    found = RepetitionRule(read.id, read.condition, read.context, int(limit) if limit else None)
    return vendor_controls.repetition(rule, found, reading) if reading.is_vendor else found


def _rule(rule: Element | None, file: FileModel, reading: Reading) -> Rule | None:
    if rule is None:
        return None
    return Rule(
        str(rule.get("id") or ""),
        expression_reader.condition(rule, reading),
        file_reader.context(rule, file, reading),
    )
