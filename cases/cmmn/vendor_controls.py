"""What other engines add to plan items, rules, criteria, stages and milestones -> the metamodel (4.7)."""

from dataclasses import replace

from cases import xmldoc
from cases.cmmn import expression_reader, vendor, vendor_listeners
from cases.cmmn.controlmodel import (
    Aggregated,
    Aggregation,
    Completion,
    ExitEvent,
    ExitType,
    Overview,
    ReactivationRule,
    RepetitionRule,
    Rule,
    Value,
)
from cases.cmmn.lifecycle import Transition
from cases.cmmn.metamodel import Milestone, PlanItem, Stage
from cases.cmmn.reading import Reading
from cases.feel import Expression
from cases.xmldoc import Element

COUNTER = "repetitionCounter"
"""How Flowable counts repetitions where a rule does not say."""

_UNLIMITED = "unlimited"
_LATCHED = "latched"
_TRIGGER_MODES = {"default": _LATCHED, "onEvent": "onEvent"}


def repetition(rule: Element, base: RepetitionRule, reading: Reading) -> RepetitionRule:
    """A repetition rule with collection, counter, limit and what it leaves behind."""
    collection = vendor.attribute(rule, "collectionVariable")
    events = (vendor.attribute(rule, "repeatOnStandardEvent") or "").split(",")
    ends = frozenset(Transition(one.strip()) for one in events if one.strip() in set(Transition))
    return replace(
        base,
        max_instances=_limit(rule, reading) or base.max_instances,
        collection=None if collection is None else expression_reader.named(collection, rule, reading),
        element=vendor.attribute(rule, "elementVariable") or "",
        element_index=vendor.attribute(rule, "elementIndexVariable") or "",
        counter=vendor.attribute(rule, "counterVariable") or reading.counter,
        ignores_counter=vendor.is_true(rule, "ignoreCounterVariable"),
        aggregations=tuple(
            found
            for element in vendor.elements(rule, "variableAggregation")
            if (found := _aggregation(element, reading)) is not None
        ),
        repeats_on=ends or base.repeats_on,
    )


def item(element: Element, definition: Element, base: PlanItem, reading: Reading) -> PlanItem:
    """A plan item with its computed name, what its container waits for, its listeners, and how it is run."""
    control, standing = xmldoc.child(element, "itemControl"), xmldoc.child(definition, "defaultControl")
    holders = [one for one in (control, standing) if one is not None]
    completion, neutral = _completion(holders, reading)
    is_page = vendor.attribute(definition, "type") == "casePage"
    if is_page and completion is Completion.DEFAULT:
        completion = Completion.IGNORE
    return replace(
        base,
        title=_title(element, definition, reading),
        completion=completion,
        neutral=neutral,
        reactivation_rule=_reactivation(holders, "reactivationRule", reading),
        listeners=vendor_listeners.listeners(definition, reading),
        is_async=vendor.is_true(definition, "async"),
        leaves_async=vendor.is_true(definition, "asyncLeave"),
    )


def stage(element: Element, base: Stage, reading: Reading) -> Stage:
    """A stage with its condition for completing by itself, its business status, its place in the overview."""
    condition = vendor.attribute(element, "autoCompleteCondition")
    return replace(
        base,
        auto_complete_condition=None
        if condition is None
        else expression_reader.condition_of(condition, element, reading),
        business_status=value(element, "businessStatus", reading),
        overview=_overview(element, reading),
    )


def milestone(element: Element, base: Milestone, reading: Reading) -> Milestone:
    """A milestone with its variable, its business status, its place in the overview."""
    return replace(
        base,
        variable=value(element, "milestoneVariable", reading),
        business_status=value(element, "businessStatus", reading),
        overview=_overview(element, reading),
    )


def exit_type(criterion: Element, reading: Reading) -> ExitType:
    """Which instances of a repeating item an exit criterion ends. Reports V-61."""
    text = vendor.attribute(criterion, "exitType") or ExitType.DEFAULT
    if text in set(ExitType):
        return ExitType(text)
    reading.ignore("V-61", f"exitType {text!r} is none of {', '.join(ExitType)}: it is ignored", criterion)
    return ExitType.DEFAULT


def exit_event(criterion: Element, reading: Reading) -> ExitEvent:
    """How an exit criterion leaves its stage or case. Reports V-61."""
    text = vendor.attribute(criterion, "exitEventType") or ExitEvent.EXIT
    if text in set(ExitEvent):
        return ExitEvent(text)
    reading.ignore(
        "V-61", f"exitEventType {text!r} is none of {', '.join(ExitEvent)}: it is ignored", criterion
    )
    return ExitEvent.EXIT


def trigger_mode(sentry: Element, reading: Reading) -> str | None:
    """How a sentry remembers, where another engine's attribute says it. Reports V-61."""
    text = vendor.attribute(sentry, "triggerMode")
    if text is None or text in _TRIGGER_MODES:
        return None if text is None else _TRIGGER_MODES[text]
    reading.ignore(
        "V-61", f"triggerMode {text!r} is none of {', '.join(_TRIGGER_MODES)}: it is ignored", sentry
    )
    return None


def reactivation(element: Element, reading: Reading) -> ReactivationRule | None:
    """The rule of a reactivate event listener for items that have none of their own."""
    return _reactivation([element], "defaultReactivationRule", reading)


def value(element: Element, name: str, reading: Reading) -> Value | None:
    """Another engine's attribute as a literal or an expression."""
    text = vendor.attribute(element, name)
    return None if text is None else expression_reader.value_of(text, element, reading)


def _limit(rule: Element, reading: Reading) -> int | None:
    text = vendor.attribute(rule, "maxInstanceCount")
    if text is None or text == _UNLIMITED:
        return None
    if text == "one":  # as the first models with a limit wrote it
        return 1
    if text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 10:
        return int(text)
    reading.report("V-23", f"maxInstanceCount={text!r} is not a whole number above 0", rule)
    return None


def _aggregation(element: Element, reading: Reading) -> Aggregation | None:
    program = vendor.own(element, "class") or vendor.own(element, "delegateExpression")
    if program is not None:
        reading.ignore("I-03", f"{program} is a program of another engine: entries are put together", element)
    text = (
        vendor.own(element, "target")
        or vendor.own(element, "targetVariable")
        or vendor.own(element, "targetExpression")
    )
    if text is None:
        reading.report("V-49", "an aggregation of variables names no target", element)
        return None
    entries: list[Aggregated] = []
    for one in xmldoc.children(element, "variable"):
        source, computed = vendor.own(one, "source"), vendor.own(one, "sourceExpression")
        name = vendor.own(one, "target") or vendor.own(one, "targetExpression") or source
        read = expression_reader.named(computed or source or "null", one, reading)
        if name is None:
            reading.report("V-49", "an aggregated variable needs a source or a target", one)
        elif read is not None:
            entries.append(Aggregated(expression_reader.value_of(name, one, reading), read))
    return Aggregation(
        expression_reader.value_of(text, element, reading),
        tuple(entries),
        is_overview=vendor.own(element, "createOverviewVariable") == "true",
        is_transient=vendor.own(element, "storeAsTransientVariable") == "true",
    )


def _completion(holders: list[Element], reading: Reading) -> tuple[Completion, Rule | None]:
    for holder in holders:
        rule = vendor.element(holder, "parentCompletionRule")
        if rule is not None:
            text = vendor.own(rule, "type") or Completion.DEFAULT
            if text in set(Completion):
                return Completion(text), None
            reading.ignore("V-61", f"parentCompletionRule {text!r} is unknown: it is ignored", rule)
    for holder in holders:
        rule = vendor.element(holder, "completionNeutralRule")
        if rule is not None:
            condition = expression_reader.condition(rule, reading)
            if condition is None or condition.text.strip() == "true":
                return Completion.IGNORE_IF_AVAILABLE, None
            return Completion.DEFAULT, Rule(str(rule.get("id") or ""), condition)
    return Completion.DEFAULT, None


def _reactivation(holders: list[Element], name: str, reading: Reading) -> ReactivationRule | None:
    for holder in holders:
        rule = vendor.element(holder, name)
        if rule is not None:
            return ReactivationRule(
                activate=_condition(rule, "activateCondition", reading),
                ignore=_condition(rule, "ignoreCondition", reading),
                default=_condition(rule, "defaultCondition", reading),
            )
    return None


def _condition(rule: Element, name: str, reading: Reading) -> Expression | None:
    text = vendor.own(rule, name)
    return None if text is None else expression_reader.condition_of(text, rule, reading)


def _overview(element: Element, reading: Reading) -> Overview | None:
    order, shown = (
        vendor.attribute(element, "displayOrder"),
        value(element, "includeInStageOverview", reading),
    )
    if order is None and shown is None:
        return None
    is_number = order is not None and order.lstrip("-").isdigit() and len(order) < 10
    if order is not None and not is_number:
        reading.ignore("V-61", f"displayOrder {order!r} is no whole number: it is ignored", element)
    return Overview(int(order) if order is not None and is_number else None, shown)


def _title(element: Element, definition: Element, reading: Reading) -> Value | None:
    for one in (element, definition):
        name = str(one.get("name") or "").strip()
        if name:
            return expression_reader.value_of(name, one, reading) if expression_reader.is_juel(name) else None
    return None
