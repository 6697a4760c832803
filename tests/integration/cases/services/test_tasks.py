"""Who may do what with a human task, at the one place where it is decided."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.lifecycle import State
from cases.errors import Conflict, NotAllowed, NotFound
from cases.persistence import codec, drafts
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.journal import JournalRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.policy.access import SYSTEM, Actor
from cases.policy.tasklife import TaskState
from cases.services import audit, deployments, execution, instances, plan_items, tasks
from forms.errors import InvalidAnswers
from tests.integration.cases.services.loans import NOW, app_files, deploy, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]
GRANT = {"outcome": "grant"}


@pytest.fixture
def ana(transaction: Transaction) -> Actor:
    deploy(transaction)
    open_loan(transaction)
    return person(transaction, "ana", "clerk")


@pytest.fixture
def decide(transaction: Transaction, ana: Actor) -> int:
    """The number of the task that is open at first."""
    with transaction() as session:
        return task_id(session, "T1")


def row_of(session: Session, number: int) -> HumanTaskRow:
    return session.get_one(HumanTaskRow, number, populate_existing=True)


def test_who_claims_a_task_has_it_and_the_case_keeps_its_document(
    transaction: Transaction, ana: Actor, decide: int
) -> None:
    with transaction() as session:
        before = session.scalars(select(CaseInstanceRow.doc)).one()
        tasks.claim(session, decide, ana, NOW)
    with transaction() as session:
        row = row_of(session, decide)
        assert (row.assignee_id, row.claimed_at, row.state) == (ana.user_id, NOW, TaskState.OPEN)
        assert session.scalars(select(CaseInstanceRow.doc)).one() == before
        noted = session.scalars(select(JournalRow).order_by(JournalRow.version.desc())).first()
        assert noted is not None
        assert (noted.command, noted.actor) == ("Note", "ana")
        command, _ = codec.unpack_entry(noted.body or b"")
        assert vars_of(command) == ("claimed", {"item": 1, "definition": "T1", "user": ana.user_id})


def vars_of(command: object) -> tuple[object, object]:
    return getattr(command, "kind", None), getattr(command, "data", None)


def test_claiming_what_one_has_changes_nothing(transaction: Transaction, ana: Actor, decide: int) -> None:
    for _ in range(2):
        with transaction() as session:
            tasks.claim(session, decide, ana, NOW)
    with transaction() as session:
        assert session.scalars(select(JournalRow.version)).all() == [1, 2]


def test_who_comes_second_is_told_who_was_first(transaction: Transaction, ana: Actor, decide: int) -> None:
    bo = person(transaction, "bo", "clerk")
    with transaction() as session:
        tasks.claim(session, decide, ana, NOW)
    with transaction() as session, pytest.raises(Conflict, match="Ana has this task") as refused:
        tasks.claim(session, decide, bo, NOW)
    assert refused.value.code == "taken"


def test_of_two_who_claim_at_once_exactly_one_has_the_task(
    transaction: Transaction, ana: Actor, decide: int
) -> None:
    bo = person(transaction, "bo", "clerk")
    both_are_there, outcomes = threading.Barrier(2), {}

    def claim(actor: Actor) -> None:
        both_are_there.wait()
        try:
            with transaction() as session:
                tasks.claim(session, decide, actor, NOW)
            outcomes[actor.name] = "has it"
        except Conflict as refused:
            outcomes[actor.name] = str(refused)

    threads = [threading.Thread(target=claim, args=(actor,)) for actor in (ana, bo)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        holder = row_of(session, decide).assignee_id
    winner, loser = (ana, bo) if holder == ana.user_id else (bo, ana)
    assert outcomes == {winner.name: "has it", loser.name: f"{winner.display} has this task."}
    with transaction() as session:
        assert session.scalars(select(JournalRow.version)).all() == [1, 2]


def test_a_task_is_not_there_for_who_may_not_see_it_and_not_workable_for_other_roles(
    transaction: Transaction, decide: int
) -> None:
    stranger, auditor, head = (
        person(transaction, "stranger"),
        person(transaction, "rita", "auditor"),
        person(transaction, "hedda", "head"),
    )
    with transaction() as session:
        with pytest.raises(NotFound):
            tasks.claim(session, decide, stranger, NOW)
        for other in (auditor, head):
            with pytest.raises(NotAllowed):
                tasks.complete(session, decide, GRANT, other, NOW)
        with pytest.raises(NotFound):
            tasks.claim(session, 987_654, head, NOW)


def test_who_has_a_task_gives_it_back(transaction: Transaction, ana: Actor, decide: int) -> None:
    with transaction() as session, pytest.raises(Conflict):
        tasks.release(session, decide, ana, NOW)
    with transaction() as session:
        tasks.claim(session, decide, ana, NOW)
        tasks.release(session, decide, ana, NOW)
        row = row_of(session, decide)
        assert (row.assignee_id, row.claimed_at) == (None, None)


def test_a_supervisor_hands_work_to_who_could_do_it(
    transaction: Transaction, ana: Actor, decide: int
) -> None:
    hedda, rita = person(transaction, "hedda", "head"), person(transaction, "rita", "auditor")
    with transaction() as session, pytest.raises(NotAllowed):
        tasks.assign(session, decide, ana.user_id, "", ana, NOW)
    with transaction() as session:
        with pytest.raises(Conflict) as refused:
            tasks.assign(session, decide, rita.user_id, "", hedda, NOW)
        assert refused.value.code == "unfit"
        with pytest.raises(NotFound):
            tasks.assign(session, decide, 4711, "", hedda, NOW)
        tasks.assign(session, decide, ana.user_id, "please", hedda, NOW)
        assert row_of(session, decide).assignee_id == ana.user_id


def test_a_draft_is_kept_with_the_task_and_changes_no_case(
    transaction: Transaction, ana: Actor, decide: int
) -> None:
    with transaction() as session, pytest.raises(NotAllowed):
        tasks.save_draft(session, decide, {"note": "half"}, ana, NOW)
    with transaction() as session:
        tasks.claim(session, decide, ana, NOW)
        tasks.save_draft(session, decide, {"note": "half"}, ana, NOW)
    with transaction() as session:
        kept = drafts.unpack(row_of(session, decide).draft)
        assert (kept.answers["note"], kept.by_id, kept.at) == ("half", ana.user_id, NOW)
        assert session.scalars(select(JournalRow.version)).all() == [1, 2]
        tasks.complete(session, decide, GRANT, ana, NOW)
        assert row_of(session, decide).draft is None


def test_completing_claims_on_the_way_and_writes_the_answer(
    transaction: Transaction, ana: Actor, decide: int
) -> None:
    with transaction() as session:
        turn = tasks.complete(session, decide, GRANT, ana, NOW)
        assert turn.case.file()["T1"] == {"outcome": "grant", "note": None}
        row = row_of(session, decide)
        assert (row.state, row.completed_by, row.assignee_id) == (
            TaskState.COMPLETED,
            ana.user_id,
            ana.user_id,
        )
    with transaction() as session, pytest.raises(Conflict):
        tasks.complete(session, decide, GRANT, ana, NOW)


def test_bad_answers_are_refused_with_all_faults_and_nothing_happens(
    transaction: Transaction, ana: Actor, decide: int
) -> None:
    with transaction() as session, pytest.raises(InvalidAnswers) as refused:
        tasks.complete(session, decide, {"outcome": "perhaps", "bribe": "1"}, ana, NOW)
    assert set(refused.value.errors) == {"outcome", "bribe"}
    with transaction() as session:
        assert row_of(session, decide).state == TaskState.OPEN


def test_a_task_without_a_form_takes_no_answers(transaction: Transaction, ana: Actor, decide: int) -> None:
    bo = person(transaction, "bo", "clerk")
    with transaction() as session:
        tasks.complete(session, decide, GRANT, ana, NOW)
        approve = task_id(session, "T2")
        with pytest.raises(InvalidAnswers):
            tasks.complete(session, approve, {"x": "1"}, bo, NOW)
        tasks.complete(session, approve, {}, bo, NOW)


def test_who_decided_may_not_approve_by_any_way(transaction: Transaction, ana: Actor, decide: int) -> None:
    hedda = person(transaction, "hedda", "head")
    with transaction() as session:
        tasks.complete(session, decide, GRANT, ana, NOW)
        approve = task_id(session, "T2")
    for way in (
        lambda session: tasks.claim(session, approve, ana, NOW),
        lambda session: tasks.complete(session, approve, {}, ana, NOW),
        lambda session: tasks.assign(session, approve, ana.user_id, "", hedda, NOW),
    ):
        with transaction() as session, pytest.raises(NotAllowed, match="Decide") as refused:
            way(session)
        assert refused.value.code == "four_eyes"
    with transaction() as session:
        tasks.complete(session, approve, {}, hedda, NOW)


def test_another_case_does_not_stand_between_four_eyes(
    transaction: Transaction, ana: Actor, decide: int
) -> None:
    second = open_loan(transaction).case_id
    bo = person(transaction, "bo", "clerk")
    with transaction() as session:
        tasks.complete(session, decide, GRANT, ana, NOW)
        tasks.complete(session, task_id(session, "T1", second), GRANT, bo, NOW)
        tasks.complete(session, task_id(session, "T2", second), {}, ana, NOW)


def test_authority_must_cover_the_amount(transaction: Transaction, ana: Actor) -> None:
    bo, hedda = person(transaction, "bo", "clerk"), person(transaction, "hedda", "head")
    for amount, may_approve in (("1000", True), ("1000.01", False)):
        case_id = open_loan(transaction, amount=amount).case_id
        with transaction() as session:
            tasks.complete(session, task_id(session, "T1", case_id), GRANT, ana, NOW)
            approve = task_id(session, "T2", case_id)
            if may_approve:
                tasks.complete(session, approve, {}, bo, NOW)
                continue
            for way in (tasks.claim, lambda *args: tasks.complete(args[0], args[1], {}, *args[2:])):
                with pytest.raises(NotAllowed) as refused:
                    way(session, approve, bo, NOW)
                assert refused.value.code == "authority"
            tasks.complete(session, approve, {}, hedda, NOW)


def test_an_amount_that_is_no_number_is_covered_only_by_nobody(transaction: Transaction, ana: Actor) -> None:
    case_id = open_loan(transaction, amount="500").case_id
    hedda = person(transaction, "hedda", "head")
    with transaction() as session:
        tasks.complete(session, task_id(session, "T1", case_id), GRANT, ana, NOW)
        approve = row_of(session, task_id(session, "T2", case_id))
        approve.amount = type(approve.amount or 0)("Infinity")
        session.flush()
        with pytest.raises(NotAllowed):
            tasks.complete(session, approve.id, {}, hedda, NOW)


def test_a_paused_task_waits(transaction: Transaction, ana: Actor, decide: int) -> None:
    with transaction() as session:
        case_id = row_of(session, decide).case_id
        instances.suspend(session, case_id, SYSTEM, "test", NOW)
    with transaction() as session, pytest.raises(Conflict):
        tasks.complete(session, decide, GRANT, ana, NOW)


def test_the_journal_of_all_this_verifies(transaction: Transaction, ana: Actor, decide: int) -> None:
    bo = person(transaction, "bo", "clerk")
    with transaction() as session:
        tasks.claim(session, decide, ana, NOW)
        tasks.release(session, decide, ana, NOW)
        tasks.complete(session, decide, GRANT, ana, NOW)
        tasks.complete(session, task_id(session, "T2"), {}, bo, NOW)
        assert audit.verify(session, None).findings == []


ROUNDS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:cw="https://casewright.org/cmmn"
             id="definitions" targetNamespace="https://example.org/rounds">
  <case id="loan" name="Rounds">
    <caseFileModel>
      <caseFileItem id="file.applicant" name="applicant"/>
      <caseFileItem id="file.A" name="A"/>
      <caseFileItem id="file.B" name="B"/>
      <caseFileItem id="file.UE9" name="UE9"/>
    </caseFileModel>
    <casePlanModel id="plan" name="Rounds">
      <planItem id="UE9" definitionRef="d.UE9"/>
      <planItem id="S9" definitionRef="d.S9">
        <itemControl><repetitionRule id="repeat.S9"/></itemControl>
        <entryCriterion id="entry.S9" sentryRef="if.S9"/>
      </planItem>
      <sentry id="if.S9">
        <planItemOnPart id="on.S9" sourceRef="UE9"><standardEvent>occur</standardEvent></planItemOnPart>
      </sentry>
      <stage id="d.S9" name="Round">
        <planItem id="A" definitionRef="d.A"/>
        <planItem id="B" definitionRef="d.B"/>
        <humanTask id="d.A" name="Propose" cw:role="clerk"/>
        <humanTask id="d.B" name="Agree" cw:role="clerk" cw:fourEyes="A"/>
      </stage>
      <userEventListener id="d.UE9" name="Again" cw:repeatable="true"/>
    </casePlanModel>
    <caseRoles id="roles"><role id="role.clerk" name="clerk"/></caseRoles>
  </case>
</definitions>
"""


def test_in_its_own_stage_four_eyes_look_at_the_same_round_alone(transaction: Transaction) -> None:
    files = {**app_files(), "loan.cmmn": ROUNDS.encode()}
    with transaction() as session:
        deployments.deploy(session, files, SYSTEM, NOW)
    ana, bo = person(transaction, "ana", "clerk"), person(transaction, "bo", "clerk")
    case_id = open_loan(transaction).case_id
    rounds = []
    for proposer in (ana, bo):
        with transaction() as session:
            case = execution.lock(session, case_id).case
            again = next(
                item.iid for item in case.items() if item.iid and case.plan_item(item.iid).id == "UE9"
            )
            plan_items.occur(session, case_id, case.live(case.state.items[again].number)[0], {}, SYSTEM, NOW)
            propose, agree = task_id(session, "A"), task_id(session, "B")
            tasks.complete(session, propose, {}, proposer, NOW)
            rounds.append(agree)
    first, second = rounds
    with transaction() as session:
        with pytest.raises(NotAllowed):
            tasks.complete(session, first, {}, ana, NOW)
        with pytest.raises(NotAllowed):
            tasks.complete(session, second, {}, bo, NOW)
        tasks.complete(session, first, {}, bo, NOW)
        tasks.complete(session, second, {}, ana, NOW)


def test_a_task_that_answers_into_what_one_may_not_see_is_not_there(transaction: Transaction) -> None:
    files = app_files()
    model = files["loan.cmmn"]
    files["loan.cmmn"] = model.replace(b'name="T1"/>', b'name="T1" cw:visible="head"/>', 1)
    assert files["loan.cmmn"] != model
    with transaction() as session:
        deployments.deploy(session, files, SYSTEM, NOW)
    open_loan(transaction)
    ana = person(transaction, "ana", "clerk")
    with transaction() as session:
        number = task_id(session, "T1")
    deeds: list[Callable[[Session], object]] = [
        lambda session: tasks.claim(session, number, ana, NOW),
        lambda session: tasks.release(session, number, ana, NOW),
        lambda session: tasks.assign(session, number, ana.user_id, "", ana, NOW),
        lambda session: tasks.save_draft(session, number, GRANT, ana, NOW),
        lambda session: tasks.complete(session, number, GRANT, ana, NOW),
    ]
    for deed in deeds:
        with transaction() as session, pytest.raises(NotFound):
            deed(session)
    with transaction() as session:
        row = row_of(session, number)
        assert (row.state, row.assignee_id, row.draft) == (TaskState.OPEN, None, None)


def test_who_begins_to_work_has_the_task_from_then_on(transaction: Transaction) -> None:
    deploy(transaction)
    open_loan(transaction)
    ana, bo = person(transaction, "ana", "clerk"), person(transaction, "bo", "clerk")
    with transaction() as session:
        number = task_id(session, "T1")
        tasks.begin(session, number, ana, NOW)
        with pytest.raises(NotAllowed):
            tasks.begin(session, number, bo, NOW)
    with transaction() as session:
        row = session.get_one(HumanTaskRow, number)
        assert (row.assignee_id, row.claimed_by, row.begun_by) == (ana.user_id,) * 3
        assert (row.claimed_at, row.begun_at) == (NOW, NOW)
        tasks.release(session, number, ana, NOW)
        session.refresh(row)
        assert (row.assignee_id, row.begun_at, row.begun_by) == (None, None, None)


def test_a_task_that_somebody_pauses_waits_with_its_item_and_is_as_before_when_it_goes_on(
    transaction: Transaction,
) -> None:
    deploy(transaction)
    turn = open_loan(transaction)
    ana, bo = person(transaction, "ana", "clerk"), person(transaction, "bo", "clerk")
    head = person(transaction, "hana", "head")
    with transaction() as session:
        number = task_id(session, "T1")
        tasks.begin(session, number, ana, NOW)
        with pytest.raises(NotAllowed):
            tasks.suspend(session, number, bo, NOW)
        tasks.suspend(session, number, ana, NOW)
        row = session.get_one(HumanTaskRow, number, populate_existing=True)
        assert (row.state, row.paused_by) == (TaskRowState.PAUSED, ana.user_id)
        case = execution.look(session, turn.case_id).case
        assert case.state.items[row.plan_item].state is State.SUSPENDED
        with pytest.raises(Conflict):
            tasks.begin(session, number, ana, NOW)
        tasks.resume(session, number, head, NOW)
        session.refresh(row)
        assert (row.state, row.paused_by) == (TaskRowState.OPEN, None)
        assert (row.assignee_id, row.begun_by) == (ana.user_id, ana.user_id)
