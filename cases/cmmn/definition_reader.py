"""Elements that need nothing around them -> the metamodel: definitions, rules, the case file.

`cases.cmmn.reader` walks the document and puts these together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from cases import xmldoc
from cases.cmmn import extensions
from cases.cmmn.controlmodel import OnPart, RepetitionRule, Rule, Value
from cases.cmmn.filemodel import FileItem, FileModel, Multiplicity
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
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task, Then, Work
from cases.errors import Problem
from cases.feel import Expression
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
_LANGUAGES = ("", "feel", "http://www.omg.org/spec/FEEL/", "https://www.omg.org/spec/DMN/")


@dataclass(slots=True)
class Reading:
    """What is collected while one document is read: problems, and the line of each id."""

    source: str
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def report(self, code: str, message: str, element: Element) -> None:
        """One more problem, at this element."""
        where = str(element.get("id") or "")
        self.problems.append(Problem(code, message, where, xmldoc.line(element), self.source))


@dataclass(frozen=True, slots=True)
class Controls:
    """The three rules of a plan item, after merging."""

    repetition: RepetitionRule | None = None
    required: Rule | None = None
    manual: Rule | None = None


Trigger = Callable[[Element], OnPart | None]
"""Reads the start trigger of a timer, whose source only the walker can find."""


def name_of(element: Element) -> str:
    """The name, or the id where there is none."""
    return str(element.get("name") or element.get("id") or "").strip()


def condition(element: Element | None, reading: Reading) -> Expression | None:
    """The `<condition>` of a rule or if-part, None where there is none. Reports V-39 and V-40."""
    held = None if element is None else xmldoc.child(element, "condition")
    if held is None:
        return None
    return expression(held, reading)


def expression(element: Element, reading: Reading) -> Expression | None:
    """The FEEL text of a `tExpression`.

    Reports V-39 for another language and V-40 for what does not parse.
    """
    language = str(element.get("language") or "")
    if not language.lower().startswith(tuple(text.lower() for text in _LANGUAGES if text)) and language:
        reading.report("V-39", f"the expression language {language} is not supported", element)
        return None
    return extensions.feel(xmldoc.text(element), element, reading.report)


def context(element: Element, file: FileModel, reading: Reading) -> tuple[str, ...] | None:
    """The path that `contextRef` names. Reports V-42."""
    reference = element.get("contextRef")
    if reference is None:
        return None
    item = file.by_id.get(str(reference))
    if item is None:
        reading.report("V-42", f"contextRef {reference} is not a case file item", element)
        return None
    return item.path


def roles(case: Element, reading: Reading) -> tuple[Role, ...]:
    """The case roles. Reports V-52 for a name given twice."""
    holder = xmldoc.child(case, "caseRoles")
    found: dict[str, Role] = {}
    for element in () if holder is None else xmldoc.children(holder, "role"):
        role = Role(str(element.get("id") or name_of(element)), name_of(element))
        if role.name in {other.name for other in found.values()}:
            reading.report("V-52", f"the role name {role.name} is given twice", element)
        found[role.id] = role
    return tuple(found.values())


def file_model(case: Element, reading: Reading) -> FileModel:
    """The declared case file. Reports V-56 for two items of one name side by side."""
    holder = xmldoc.child(case, "caseFileModel")
    by_id: dict[str, FileItem] = {}
    found = () if holder is None else _file_items(holder, (), by_id, reading)
    return FileModel(tuple(found), by_id)


def controls(item: Element, definition: Element, file: FileModel, reading: Reading) -> Controls:
    """The rules of a plan item: `itemControl` over `defaultControl`, rule by rule (cmmn-semantics 1.4).

    Reports V-23.
    """
    merged: dict[str, Element] = {}
    for holder in (xmldoc.child(definition, "defaultControl"), xmldoc.child(item, "itemControl")):
        for rule in () if holder is None else xmldoc.children(holder, *_RULES_FOR):
            kind = xmldoc.local_name(rule)
            if xmldoc.local_name(definition) not in _RULES_FOR[kind]:
                reading.report(
                    "V-23",
                    f"{kind} is not allowed on {xmldoc.local_name(definition)} {item.get('id')}",
                    item,
                )
                continue
            merged[kind] = rule
    return Controls(
        _repetition(merged.get("repetitionRule"), file, reading),
        _rule(merged.get("requiredRule"), file, reading),
        _rule(merged.get("manualActivationRule"), file, reading),
    )


def definition(
    element: Element, roles_by_id: dict[str, Role], trigger: Trigger, reading: Reading
) -> PlanItemDefinition:
    """One plan item definition; a stage comes without its items.

    Reports what this version does not carry out.
    """
    kind, id_, name = xmldoc.local_name(element), str(element.get("id") or ""), name_of(element)
    report = reading.report
    extensions.check_attributes(element, report)
    _refuse_what_is_not_carried_out(element, reading)
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
            return DecisionTask(
                id_, name, _decision(element, reading), is_blocking, work, _documentation(element)
            )
        case "caseTask" | "processTask":
            return _call(element, name, work, reading)
        case "timerEventListener":
            return _timer(element, trigger, reading)
        case "userEventListener":
            return _user_listener(element, roles_by_id, reading)
        case "eventListener":
            return EventListener(id_, name, extensions.attribute(element, "kind") or "", work)
        case _ if extensions.attribute(element, "connection") is not None:
            return _documented(extensions.service_task(element, id_, name, report), element)
        case _:
            return Task(id_, name, is_blocking, work)


def _documented(step: ServiceTask, element: Element) -> ServiceTask:
    fields = {name: getattr(step, name) for name in ServiceTask.__dataclass_fields__}
    return ServiceTask(**{**fields, "documentation": _documentation(element)})


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
        expression=Value("") if held is None else extensions.value_of(text, held, reading.report),
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


def _decision(element: Element, reading: Reading) -> str:
    reference = str(element.get("decisionRef") or "").rpartition(":")[2]
    if not reference:
        reading.report("V-47", f"decision task {element.get('id')} names no decision", element)
    for declared in element.getroottree().getroot().iterchildren(f"{{{MODEL}}}decision"):
        if declared.get("id") == reference:
            return str(declared.get("externalRef") or reference)
    return reference


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
    return Rule(str(rule.get("id") or ""), condition(rule, reading), context(rule, file, reading))


def _call(element: Element, name: str, work: Work, reading: Reading) -> CaseTask | ProcessTask:
    id_, is_blocking = str(element.get("id") or ""), element.get("isBlocking", "true") in ("true", "1")
    then = _then(element, reading)
    if xmldoc.local_name(element) == "processTask":
        return ProcessTask(id_, name, _reference(element, "process", reading), is_blocking, work, then)
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
    if held is not None:
        if reference:
            reading.report("V-46", f"task {element.get('id')} has a reference and an expression", element)
        return Value(xmldoc.text(held), expression(held, reading))
    if not reference:
        reading.report("V-47", f"task {element.get('id')} names no {kind}", element)
    return Value(reference)


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


def _refuse_what_is_not_carried_out(element: Element, reading: Reading) -> None:
    if xmldoc.child(element, "decisionRefExpression") is not None:
        reading.report("N-01", "decisionRefExpression is not carried out by this version", element)


def _repetition(rule: Element | None, file: FileModel, reading: Reading) -> RepetitionRule | None:
    if rule is None:
        return None
    extensions.check_attributes(rule, reading.report)
    read = _rule(rule, file, reading)
    limit = extensions.attribute(rule, "maxInstances")
    if limit is not None and not (limit.isdigit() and int(limit) > 0):
        reading.report("V-23", f"maxInstances={limit!r} is not a whole number above 0", rule)
        limit = None
    return (
        None
        if read is None
        else RepetitionRule(read.id, read.condition, read.context, int(limit) if limit else None)
    )


def _rule(rule: Element | None, file: FileModel, reading: Reading) -> Rule | None:
    if rule is None:
        return None
    return Rule(str(rule.get("id") or ""), condition(rule, reading), context(rule, file, reading))


def _file_items(
    holder: Element, above: tuple[str, ...], by_id: dict[str, FileItem], reading: Reading
) -> list[FileItem]:
    found: list[FileItem] = []
    for element in xmldoc.children(holder, "caseFileItem"):
        extensions.check_attributes(element, reading.report)
        name, id_ = name_of(element), str(element.get("id") or "")
        if name in {item.name for item in found}:
            reading.report("V-56", f"two case file items are named {name} side by side", element)
        inner = xmldoc.child(element, "children")
        path = (*above, name)
        item = FileItem(
            id=id_,
            name=name,
            path=path,
            multiplicity=Multiplicity(str(element.get("multiplicity") or Multiplicity.UNSPECIFIED)),
            type=str(element.get("definitionRef") or ""),
            children=() if inner is None else tuple(_file_items(inner, path, by_id, reading)),
            visible_to=_visible(element),
            masked=extensions.is_true(element, "masked"),
        )
        by_id[id_] = item
        found.append(item)
    return found


def _visible(element: Element) -> frozenset[str] | None:
    names = extensions.names(element, "visible")
    return frozenset(names) if names else None
