"""What Flowable and Camunda add to plan items, rules, criteria, stages, milestones and listeners."""

import pytest

from cases.cmmn import reader
from cases.cmmn.controlmodel import Completion, ExitEvent, ExitType, FileOnPart, Scope
from cases.cmmn.lifecycle import FileTransition, State, Transition
from cases.cmmn.metamodel import (
    CaseDefinition,
    EventListener,
    Milestone,
    PlanItem,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.profile import CAMUNDA, FLOWABLE, STRICT
from cases.cmmn.reader import Model
from cases.errors import Invalid

PLAIN = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="https://example.org"'
)
FLOWABLES = f'{PLAIN} xmlns:flowable="http://flowable.org/cmmn"'
CAMUNDAS = f'{PLAIN} xmlns:camunda="http://camunda.org/schema/1.0/cmmn"'


def model(inner: str, head: str = FLOWABLES, case: str = "") -> Model:
    plan = f'<casePlanModel id="plan">{inner}</casePlanModel>'
    return reader.read(f'{head}><case id="c"{case}{plan}</case></definitions>'.encode())


def case_of(inner: str, head: str = FLOWABLES, case: str = ">") -> CaseDefinition:
    return model(inner, head, case).cases["c"]


def item(control: str = "", definition: str = '<humanTask id="T"/>', head: str = FLOWABLES) -> PlanItem:
    held = f"<itemControl>{control}</itemControl>" if control else ""
    return case_of(f'<planItem id="A" definitionRef="T">{held}</planItem>{definition}', head).item("A")


def extension(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


@pytest.mark.parametrize(("head", "profile"), [(PLAIN, STRICT), (FLOWABLES, FLOWABLE), (CAMUNDAS, CAMUNDA)])
def test_the_namespace_of_a_model_chooses_how_the_engine_behaves(head: str, profile: object) -> None:
    inner = '<planItem id="A" definitionRef="T"/><humanTask id="T"/>'
    assert case_of(inner, head).profile is profile


def test_a_profile_that_is_handed_in_wins() -> None:
    text = f'{FLOWABLES}><case id="c"><casePlanModel id="p"><planItem id="A" definitionRef="T"/>'
    text += '<humanTask id="T" flowable:assignee="kim"/></casePlanModel></case></definitions>'
    case = reader.read(text.encode(), profile=STRICT).cases["c"]
    assert case.profile is STRICT
    assert case.item("A").definition.assignee.text == "kim"  # type: ignore[union-attr]  # it is a human task


def test_a_repetition_has_limit_counter_collection_and_what_it_leaves() -> None:
    rule = item(
        '<repetitionRule flowable:maxInstanceCount="3" flowable:collectionVariable="orders"'
        ' flowable:elementVariable="order" flowable:elementIndexVariable="n" flowable:counterVariable="round"'
        ' flowable:ignoreCounterVariable="true">'
        + extension(
            '<flowable:variableAggregation target="reviews" createOverviewVariable="true">'
            '<variable source="approved"/><flowable:variable sourceExpression="${a * 2}" target="twice"/>'
            "</flowable:variableAggregation>"
        )
        + "<condition>${round &lt; 3}</condition></repetitionRule>"
    ).repetition
    assert rule is not None
    assert (rule.max_instances, rule.element, rule.element_index, rule.counter) == (3, "order", "n", "round")
    assert rule.ignores_counter
    assert rule.collection is not None
    assert rule.collection.evaluate({"orders": [1]}) == [1]
    (aggregation,) = rule.aggregations
    assert (aggregation.target.text, aggregation.is_overview) == ("reviews", True)
    names = {one.name.text: one.value.evaluate({"approved": 1, "a": 2}) for one in aggregation.entries}
    assert names == {"approved": 1, "twice": 4}


def test_a_repetition_counts_by_flowables_name_and_without_a_limit() -> None:
    rule = item('<repetitionRule flowable:maxInstanceCount="unlimited"/>').repetition
    assert rule is not None
    assert (rule.counter, rule.max_instances) == ("repetitionCounter", None)
    plain = item("<repetitionRule/>", head=PLAIN).repetition
    assert plain is not None
    assert plain.counter == ""


def test_a_limit_may_be_written_as_a_word() -> None:
    rule = item('<repetitionRule flowable:maxInstanceCount="one"/>').repetition
    assert rule is not None
    assert rule.max_instances == 1


def test_camunda_repeats_after_another_event() -> None:
    rule = item('<repetitionRule camunda:repeatOnStandardEvent="disable"/>', head=CAMUNDAS).repetition
    assert rule is not None
    assert rule.repeats_on == {Transition.DISABLE}


@pytest.mark.parametrize("text", ["0", "-1", "many", "²"])
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="V-23"):
        item(f'<repetitionRule flowable:maxInstanceCount="{text}"/>')


@pytest.mark.parametrize("kind", list(Completion))
def test_what_a_container_does_not_wait_for(kind: Completion) -> None:
    found = item(extension(f'<flowable:parentCompletionRule type="{kind}"/>'))
    assert found.completion is kind


def test_an_item_may_be_neutral_always_or_on_condition() -> None:
    assert item(extension("<flowable:completionNeutralRule/>")).completion is Completion.IGNORE_IF_AVAILABLE
    found = item(
        extension(
            "<flowable:completionNeutralRule><condition>${free}</condition></flowable:completionNeutralRule>"
        )
    )
    assert found.completion is Completion.DEFAULT
    assert found.neutral is not None
    assert found.neutral.condition is not None
    assert found.neutral.condition.evaluate({"free": True}) is True


def test_a_reactivation_rule_has_three_conditions() -> None:
    rule = item(
        extension('<flowable:reactivationRule activateCondition="${again}" ignoreCondition="true"/>')
    ).reactivation_rule
    assert rule is not None
    assert rule.activate is not None
    assert rule.activate.evaluate({"again": True}) is True
    assert rule.ignore is not None
    assert rule.default is None


def test_an_exit_criterion_says_whom_it_ends_and_how() -> None:
    case = case_of(
        '<planItem id="A" definitionRef="T"><exitCriterion id="x" flowable:sentryRef="s"'
        ' flowable:exitType="activeInstances" flowable:exitEventType="forceComplete"/></planItem>'
        '<sentry id="s" flowable:triggerMode="onEvent"><planItemOnPart sourceRef="B">'
        "<standardEvent>complete</standardEvent></planItemOnPart></sentry>"
        '<planItem id="B" definitionRef="T"/><humanTask id="T"/>'
    )
    (criterion,) = case.item("A").exit
    assert (criterion.exit_type, criterion.exit_event) == (ExitType.ACTIVE, ExitEvent.FORCE_COMPLETE)
    assert criterion.sentry.trigger_mode == "onEvent"


def test_a_stage_has_a_status_a_place_and_a_condition_of_its_own() -> None:
    stage = item(
        definition='<stage id="T" flowable:autoCompleteCondition="${done}" flowable:businessStatus="${s}"'
        ' flowable:displayOrder="2" flowable:includeInStageOverview="${shown}"/>'
    ).definition
    assert isinstance(stage, Stage)
    assert stage.auto_complete_condition is not None
    assert stage.business_status is not None
    assert stage.overview is not None
    assert stage.overview.order == 2
    assert stage.overview.shown is not None
    assert stage.overview.shown.expression is not None


def test_a_milestone_is_a_variable_and_a_status() -> None:
    found = item(definition='<milestone id="T" flowable:milestoneVariable="m" flowable:businessStatus="b"/>')
    assert isinstance(found.definition, Milestone)
    assert found.definition.variable is not None
    assert found.definition.variable.text == "m"
    assert found.definition.work.answer_to == ""


def test_names_may_be_computed() -> None:
    case = case_of('<planItem id="A" name="Call ${who}" definitionRef="T"/><humanTask id="T" name="x"/>')
    title = case.item("A").title
    assert title is not None
    assert title.expression is not None
    assert title.expression.evaluate({"who": "Ada"}) == "Call Ada"


def test_how_an_item_is_run_is_kept() -> None:
    found = item(definition='<humanTask id="T" flowable:async="true" flowable:asyncLeave="true"/>')
    assert (found.is_async, found.leaves_async) == (True, True)


def test_listeners_to_changes_of_state_act() -> None:
    found = item(
        definition='<humanTask id="T">'
        + extension(
            '<flowable:planItemLifecycleListener sourceState="available" targetState="active"'
            " expression=\"${planItemInstance.setVariable('a', 1)}\"/>"
            '<flowable:planItemLifecycleListener targetState="async-active" expression="${x}"/>'
            '<flowable:planItemLifecycleListener targetState="completed" delegateExpression="${bean}"/>'
        )
        + "</humanTask>"
    )
    (listener,) = found.listeners
    assert (listener.source, listener.target) == (State.AVAILABLE, State.ACTIVE)
    assert listener.action.assignments[0].scope is Scope.NEAREST


def test_camundas_listeners_hear_transitions() -> None:
    found = item(
        definition='<humanTask id="T">'
        + extension(
            '<camunda:caseExecutionListener event="start"'
            " expression=\"${caseExecution.setVariable('a', 1)}\"/>"
            '<camunda:caseExecutionListener event="complete" class="org.example.Done"/>'
            '<camunda:caseExecutionListener event="sneeze" expression="${x}"/>'
        )
        + "</humanTask>",
        head=CAMUNDAS,
    )
    (listener,) = found.listeners
    assert (listener.source, listener.target) == (State.AVAILABLE, State.ACTIVE)


def test_a_case_knows_who_began_it_and_listens_to_itself() -> None:
    case = case_of(
        '<planItem id="A" definitionRef="T"/><humanTask id="T"/>',
        case=' flowable:initiatorVariableName="starter">'
        + extension(
            '<flowable:caseLifecycleListener sourceState="active" targetState="completed"'
            " expression=\"${caseInstance.setVariable('over', true)}\"/>"
        ),
    )
    assert case.initiator == "starter"
    assert [one.target for one in case.listeners] == [State.COMPLETED]


@pytest.mark.parametrize(
    ("attributes", "inner", "kind", "subject"),
    [
        ("", "", "generic", None),
        ('flowable:eventType="signal" flowable:signalRef="${s}"', "", "signal", "= s"),
        ('flowable:eventType="variable" flowable:variableName="v"', "", "variable", "v"),
        ('flowable:eventType="intent"', "", "intent", None),
        ('flowable:eventType="reactivate"', "", "reactivate", None),
        ("", extension("<flowable:eventType>arrived</flowable:eventType>"), "message", "arrived"),
    ],
)
def test_a_listener_is_of_a_kind(attributes: str, inner: str, kind: str, subject: str | None) -> None:
    found = item(definition=f'<eventListener id="T" {attributes}>{inner}</eventListener>').definition
    assert isinstance(found, EventListener)
    assert (found.kind, found.subject and found.subject.text) == (kind, subject)


@pytest.mark.parametrize(
    "attributes",
    [
        'flowable:eventType="signal"',
        'flowable:eventType="variable"',
        'flowable:eventType="smoke"',
        'flowable:eventType="variable" flowable:variableName="v" flowable:variableChangeType="twice"',
    ],
)
def test_a_listener_that_does_not_say_what_it_hears_is_refused(attributes: str) -> None:
    with pytest.raises(Invalid, match="V-60"):
        item(definition=f'<eventListener id="T" {attributes}/>')


def test_a_message_is_correlated_and_its_payload_kept() -> None:
    found = item(
        definition='<eventListener id="T">'
        + extension(
            "<flowable:eventType>arrived</flowable:eventType>"
            '<flowable:eventCorrelationParameter name="customer" value="${id}"/>'
            '<flowable:eventOutParameter source="when" target="arrival"/>'
        )
        + "</eventListener>"
    ).definition
    assert isinstance(found, EventListener)
    assert [(one.name, one.value.evaluate({"id": 7})) for one in found.work.inputs] == [("customer", 7)]
    (output,) = found.work.outputs
    assert (output.path, output.value.evaluate({"result": {"when": "now"}})) == (("arrival",), "now")


def test_a_reactivate_listener_has_a_rule_for_all() -> None:
    found = item(
        definition='<eventListener id="T" flowable:eventType="reactivate">'
        + extension('<flowable:defaultReactivationRule ignoreCondition="true"/>')
        + "</eventListener>"
    ).definition
    assert isinstance(found, EventListener)
    assert found.reactivation is not None
    assert found.reactivation.ignore is not None


def test_a_user_event_is_offered_on_condition_and_may_repeat() -> None:
    found = item(
        "<repetitionRule/><requiredRule/>",
        '<userEventListener id="T" flowable:availableCondition="${cmmn:isStageCompletable()}"/>',
    )
    assert isinstance(found.definition, UserEventListener)
    assert found.definition.available_condition is not None
    assert (found.repetition is not None, found.required is not None) == (True, True)
    with pytest.raises(Invalid, match="V-23"):
        item("<repetitionRule/>", '<userEventListener id="T"/>', PLAIN)


def test_a_timer_has_a_category_and_a_condition() -> None:
    found = item(
        definition='<timerEventListener id="T" flowable:availableCondition="${on}">'
        + extension("<flowable:jobCategory>${c}</flowable:jobCategory>")
        + "<timerExpression>PT${n}H</timerExpression></timerEventListener>"
    ).definition
    assert isinstance(found, TimerEventListener)
    assert found.available_condition is not None
    assert found.category is not None
    assert found.category.text == "= c"
    assert found.expression.expression is not None
    assert found.expression.expression.evaluate({"n": 4}) == "PT4H"


def test_camunda_hears_variables() -> None:
    case = case_of(
        '<planItem id="A" definitionRef="T"><entryCriterion sentryRef="s"/></planItem><sentry id="s">'
        + extension(
            '<camunda:variableOnPart variableName="v"><camunda:variableEvent>update</camunda:variableEvent>'
            "</camunda:variableOnPart>"
        )
        + '</sentry><humanTask id="T"/>',
        CAMUNDAS,
    )
    (part,) = case.item("A").entry[0].sentry.on_parts
    assert isinstance(part, FileOnPart)
    assert (part.path, part.event) == (("v",), FileTransition.UPDATE)


def test_a_case_page_is_shown_and_never_waited_for() -> None:
    assert item(definition='<task id="T" flowable:type="casePage"/>').completion is Completion.IGNORE


def test_what_is_unknown_is_kept_and_said() -> None:
    read = model('<planItem id="A" definitionRef="T" flowable:colour="red"/><humanTask id="T"/>', case=">")
    assert [(one.code, one.element) for one in read.remarks if "colour" in one.message] == [("V-61", "A")]
    assert b"colour" in read.document


def test_a_condition_of_java_is_refused_with_its_element() -> None:
    with pytest.raises(Invalid) as caught:
        item("<requiredRule><condition>${someBean.ask()}</condition></requiredRule>")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("V-40", "A.itemControl.1.requiredRule.1")
