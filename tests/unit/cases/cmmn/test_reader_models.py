"""The public test models of Flowable and Camunda load, or are refused with the one reason that is right."""

import pytest

from cases.cmmn import reader, vendor_table
from cases.cmmn.profile import CAMUNDA, FLOWABLE, STRICT
from cases.cmmn.remarks import Kind, Remark
from cases.errors import Invalid
from tests import shared

FOLDER = shared.SHARED / "conformance" / "models"
MODELS = sorted(path for path in FOLDER.rglob("*.cmmn*") if path.is_file()) if FOLDER.is_dir() else []

JAVA = "is a Java object"
REFUSED = {
    "SentryEntryCriteriaTest.testCaseFileItemOnPart.cmmn": ("V-28", "no standardEvent"),
    "ExitCriteriaTest.testStageExitCriteriaWithCondition.cmmn": ("V-40", "cmmnEngineConfiguration"),
    "IfPartTest.testManualEvaluateCriteria.cmmn": ("V-40", f"someBean {JAVA}"),
    "RepetitionVariableAggregationTest.testSequentialRepeatingUserTask.cmmn": ("V-40", "task:get"),
    "RepetitionVariableAggregationTest.testSequentialRepeatingUserTaskWithoutCreateOverview.cmmn": (
        "V-40",
        "task:get",
    ),
    "TimerEventListenerTest.testTimerWithBeanExpression.cmmn": ("V-40", f"timerBean {JAVA}"),
    "TriggerModeSentryTest.testTriggerModeOnEventConditionCalledOnce.cmmn": ("V-40", "calculate of var"),
}
"""Models that ask a condition, a date or a value of a program that is not there, or wait for no event."""

LENIENT = {"V-10", "V-25", "V-26", "I-07"}
"""What is read kindly, and stays in the document as it is."""

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not MODELS, reason=shared.MISSING)]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, reader.Model | Invalid]:
    found: dict[str, reader.Model | Invalid] = {}
    for path in MODELS:
        name = path.relative_to(FOLDER).as_posix()
        try:
            found[name] = reader.read(path.read_bytes(), name)
        except Invalid as error:
            found[name] = error
    return found


@pytest.fixture(scope="module")
def models(outcomes: dict[str, reader.Model | Invalid]) -> dict[str, reader.Model]:
    return {name: one for name, one in outcomes.items() if isinstance(one, reader.Model)}


@pytest.fixture(scope="module")
def remarks(models: dict[str, reader.Model]) -> list[Remark]:
    return [remark for model in models.values() for remark in model.remarks]


def test_every_model_loads_or_is_refused_for_the_reason_that_is_listed(
    outcomes: dict[str, reader.Model | Invalid],
) -> None:
    refused = {
        name.rpartition("/")[2]: error.problems
        for name, error in outcomes.items()
        if isinstance(error, Invalid)
    }
    assert set(refused) == set(REFUSED)
    for name, problems in refused.items():
        code, words = REFUSED[name]
        assert {problem.code for problem in problems} == {code}
        assert all(words in problem.message and problem.line and problem.where for problem in problems), name


def test_there_are_as_many_models_as_were_collected(outcomes: dict[str, reader.Model | Invalid]) -> None:
    assert len(outcomes) == 570


def test_the_profile_follows_the_namespace(models: dict[str, reader.Model]) -> None:
    for name, model in models.items():
        profiles = {case.profile for case in model.cases.values()}
        assert profiles == {FLOWABLE} if name.startswith("flowable/") else profiles <= {CAMUNDA, STRICT}


def test_every_remark_has_a_code_a_line_and_a_reason(remarks: list[Remark]) -> None:
    assert remarks
    assert not [one for one in remarks if one.kind is Kind.REFUSED]
    assert not [one for one in remarks if not (one.code and one.message and one.line)]


def test_every_addition_of_the_other_engines_is_decided(remarks: list[Remark]) -> None:
    """What is unknown is what design tools write for themselves, a slip in a name, and nothing else."""
    unknown = {
        one.message.partition(" of ")[0] for one in remarks if one.message.endswith("kept, and ignored")
    }
    own = {name for name in unknown if not name.startswith(("design:", "<design:", "<modeler:", "modeler:"))}
    assert own == {"flowable:fromKey"}


def test_every_addition_that_is_understood_stands_in_the_table_once() -> None:
    understood = {name for names in vendor_table.ATTRIBUTES.values() for name in names}
    both = {"async", "formKey", "businessKey", "fallbackToDefaultTenant"}
    both |= {"assignee", "owner", "candidateUsers", "candidateGroups"}
    assert understood & set(vendor_table.WITHOUT_EFFECT) == both


def test_what_was_read_can_be_read_again_alike(models: dict[str, reader.Model]) -> None:
    for name, model in models.items():
        again = reader.read(model.document, name)
        assert {one.code for one in again.remarks if one.kind is Kind.UPGRADED} <= LENIENT, name
        assert len(again.document) <= len(model.document), name
        assert reader.read(again.document, name).document == again.document, name
        for id_, case in model.cases.items():
            ids = [(item.id, item.name, type(item.definition)) for item in case.items]
            assert [(one.id, one.name, type(one.definition)) for one in again.cases[id_].items] == ids, name
            assert [one.id for one in again.cases[id_].criteria] == [one.id for one in case.criteria], name
