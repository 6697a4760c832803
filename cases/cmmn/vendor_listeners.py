"""What other engines listen to, and what they do when something happens -> the metamodel (4.7).

What is written as an expression is carried out. Programs of those engines are named in the import report.
"""

from dataclasses import replace

from cases import xmldoc
from cases.cmmn import expression_reader, vendor
from cases.cmmn.controlmodel import Action, LifecycleListener, Value
from cases.cmmn.filemodel import Input, Output
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import EventListener, TimerEventListener, UserEventListener
from cases.cmmn.reading import Reading
from cases.cmmn.workmodel import TaskListener
from cases.feel import Expression
from cases.xmldoc import Element

_STATES = {
    "available": State.AVAILABLE,
    "unavailable": State.UNAVAILABLE,
    "enabled": State.ENABLED,
    "disabled": State.DISABLED,
    "active": State.ACTIVE,
    "suspended": State.SUSPENDED,
    "failed": State.FAILED,
    "completed": State.COMPLETED,
    "terminated": State.TERMINATED,
    "closed": State.CLOSED,
}
_EVENTS: dict[str, tuple[State | None, State]] = {
    "create": (None, State.AVAILABLE),
    "enable": (State.AVAILABLE, State.ENABLED),
    "disable": (State.ENABLED, State.DISABLED),
    "reenable": (State.DISABLED, State.ENABLED),
    "start": (State.AVAILABLE, State.ACTIVE),
    "manualStart": (State.ENABLED, State.ACTIVE),
    "suspend": (None, State.SUSPENDED),
    "parentSuspend": (None, State.SUSPENDED),
    "resume": (State.SUSPENDED, State.ACTIVE),
    "complete": (State.ACTIVE, State.COMPLETED),
    "occur": (State.AVAILABLE, State.COMPLETED),
    "terminate": (State.ACTIVE, State.TERMINATED),
    "exit": (None, State.TERMINATED),
    "parentTerminate": (None, State.TERMINATED),
    "reactivate": (State.FAILED, State.ACTIVE),
    "close": (None, State.CLOSED),
}
"""Transitions that Camunda's listeners name -> the states between which they lead."""
_TASK_EVENTS = ("create", "assignment", "complete")
_CHANGES = ("create", "update", "update-create", "delete", "all")
_SUBJECTS = {"signal": "signalRef", "variable": "variableName"}
_PROGRAMS = ("class", "delegateExpression", "type")


def listeners(element: Element, reading: Reading) -> tuple[LifecycleListener, ...]:
    """What is done when an item or a case changes its state, in the order of the text."""
    found: list[LifecycleListener] = []
    for one in vendor.elements(element, "planItemLifecycleListener", "caseLifecycleListener"):
        source, target = _state(one, "sourceState", reading), _state(one, "targetState", reading)
        done = _done(one, reading)
        if done is not None and isinstance(source, State | None) and isinstance(target, State | None):
            found.append(LifecycleListener(source, target, done))
    for one in vendor.elements(element, "caseExecutionListener"):
        done, event = _done(one, reading), vendor.own(one, "event")
        if event is not None and event not in _EVENTS:
            reading.ignore("V-61", f"a listener to {event!r} is ignored: there is no such event", one)
        elif done is not None:
            before, after = _EVENTS[event] if event else (None, None)
            found.append(LifecycleListener(before, after, done))
    return tuple(found)


def task_listeners(element: Element, reading: Reading) -> tuple[TaskListener, ...]:
    """What is done when a human task is made, given to somebody, or done."""
    found: list[TaskListener] = []
    for one in vendor.elements(element, "taskListener"):
        event, done = vendor.own(one, "event") or "", _done(one, reading)
        if event not in (*_TASK_EVENTS, "all"):
            reading.ignore("V-61", f"a task listener to {event!r} is ignored: there is no such event", one)
        elif done is not None:
            found += [TaskListener(name, done) for name in (_TASK_EVENTS if event == "all" else (event,))]
    return tuple(found)


def timer(element: Element, base: TimerEventListener, reading: Reading) -> TimerEventListener:
    """A timer with the condition under which it runs, and the category of its job."""
    held = vendor.element(element, "jobCategory")
    category = xmldoc.text(held)
    return replace(
        base,
        available_condition=_available(element, reading) or base.available_condition,
        category=expression_reader.value_of(category, element, reading) if category else base.category,
    )


def user_event(
    element: Element, base: UserEventListener, reading: Reading
) -> UserEventListener | EventListener:
    """A user event with the condition under which it is offered; one that reactivates is of that kind."""
    if vendor.is_true(element, "reactivateEventListener"):
        return event(element, EventListener(base.id, base.name, "reactivate", base.work), reading)
    form = vendor.attribute(element, "formKey")
    return replace(
        base,
        available_condition=_available(element, reading) or base.available_condition,
        form=base.form or (form if form and not expression_reader.is_juel(form) else None),
    )


def event(element: Element, base: EventListener, reading: Reading) -> EventListener:
    """An event listener: generic, of a signal, a variable, an intent, a message, or for reactivation.

    Reports V-60 where the kind is unknown, and where what it listens to is not said.
    """
    said = vendor.attribute(element, "eventType")
    message = xmldoc.text(vendor.element(element, "eventType"))
    kind = base.kind or said or ("message" if message else "generic")
    subject = _subject(element, kind, message, reading)
    if kind in ("signal", "variable") and subject is None and said is not None:
        reading.report("V-60", f"event listener {base.id} does not say which {kind} it listens to", element)
    if kind not in ("generic", "signal", "variable", "message", "intent", "reactivate"):
        reading.report("V-60", f"event listener {base.id} is of the unknown kind {kind!r}", element)
    change = vendor.attribute(element, "variableChangeType") or ("all" if kind == "variable" else "")
    if change and change not in _CHANGES:
        reading.report("V-60", f"variableChangeType {change!r} is none of {', '.join(_CHANGES)}", element)
    return replace(
        base,
        kind=kind,
        subject=subject or base.subject,
        change=change,
        available_condition=_available(element, reading) or base.available_condition,
        work=replace(
            base.work,
            inputs=(*base.work.inputs, *_correlation(element, reading)),
            outputs=(*base.work.outputs, *_payload(element, reading)),
        ),
    )


def _subject(element: Element, kind: str, message: str, reading: Reading) -> Value | None:
    text = message if kind == "message" else ""
    if kind in _SUBJECTS:
        text = vendor.attribute(element, _SUBJECTS[kind]) or ""
    return expression_reader.value_of(text, element, reading) if text else None


def _correlation(element: Element, reading: Reading) -> list[Input]:
    """What a message must bring to be meant: values by name, known while the listener waits."""
    found: list[Input] = []
    for one in vendor.elements(element, "eventCorrelationParameter"):
        name, text = vendor.own(one, "name"), vendor.own(one, "value") or ""
        read = expression_reader.text_or_value(text, one, reading)
        if name and read is not None:
            found.append(Input(name, read))
    return found


def _payload(element: Element, reading: Reading) -> list[Output]:
    """What of a message is kept."""
    found: list[Output] = []
    for one in vendor.elements(element, "eventOutParameter"):
        source, target = vendor.own(one, "source"), vendor.own(one, "target")
        read = None if source is None else expression_reader.entry_of_result(source, one, reading)
        if read is not None and (target or source):
            found.append(Output((str(target or source),), read))
    return found


def _available(element: Element, reading: Reading) -> Expression | None:
    text = vendor.attribute(element, "availableCondition")
    return None if text is None else expression_reader.condition_of(text, element, reading)


def _state(listener: Element, name: str, reading: Reading) -> State | str | None:
    """The state that a listener names, None for any; the text itself where there is no such state."""
    text = vendor.own(listener, name)
    if text is None:
        return None
    state = _STATES.get(text.lower())
    if state is None:
        reading.ignore("V-61", f"a listener is ignored: {name} {text!r} is no state of a plan item", listener)
        return text
    return state


def _done(listener: Element, reading: Reading) -> Action | None:
    """What a listener does; None, with a remark, for a program of another engine."""
    text = vendor.own(listener, "expression")
    if text is not None:
        return expression_reader.action(text, listener, reading)
    program = next((found for name in _PROGRAMS if (found := vendor.own(listener, name))), "")
    what = f"{program} is a program" if program else "it names a program"
    kind = xmldoc.local_name(listener)
    reading.ignore("I-03", f"a {kind} is not carried out: {what} of another engine", listener)
    return None
