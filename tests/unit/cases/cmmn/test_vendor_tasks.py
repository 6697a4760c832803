"""What Flowable and Camunda write on tasks becomes fields of the metamodel, or is told."""

import pytest

from cases.cmmn import reader
from cases.cmmn.metamodel import PlanItemDefinition
from cases.cmmn.reader import Model
from cases.cmmn.remarks import Kind
from cases.cmmn.workmodel import CaseTask, DecisionTask, ExpressionTask, HumanTask, ProcessTask, Task
from cases.errors import Invalid

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:flowable="http://flowable.org/cmmn"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/cmmn" targetNamespace="https://example.org">'
    '<case id="c"><casePlanModel id="plan"><planItem id="A" definitionRef="T"/>'
)
TAIL = "</casePlanModel></case></definitions>"


def model(definition: str) -> Model:
    return reader.read(f"{HEAD}{definition}{TAIL}".encode())


def of(definition: str) -> PlanItemDefinition:
    return model(definition).cases["c"].item("A").definition


def refused(definition: str) -> list[str]:
    with pytest.raises(Invalid) as caught:
        model(definition)
    return [problem.code for problem in caught.value.problems]


def extended(tag: str, attributes: str, inner: str) -> str:
    return f'<{tag} id="T" {attributes}><extensionElements>{inner}</extensionElements></{tag}>'


def test_a_human_task_keeps_the_people_it_is_for() -> None:
    task = of(
        '<humanTask id="T" flowable:assignee="${initiator}" flowable:owner="ada" flowable:category="money"'
        ' flowable:candidateUsers="kim, ${deputy}" flowable:candidateGroups="sales,big customers"'
        ' flowable:dueDate="PT8H" flowable:priority="70" flowable:formKey="approve"'
        ' flowable:taskIdVariableName="taskId" flowable:taskCompleterVariableName="${who}"/>'
    )
    assert isinstance(task, HumanTask)
    assert task.assignee is not None
    assert task.assignee.expression is not None
    assert task.assignee.expression.evaluate({"initiator": "kim"}) == "kim"
    assert (task.owner and task.owner.text, task.form, task.due and task.due.text) == (
        "ada",
        "approve",
        "PT8H",
    )
    assert task.role is not None
    assert task.role.expression is not None
    assert task.role.expression.evaluate({}) == ["sales", "big customers"]
    assert task.candidates is not None
    assert task.candidates.expression is not None
    assert task.candidates.expression.evaluate({"deputy": "lee,max"}) == ["kim", "lee", "max"]
    assert task.candidates.expression.evaluate({"deputy": ["lee", "max"]}) == ["kim", "lee", "max"]
    assert task.completer_variable is not None
    assert task.completer_variable.text == "= who"


def test_camunda_writes_the_same_words() -> None:
    read = model('<humanTask id="T" camunda:assignee="kim" camunda:followUpDate="${later}"/>')
    task = read.cases["c"].item("A").definition
    assert isinstance(task, HumanTask)
    assert task.assignee is not None
    assert task.assignee.text == "kim"
    assert [one.code for one in read.remarks if "followUpDate" in one.message] == ["I-02"]


def test_listeners_of_a_task_are_carried_out_when_they_are_expressions() -> None:
    read = model(
        extended(
            "humanTask",
            "",
            '<flowable:taskListener event="create" expression="${caseInstance.setVariable(\'made\', true)}"/>'
            '<flowable:taskListener event="all" expression="${planItemInstance.setVariableLocal(\'n\', 1)}"/>'
            '<flowable:taskListener event="complete" class="org.example.Done"/>',
        )
    )
    task = read.cases["c"].item("A").definition
    assert isinstance(task, HumanTask)
    assert [one.event for one in task.listeners] == ["create", "create", "assignment", "complete"]
    (written,) = task.listeners[0].action.assignments
    assert (written.scope, written.name.evaluate({})) == ("case", "made")
    assert [one.code for one in read.remarks if "org.example.Done" in one.message] == ["I-03"]


@pytest.mark.parametrize(
    ("attributes", "kind", "topic"),
    [
        ('flowable:type="java" flowable:class="org.example.Pay"', "service", "org.example.Pay"),
        ('flowable:type="java" flowable:delegateExpression="${payBean}"', "service", "${payBean}"),
        (
            'flowable:type="java" flowable:expression="${payBean.pay(amount)}"',
            "service",
            "${payBean.pay(amount)}",
        ),
        ('flowable:type="external-worker" flowable:topic="print"', "external-worker", "print"),
        ('flowable:type="blockchain"', "service", "blockchain"),
    ],
)
def test_what_names_a_program_becomes_external_work(attributes: str, kind: str, topic: str) -> None:
    task = of(f'<task id="T" isBlocking="false" {attributes}/>')
    assert isinstance(task, Task)
    assert (task.kind, task.topic and task.topic.text, task.is_blocking) == (kind, topic, True)
    assert task.work.gives_all
    assert task.work.takes_all


def test_an_expression_that_is_understood_runs_within_the_turn() -> None:
    task = of(
        '<task id="T" flowable:type="java" flowable:expression="${a + 1}" flowable:resultVariableName="b"'
        ' flowable:storeResultVariableAsTransient="true"/>'
    )
    assert isinstance(task, ExpressionTask)
    assert task.action.value is not None
    assert task.action.value.evaluate({"a": 2}) == 3
    assert (task.result_variable and task.result_variable.text, task.is_transient) == ("b", True)


def test_a_script_is_work_for_somebody_who_runs_scripts() -> None:
    read = model(
        extended(
            "task",
            'flowable:type="script" flowable:scriptFormat="groovy" flowable:resultVariableName="sum"',
            '<flowable:field name="script"><flowable:string>${1} + a</flowable:string></flowable:field>',
        )
    )
    task = read.cases["c"].item("A").definition
    assert isinstance(task, Task)
    assert (task.kind, task.topic and task.topic.text) == ("script", "groovy")
    assert [(name, value.text, value.expression) for name, value in task.fields] == [
        ("script", "${1} + a", None)
    ]
    assert task.work.outputs[0].path == ("sum",)
    assert any(one.code == "I-03" and one.kind is Kind.IGNORED for one in read.remarks)


def test_fields_of_a_call_may_be_computed() -> None:
    task = of(
        extended(
            "task",
            'flowable:type="http"',
            '<flowable:field name="requestMethod" stringValue="GET"/>'
            '<flowable:field name="requestUrl"><flowable:expression>https://x/${id}</flowable:expression></flowable:field>',
        )
    )
    assert isinstance(task, Task)
    fields = dict(task.fields)
    assert fields["requestMethod"].text == "GET"
    assert fields["requestUrl"].expression is not None
    assert fields["requestUrl"].expression.evaluate({"id": 7}) == "https://x/7"


@pytest.mark.parametrize(
    "attributes",
    [
        'flowable:type="http"',
        'flowable:type="mail"',
        'flowable:type="script"',
        'flowable:type="send-event"',
        'flowable:type="external-worker"',
        'flowable:type="java"',
    ],
)
def test_a_task_that_does_not_say_what_to_do_is_refused(attributes: str) -> None:
    assert set(refused(f'<task id="T" {attributes}/>')) == {"V-47"}


def test_an_external_worker_is_told_and_answers_by_name() -> None:
    task = of(
        extended(
            "task",
            'flowable:type="external-worker" flowable:topic="${queue}"',
            '<flowable:externalWorkerInParameter sourceExpression="${a + b}" target="sum"/>'
            '<flowable:externalWorkerInParameter source="a" target="first"/>'
            '<flowable:externalWorkerOutParameter sourceExpression="${x * 2}" target="twice"/>'
            '<flowable:externalWorkerOutParameter source="x" target="once"/>',
        )
    )
    assert isinstance(task, Task)
    given = {one.name: one.value.evaluate({"a": 1, "b": 2}) for one in task.work.inputs}
    assert given == {"sum": 3, "first": 1}
    scope = {"result": {"x": 5}, "x": 100}
    assert {one.path: one.value.evaluate(scope) for one in task.work.outputs} == {
        ("twice",): 10,
        ("once",): 5,
    }
    assert not (task.work.gives_all)
    assert not (task.work.takes_all)


def test_a_case_task_hands_over_and_takes_back() -> None:
    task = of(
        extended(
            "caseTask",
            'caseRef="child" flowable:businessKey="K-${n}" flowable:idVariableName="childId"'
            ' flowable:sameDeployment="true" flowable:fallbackToDefaultTenant="true"',
            '<flowable:in source="a" target="b"/><flowable:in sourceExpression="${a + 1}" target="c"/>'
            '<flowable:out source="d" target="e"/>'
            "<flowable:out sourceExpression='${d}' targetExpression=\"${'f'}${'g'}\"/>",
        )
    )
    assert isinstance(task, CaseTask)
    assert {one.name: one.value.evaluate({"a": 1}) for one in task.work.inputs} == {"b": 1, "c": 2}
    assert [one.path for one in task.work.outputs] == [("e",), ("fg",)]
    assert task.business_key is not None
    assert task.business_key.expression is not None
    assert task.business_key.expression.evaluate({"n": 3}) == "K-3"
    assert (task.id_variable and task.id_variable.text, task.same_deployment) == ("childId", True)
    assert task.may_use_default_tenant


def test_camunda_hands_over_everything_and_inherits_the_business_key() -> None:
    task = of(
        extended(
            "caseTask",
            'caseRef="child" camunda:caseBinding="deployment" camunda:caseVersion="2"',
            '<camunda:in businessKey="#{caseExecution.caseBusinessKey}"/><camunda:in variables="all"/>'
            '<camunda:out variables="all"/>',
        )
    )
    assert isinstance(task, CaseTask)
    assert (task.work.gives_all, task.work.takes_all, task.inherits_business_key) == (True, True, True)
    assert task.same_deployment


def test_a_target_known_only_at_run_time_is_refused() -> None:
    inner = '<flowable:in source="a" targetExpression="${b}"/>'
    assert refused(extended("caseTask", 'caseRef="child"', inner)) == ["V-49"]


def test_a_process_task_is_called_by_a_computed_name() -> None:
    task = of(
        '<processTask id="T"><processRefExpression><![CDATA[${which}]]></processRefExpression></processTask>'
    )
    assert isinstance(task, ProcessTask)
    assert task.process.expression is not None
    assert task.process.expression.evaluate({"which": "p"}) == "p"


def test_a_decision_sees_every_variable_and_spreads_its_outputs() -> None:
    task = of(
        extended(
            "decisionTask",
            'decisionRef="risk"',
            '<flowable:field name="decisionTaskThrowErrorOnNoHits"><flowable:string>true</flowable:string>'
            "</flowable:field>",
        )
    )
    assert isinstance(task, DecisionTask)
    assert (task.decision, task.spreads, task.faults_without_hit, task.work.gives_all) == (
        "risk",
        True,
        True,
        True,
    )


def test_camundas_decision_has_a_shape_and_a_place() -> None:
    text = '<decisionTask id="T" decisionRef="d" camunda:resultVariable="r"'
    text += ' camunda:mapDecisionResult="collectEntries"/>'
    task = reader.read(
        f"{HEAD}{text}{TAIL}".replace('xmlns:flowable="http://flowable.org/cmmn"', "").encode()
    )
    decision = task.cases["c"].item("A").definition
    assert isinstance(decision, DecisionTask)
    assert (decision.shape, decision.work.answer_to, decision.spreads) == ("collect", "r", False)


def test_a_decision_is_named_by_an_expression() -> None:
    task = of('<decisionTask id="T"><decisionRefExpression>${which}</decisionRefExpression></decisionTask>')
    assert isinstance(task, DecisionTask)
    assert task.reference is not None
    assert task.reference.expression is not None
    assert task.reference.expression.evaluate({"which": "risk"}) == "risk"


def test_whether_a_task_is_waited_for_may_be_computed() -> None:
    task = of('<humanTask id="T" flowable:isBlockingExpression="${waits}"/>')
    assert isinstance(task, HumanTask)
    assert task.blocking is not None
    assert task.blocking.evaluate({"waits": False}) is False


def test_what_is_answered_becomes_variables_not_a_root_item() -> None:
    task = of('<humanTask id="T"/>')
    assert isinstance(task, HumanTask)
    assert task.work.answer_to == ""


def test_a_call_over_http_is_waited_for_whatever_the_task_says() -> None:
    fields = '<flowable:field name="requestMethod" stringValue="GET"/>'
    fields += '<flowable:field name="requestUrl" stringValue="u"/>'
    task = of(extended("task", 'flowable:type="http" isBlocking="false"', fields))
    assert isinstance(task, Task)
    assert (task.is_blocking, task.work.takes_all) == (True, True)
    mail = of(
        extended(
            "task", 'flowable:type="mail" isBlocking="false"', '<flowable:field name="to" stringValue="kim"/>'
        )
    )
    assert isinstance(mail, Task)
    assert mail.is_blocking is False
