"""What other engines add to tasks -> the metamodel (4.7): people, calls, decisions.

Where Flowable and Camunda mean the same they use the same names; what only one of them has is read wherever
it stands.
"""

from collections.abc import Iterable
from dataclasses import replace

from cases import xmldoc
from cases.cmmn import expression_reader, vendor, vendor_listeners
from cases.cmmn.controlmodel import Value
from cases.cmmn.expression_reader import is_constant
from cases.cmmn.filemodel import Input, Output
from cases.cmmn.reading import Reading
from cases.cmmn.vendor_controls import value
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, Work
from cases.feel import Expression
from cases.xmldoc import Element

_SHAPES = {
    "singleEntry": "single",
    "singleResult": "single",
    "collectEntries": "collect",
    "resultList": "list",
}
_NO_HITS = "decisionTaskThrowErrorOnNoHits"
_KEYS = ("decisionTableReferenceKey", "decisionServiceReferenceKey", "decisionReferenceKey")
_OWN_KEY = ("caseBusinessKey", "businessKey")


def human_task(element: Element, base: HumanTask, reading: Reading) -> HumanTask:
    """A human task with the people it is for, its dates, and the variables that know of it."""
    form = vendor.attribute(element, "formKey")
    if form is not None and expression_reader.is_juel(form):
        reading.ignore(
            "I-02", f"formKey {form} is ignored: a form is known when a model is deployed", element
        )
        form = None
    if vendor.attribute(element, "priority") is not None:
        reading.ignore("I-02", "priority is taken as it stands: here 1 comes first, there last", element)
    return replace(
        base,
        form=base.form or form,
        role=base.role or _people(element, "candidateGroups", reading),
        due=base.due or value(element, "dueDate", reading),
        priority=base.priority or value(element, "priority", reading),
        blocking=blocking(element, reading),
        assignee=value(element, "assignee", reading),
        owner=value(element, "owner", reading),
        candidates=_people(element, "candidateUsers", reading),
        category=value(element, "category", reading),
        description=_description(base.documentation, element, reading),
        id_variable=value(element, "taskIdVariableName", reading),
        completer_variable=value(element, "taskCompleterVariableName", reading),
        listeners=vendor_listeners.task_listeners(element, reading),
    )


def _description(text: str, element: Element, reading: Reading) -> Value | None:
    """What the task says of itself, each time anew where it reads something."""
    if not text or not expression_reader.is_juel(text):
        return Value(text) if text else None
    return expression_reader.value_of(text, element, reading)


def decision_task(element: Element, base: DecisionTask, reading: Reading) -> DecisionTask:
    """A decision task: which decision, what becomes of its hits, and where they go.

    Without any input of its own, a decision of another engine sees every variable.
    """
    fields = dict(field_texts(element))
    key = next((fields[name] for name in _KEYS if fields.get(name)), None)
    result, shape = (
        vendor.attribute(element, "resultVariable"),
        vendor.attribute(element, "mapDecisionResult"),
    )
    if shape is not None and shape not in _SHAPES:
        reading.ignore("V-61", f"mapDecisionResult {shape!r} is none of {', '.join(_SHAPES)}", element)
    work = base.work
    sees_all = not (work.inputs or work.parameters.inputs)
    return replace(
        base,
        decision=base.decision or ("" if key is None or expression_reader.is_juel(key) else key),
        reference=base.reference
        or (
            expression_reader.value_of(key, element, reading)
            if key and expression_reader.is_juel(key)
            else None
        ),
        work=replace(work, answer_to=work.answer_to or result, gives_all=work.gives_all or sees_all),
        shape=_SHAPES.get(shape or "", base.shape),
        spreads=base.spreads or (reading.is_flowable and result is None),
        faults_without_hit=base.faults_without_hit or _is_on(fields.get(_NO_HITS)),
        no_hit_faults=_computed_flag(fields.get(_NO_HITS), element, reading),
        blocking=blocking(element, reading),
        same_deployment=is_of_same_deployment(element, "decisionBinding"),
    )


def case_task(element: Element, base: CaseTask, reading: Reading) -> CaseTask:
    """A case task: what goes over and comes back, the business key, the version."""
    return replace(
        base,
        work=exchange(element, base.work, reading),
        blocking=blocking(element, reading),
        business_key=_business_key(element, reading),
        inherits_business_key=_inherits_business_key(element),
        id_variable=value(element, "idVariableName", reading),
        same_deployment=is_of_same_deployment(element, "caseBinding"),
        may_use_default_tenant=vendor.is_true(element, "fallbackToDefaultTenant"),
    )


def process_task(element: Element, base: ProcessTask, reading: Reading) -> ProcessTask:
    """A process task: what goes over and comes back, the business key, the version."""
    return replace(
        base,
        work=exchange(element, base.work, reading),
        blocking=blocking(element, reading),
        business_key=_business_key(element, reading),
        inherits_business_key=_inherits_business_key(element),
        id_variable=value(element, "idVariableName", reading),
        same_deployment=is_of_same_deployment(element, "processBinding"),
    )


def exchange(element: Element, work: Work, reading: Reading) -> Work:
    """The `in` and `out` of a call, after what the work exchanges already."""
    given = [one for one in vendor.elements(element, "in") if vendor.own(one, "businessKey") is None]
    taken = list(vendor.elements(element, "out"))
    return replace(
        work,
        inputs=(*work.inputs, *inputs(given, reading)),
        outputs=(*work.outputs, *outputs(taken, reading)),
        gives_all=work.gives_all or _all_of(given) or vendor.is_true(element, "inheritVariables"),
        takes_all=work.takes_all or _all_of(taken),
    )


def inputs(elements: Iterable[Element], reading: Reading) -> list[Input]:
    """What is handed over: a variable or an expression, under the name of the target. Reports V-49."""
    found: list[Input] = []
    for one in elements:
        if vendor.own(one, "variables") is not None:
            continue
        source = vendor.own(one, "sourceExpression") or vendor.own(one, "source")
        target = _target(one, reading)
        read = None if source is None else expression_reader.named(source, one, reading)
        if source is None:
            reading.report("V-49", f"<{xmldoc.local_name(one)}> has no source", one)
        elif read is not None and (target or vendor.own(one, "source")):
            found.append(Input(target or source, read))
    return found


def outputs(elements: Iterable[Element], reading: Reading) -> list[Output]:
    """What comes back: a variable of what was called, or an expression over them. Reports V-49."""
    found: list[Output] = []
    for one in elements:
        if vendor.own(one, "variables") is not None:
            continue
        source, computed = vendor.own(one, "source"), vendor.own(one, "sourceExpression")
        target = _target(one, reading) or source
        if computed is None and source is not None and not expression_reader.is_juel(source):
            read = expression_reader.entry_of_result(source, one, reading)
        else:
            read = expression_reader.over_result(computed or source or "", one, reading)
        if target is None or (source is None and computed is None):
            reading.report("V-49", f"<{xmldoc.local_name(one)}> lacks a source or a target", one)
        elif read is not None:
            found.append(Output((target,), read))
        if vendor.own(one, "transient") == "true":
            reading.ignore("I-02", f"{target} is kept: what comes back is written down", one)
    return found


def blocking(element: Element, reading: Reading) -> Expression | None:
    """The expression that says whether a task is waited for."""
    text = vendor.attribute(element, "isBlockingExpression")
    return None if text is None else expression_reader.condition_of(text, element, reading)


def is_of_same_deployment(element: Element, binding: str) -> bool:
    """Whether what is called is that of the same deployment."""
    return vendor.is_true(element, "sameDeployment") or vendor.attribute(element, binding) == "deployment"


def field_texts(element: Element) -> Iterable[tuple[str, str]]:
    """The fields of a task by name, each with its text, which may hold expressions."""
    for one in vendor.elements(element, "field"):
        name = vendor.own(one, "name") or ""
        text = vendor.own(one, "stringValue") or vendor.own(one, "expression")
        held = xmldoc.child(one, "string", "expression")
        if name:
            yield name, text if text is not None else xmldoc.text(held)


def _people(element: Element, name: str, reading: Reading) -> Value | None:
    """Names with commas between, each perhaps an expression that gives a text or a list -> a list in FEEL."""
    text = vendor.attribute(element, name)
    if text is None:
        return None
    entries = [one.strip() for one in separated(text) if one.strip()]
    if not any(expression_reader.is_juel(one) for one in entries):
        listed = ", ".join(expression_reader.quoted(one) for one in entries)
        return expression_reader.computed(f"[{listed}]", element, reading)
    parts: list[str] = []
    for one in entries:
        read = expression_reader.text_or_value(one, element, reading)
        if read is not None:
            found = f"({read.text})"
            parts.append(f'(if {found} instance of string then split({found}, "\\s*,\\s*") else {found})')
    return expression_reader.computed(f"flatten([{', '.join(parts)}])", element, reading)


def separated(text: str) -> list[str]:
    """The parts between commas that stand in no expression."""
    parts, depth = [""], 0
    for position, sign in enumerate(text):
        if sign == "{" and (depth or text[position - 1 : position] in ("$", "#")):
            depth += 1
        elif sign == "}" and depth:
            depth -= 1
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _target(element: Element, reading: Reading) -> str | None:
    """The name under which a value goes; an expression for it must be known beforehand. Reports V-49."""
    text = vendor.own(element, "targetExpression")
    if text is None:
        return vendor.own(element, "target")
    read = expression_reader.text_or_value(text, element, reading)
    if read is None:
        return None
    name = read.evaluate({}) if is_constant(read) else None
    if isinstance(name, str) and name:
        return name
    reading.report("V-49", f"the target {text} is known only when the case runs", element)
    return None


def _is_on(text: str | None) -> bool:
    return (text or "").strip().lower() == "true"


def _computed_flag(text: str | None, element: Element, reading: Reading) -> Expression | None:
    if text is None or not expression_reader.is_juel(text):
        return None
    return expression_reader.condition_of(text, element, reading)


def _all_of(elements: Iterable[Element]) -> bool:
    return any(vendor.own(one, "variables") == "all" for one in elements)


def _business_key(element: Element, reading: Reading) -> Value | None:
    own = value(element, "businessKey", reading)
    if own is not None or _inherits_business_key(element):
        return own
    for one in vendor.elements(element, "in"):
        text = vendor.own(one, "businessKey")
        if text is not None:
            return expression_reader.value_of(text, one, reading)
    return None


def _inherits_business_key(element: Element) -> bool:
    texts = [vendor.own(one, "businessKey") or "" for one in vendor.elements(element, "in")]
    return vendor.is_true(element, "inheritBusinessKey") or any(
        text.strip("#${} ").rpartition(".")[2] in _OWN_KEY for text in texts
    )
