"""Tasks that other engines carry out by themselves -> expressions, or work for somebody outside (4.7).

An expression that is understood runs within the turn. What names a program of another engine, a script or an
expression that calls one becomes external work: the model is read, and who has the program takes the work.
"""

from dataclasses import replace

from cases import xmldoc
from cases.cmmn import expression_reader, vendor
from cases.cmmn.controlmodel import Value
from cases.cmmn.filemodel import Output
from cases.cmmn.reading import Reading
from cases.cmmn.vendor_controls import value
from cases.cmmn.vendor_tasks import blocking, exchange, field_texts, inputs, outputs
from cases.cmmn.workmodel import ExpressionTask, Task, Work
from cases.xmldoc import Element

_PROGRAMS = ("class", "delegateExpression")
_EXPRESSIONS = ("juel", "el", "feel")
_OUTSIDE = ("http", "mail", "external-worker", "send-event")
_ASKED_FOR = {"http": ("requestMethod", "requestUrl"), "mail": ("to",)}
_ANSWERED = ("http", "external-worker")
"""Kinds whose answer is waited for, whatever the task says: what comes back is written down."""
_ADDRESSES = ("to", "cc", "bcc")


def task(element: Element, base: Task, reading: Reading) -> Task | ExpressionTask:
    """A task of another engine. Reports V-47 where it does not say what is to be done."""
    kind = vendor.attribute(element, "type") or ""
    base = replace(base, blocking=blocking(element, reading))
    match kind:
        case "casePage":
            return replace(base, kind=kind, is_blocking=True)
        case "script":
            return _script(element, base, reading)
        case _ if kind in _OUTSIDE:
            return _outside(element, base, kind, reading)
        case _ if kind not in ("", "java"):
            reading.ignore("V-61", f"a task of the kind {kind!r} is unknown: it is external work", element)
            return _worked(element, replace(base, kind="service", is_blocking=True), kind, reading)
        case _:
            return _service(element, base, reading)


def _service(element: Element, base: Task, reading: Reading) -> Task | ExpressionTask:
    text = vendor.attribute(element, "expression")
    program = next((found for name in _PROGRAMS if (found := vendor.attribute(element, name))), None)
    if text is not None:
        action = expression_reader.action(text, element, reading)
        if action is not None:
            return ExpressionTask(
                id=base.id,
                name=base.name,
                action=action,
                result_variable=_result(element, reading),
                is_transient=vendor.is_true(element, "storeResultVariableAsTransient"),
                is_blocking=base.is_blocking,
                work=base.work,
                blocking=base.blocking,
                documentation=base.documentation,
            )
    named = text or program
    if named is not None:
        reading.ignore("I-03", f"{named} is a program of another engine: the task is external work", element)
        return _worked(element, replace(base, kind="service", is_blocking=True), named, reading)
    if vendor.attribute(element, "type") == "java":
        reading.report(
            "V-47", f"service task {base.id} has no class, expression or delegateExpression", element
        )
    return base


def _script(element: Element, base: Task, reading: Reading) -> Task | ExpressionTask:
    language = vendor.attribute(element, "scriptFormat") or ""
    texts = dict(field_texts(element))
    script = texts.get("script") or vendor.attribute(element, "script") or ""
    if not script.strip():
        reading.report("V-47", f"script task {base.id} has no script", element)
    if language.lower() in _EXPRESSIONS and expression_reader.is_juel(script):
        action = expression_reader.action(script, element, reading)
        if action is not None:
            return ExpressionTask(
                base.id, base.name, action, _result(element, reading), work=base.work, blocking=base.blocking
            )
    reading.ignore(
        "I-03", f"a script in {language or 'no language'} is not executed: the task is external work", element
    )
    made = replace(
        base,
        kind="script",
        is_blocking=True,
        fields=tuple((name, Value(text)) for name, text in texts.items()),
    )
    return replace(_worked(element, made, "", reading), topic=Value(language), fields=made.fields)


def _outside(element: Element, base: Task, kind: str, reading: Reading) -> Task:
    texts = dict(field_texts(element))
    for name in _ASKED_FOR.get(kind, ()):
        given = texts.get(name) or (name == "to" and any(texts.get(one) for one in _ADDRESSES))
        if not given:
            reading.report("V-47", f"{kind} task {base.id} has no field {name}", element)
    topic = vendor.attribute(element, "topic")
    if kind == "send-event":
        topic = xmldoc.text(vendor.element(element, "eventType")) or None
    if kind in ("send-event", "external-worker") and topic is None:
        asked = "topic" if kind == "external-worker" else "eventType"
        reading.report("V-47", f"{kind} task {base.id} has no {asked}", element)
    waits = base.is_blocking or kind in _ANSWERED
    return _worked(element, replace(base, kind=kind, is_blocking=waits), topic or "", reading)


def _worked(element: Element, base: Task, topic: str, reading: Reading) -> Task:
    """The task with what the work outside is told, and what it brings back."""
    fields = [
        (name, expression_reader.value_or_text(text, element, reading)) for name, text in field_texts(element)
    ]
    channel = xmldoc.text(vendor.element(element, "channelKey"))
    if channel:
        fields.append(("channelKey", expression_reader.value_of(channel, element, reading)))
    return replace(
        base,
        topic=expression_reader.value_of(topic, element, reading)
        if topic and base.kind != "service"
        else (Value(topic) if topic else None),
        fields=tuple(fields),
        work=_exchanged(element, exchange(element, base.work, reading), reading),
    )


def _exchanged(element: Element, work: Work, reading: Reading) -> Work:
    """What goes out and comes back: what is named, else all variables go and all that is answered is kept."""
    given = list(vendor.elements(element, "externalWorkerInParameter", "eventInParameter"))
    taken = list(vendor.elements(element, "externalWorkerOutParameter"))
    result = vendor.attribute(element, "resultVariableName") or vendor.attribute(element, "resultVariable")
    work = replace(
        work,
        inputs=(*work.inputs, *inputs(given, reading)),
        outputs=(*work.outputs, *outputs(taken, reading)),
    )
    read = expression_reader.entry_of_result("result", element, reading)
    if result is not None and not expression_reader.is_juel(result) and read is not None:
        work = replace(work, outputs=(*work.outputs, Output((result,), read)))
    keeps_quiet = (
        vendor.is_true(element, "doNotIncludeVariables") or vendor.attribute(element, "type") == "http"
    )
    return replace(
        work,
        gives_all=work.gives_all or not (work.inputs or keeps_quiet),
        takes_all=work.takes_all or not work.outputs,
    )


def _result(element: Element, reading: Reading) -> Value | None:
    return value(element, "resultVariableName", reading) or value(element, "resultVariable", reading)
