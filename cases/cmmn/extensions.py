"""Attributes and elements of our own namespace, as fields of the metamodel (docs/reference/model.md).

A value that begins with `=` is FEEL, any other is meant literally. What cannot be read is a problem with
its line; the caller collects them all.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta

import isodate

from cases import xmldoc
from cases.cmmn.controlmodel import Value
from cases.cmmn.filemodel import Input, Output, WriteMode
from cases.cmmn.workmodel import (
    Fallback,
    FallbackAnswer,
    FallbackFault,
    FallbackOperation,
    HumanTask,
    Retry,
    ServiceTask,
    Work,
)
from cases.feel import Expression, FeelError, parse
from cases.xmldoc import Element

HOUSE = "https://casewright.org/cmmn"

ATTRIBUTES: dict[str, frozenset[str]] = {
    "case": frozenset({"title"}),
    "caseFileItem": frozenset({"visible", "masked"}),
    "planItem": frozenset({"reactivation"}),
    "humanTask": frozenset(
        {
            "form",
            "role",
            "orHigher",
            "due",
            "priority",
            "sla",
            "ladder",
            "fourEyes",
            "approvals",
            "authority",
            "answerTo",
        }
    ),
    "task": frozenset(
        {
            "connection",
            "operation",
            "key",
            "retry",
            "timeout",
            "fallback",
            "compensation",
            "pointOfNoReturn",
            "answerTo",
        }
    ),
    "decisionTask": frozenset({"answerTo"}),
    "caseTask": frozenset({"answerTo", "earlyComplete", "childTerminated", "propagateFault"}),
    "processTask": frozenset({"answerTo", "childTerminated"}),
    "milestone": frozenset({"answerTo"}),
    "timerEventListener": frozenset({"calendar", "anchor", "follows", "answerTo"}),
    "userEventListener": frozenset({"form", "availableCondition", "repeatable", "answerTo"}),
    "eventListener": frozenset({"kind", "answerTo"}),
    "repetitionRule": frozenset({"maxInstances"}),
    "sentry": frozenset({"triggerMode"}),
}
ELEMENTS = frozenset({"in", "answer", "out"})

Report = Callable[[str, str, Element], None]
"""Takes a code, a message and the element: how a reader collects what is wrong."""

_MODES = (WriteMode.REPLACE, WriteMode.UPDATE, WriteMode.APPEND)
_RETRY = re.compile(
    r"(?P<attempts>\d+)"
    r"(?:\s*,\s*(?P<first>P[\w.]+)(?:\s+x\s*(?P<factor>\d+(?:\.\d+)?))?(?:\s+to\s+(?P<cap>P[\w.]+))?)?"
    r"(?:\s*,\s*jitter\s+(?P<jitter>0(?:\.\d+)?|1))?"
)
_OPERATION = re.compile(
    r"operation\s+(?P<connection>[\w-]+)\.(?P<operation>[\w-]+)"
    r"(?:\s+after\s+(?P<after_connection>[\w-]+)\.(?P<after_operation>[\w-]+))?"
)
_SEGMENT = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*")+')


def attribute(element: Element, name: str) -> str | None:
    """The value of our attribute `name`, stripped; None where there is none or it is empty."""
    value = str(element.get(f"{{{HOUSE}}}{name}") or "").strip()
    return value or None


def names(element: Element, name: str) -> tuple[str, ...]:
    """The words of our attribute `name`."""
    return tuple((attribute(element, name) or "").split())


def is_true(element: Element, name: str) -> bool:
    """Whether our attribute `name` says true."""
    return attribute(element, name) in ("true", "1")


def feel(text: str, element: Element, report: Report) -> Expression | None:
    """The expression that `text` says, or None after reporting V-40."""
    try:
        return parse(text)
    except FeelError as error:
        report("V-40", f"the expression in {xmldoc.local_name(element)} does not parse: {error}", element)
        return None


def value(element: Element, name: str, report: Report) -> Value | None:
    """Our attribute `name` as a literal, or as FEEL when it begins with `=`."""
    text = attribute(element, name)
    return None if text is None else value_of(text, element, report)


def value_of(text: str, element: Element, report: Report) -> Value:
    """A text as a literal, or as FEEL when it begins with `=`."""
    if not text.startswith("="):
        return Value(text)
    return Value(text, feel(text[1:].strip(), element, report))


def expression(element: Element, name: str, report: Report) -> Expression | None:
    """Our attribute `name`, which is always FEEL; a leading `=` does no harm."""
    text = attribute(element, name)
    return None if text is None else feel(text.removeprefix("=").strip(), element, report)


def work(element: Element, report: Report) -> Work:
    """What the work reads and writes: `<cw:in>`, `<cw:answer>` and `<cw:out>` of its extension elements."""
    inputs: list[Input] = []
    outputs: list[Output] = []
    answer: Expression | None = None
    for child in _elements(element):
        name, read = xmldoc.local_name(child), feel(xmldoc.text(child), child, report)
        if name not in ELEMENTS:
            report("V-61", f"<cw:{name}> is not known; it would be ignored", child)
        elif read is None:
            continue
        elif name == "in":
            inputs.append(Input(_required(child, "name", report), read))
        elif name == "answer":
            answer = read
        else:
            outputs.append(Output(_path(_required(child, "path", report)), read, _mode(child, report)))
    return Work(tuple(inputs), answer, attribute(element, "answerTo"), tuple(outputs))


def human_task(element: Element, base: HumanTask, report: Report) -> HumanTask:
    """The human task with what our attributes add to `base`."""
    return HumanTask(
        id=base.id,
        name=base.name,
        is_blocking=base.is_blocking,
        performer=base.performer,
        form=attribute(element, "form"),
        role=value(element, "role", report),
        or_higher=names(element, "orHigher"),
        due=value(element, "due", report),
        priority=value(element, "priority", report),
        sla=attribute(element, "sla"),
        ladder=attribute(element, "ladder"),
        four_eyes=names(element, "fourEyes"),
        approvals=value(element, "approvals", report),
        authority=expression(element, "authority", report),
        work=work(element, report),
        documentation=base.documentation,
    )


def service_task(element: Element, id_: str, name: str, report: Report) -> ServiceTask:
    """A `<task>` that names a connection: an automated step."""
    operation = attribute(element, "operation")
    if operation is None:
        report("V-47", f"task {id_} names a connection but no operation", element)
    timeout = attribute(element, "timeout")
    return ServiceTask(
        id=id_,
        name=name,
        connection=attribute(element, "connection") or "",
        operation=operation or "",
        is_blocking=element.get("isBlocking", "true") in ("true", "1"),
        key=expression(element, "key", report),
        timeout=30.0 if timeout is None else _seconds(timeout, "timeout", element, report),
        retry=_retry(element, report),
        fallbacks=_fallbacks(element, report),
        compensation=attribute(element, "compensation"),
        point_of_no_return=is_true(element, "pointOfNoReturn"),
        work=work(element, report),
    )


def check_attributes(element: Element, report: Report) -> None:
    """Reports V-61 for an attribute of ours that this element does not know: a slip must not be silent."""
    known = ATTRIBUTES.get(xmldoc.local_name(element), frozenset())
    for full in element.attrib:
        name = str(full)
        if name.startswith(f"{{{HOUSE}}}") and name.rpartition("}")[2] not in known:
            short = name.rpartition("}")[2]
            report("V-61", f"cw:{short} is not known on {xmldoc.local_name(element)}", element)


def _elements(element: Element) -> Iterable[Element]:
    holder = xmldoc.child(element, "extensionElements")
    if holder is None:
        return ()
    return [child for child in xmldoc.children(holder) if xmldoc.namespace(child) == HOUSE]


def _required(element: Element, name: str, report: Report) -> str:
    text = str(element.get(name) or "").strip()
    if not text:
        report("V-14", f"<cw:{xmldoc.local_name(element)}> needs the attribute {name}", element)
    return text


def _path(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(".") if part)


def _mode(element: Element, report: Report) -> WriteMode:
    text = str(element.get("mode") or WriteMode.REPLACE)
    if text in _MODES:
        return WriteMode(text)
    report("V-49", f"mode {text!r} of <cw:out> is none of {', '.join(_MODES)}", element)
    return WriteMode.REPLACE


def _seconds(text: str, name: str, element: Element, report: Report) -> float:
    try:
        found = isodate.parse_duration(text)
    except isodate.ISO8601Error:
        found = None
    if not isinstance(found, timedelta):
        report("V-43", f"{name}={text!r} is not an ISO 8601 duration without years and months", element)
        return 0.0
    return found.total_seconds()


def _retry(element: Element, report: Report) -> Retry:
    text = attribute(element, "retry")
    if text is None:
        return Retry()
    found = _RETRY.fullmatch(text)
    if found is None:
        report("V-43", f"retry={text!r} does not read like `5, PT2S x3 to PT10M, jitter 0.2`", element)
        return Retry()
    usual = Retry()
    first, factor, cap, jitter = (found[name] for name in ("first", "factor", "cap", "jitter"))
    return Retry(
        attempts=max(1, int(found["attempts"])),
        first=_seconds(first, "retry", element, report) if first else usual.first,
        factor=float(factor) if factor else (1.0 if first else usual.factor),
        cap=_seconds(cap, "retry", element, report) if cap else usual.cap,
        jitter=float(jitter) if jitter else usual.jitter,
    )


def _fallbacks(element: Element, report: Report) -> tuple[Fallback, ...]:
    text = attribute(element, "fallback")
    if text is None:
        return ()  # as good as `fault` when it comes to it, but nobody has said so, and lint asks
    found = [_fallback(part.strip(), element, report) for part in _SEGMENT.findall(text)]
    return tuple(fallback for fallback in found if fallback is not None)


def _fallback(text: str, element: Element, report: Report) -> Fallback | None:
    operation = _OPERATION.fullmatch(text)
    if operation is not None:
        first = operation["after_connection"]
        after = (first, operation["after_operation"]) if first else None
        return FallbackOperation(operation["connection"], operation["operation"], after)
    if text == "fault":
        return FallbackFault()
    if text.startswith("answer "):
        read = feel(text.removeprefix("answer "), element, report)
        return None if read is None else FallbackAnswer(read)
    report(
        "V-43", f"fallback {text!r} is none of `operation a.b [after c.d]`, `answer FEEL`, `fault`", element
    )
    return None
