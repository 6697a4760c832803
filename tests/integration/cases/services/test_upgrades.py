"""One running case goes on by another version of its model: what is stored, told, audited and refused."""

import pytest
from sqlalchemy import select

from cases.cmmn.commands import Complete, Migrate
from cases.cmmn.migration_plan import Plan, Start
from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence import codec, drafts
from cases.persistence.base import Transaction
from cases.persistence.drafts import Draft
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.persistence.writes import Pinned
from cases.policy.access import SYSTEM, Actor
from cases.services import audit, deployments, tasks, upgrades
from cases.services.upgrades import Report, Upgrade
from tests.integration.cases.services import loans
from tests.integration.cases.services.calls import World, call, case

ONE = '<planItem id="A" name="A" definitionRef="d.A"/><humanTask id="d.A" name="A"/>'
TWO = (
    '<planItem id="A" name="A" definitionRef="d.A"/><planItem id="B" name="B" definitionRef="d.B"/>'
    '<planItem id="E" definitionRef="d.E"/><humanTask id="d.A" name="Anew"/><humanTask id="d.B" name="B"/>'
    '<timerEventListener id="d.E" name="E"><timerExpression>PT1H</timerExpression></timerEventListener>'
)


class Moving(World):
    """A world whose cases move."""

    def move(self, case_id: int, deployment: int, *, trial: bool = False, **given: object) -> Report:
        with self.transaction() as session:
            row = session.get_one(CaseInstanceRow, case_id)
            upgrade = Upgrade(to=Pinned(deployment, row.definition), **given)  # type: ignore[arg-type]
            act = upgrades.foresee if trial else upgrades.migrate
            return act(session, case_id, upgrade, SYSTEM, "test", self.now)

    def row(self, case_id: int) -> CaseInstanceRow:
        with self.transaction() as session:
            return session.get_one(CaseInstanceRow, case_id)

    def findings(self) -> list[object]:
        with self.transaction() as session:
            return list(audit.verify(session, None).findings)


@pytest.fixture
def world(transaction: Transaction) -> Moving:
    return Moving(transaction, case("m", ONE))


def test_a_case_is_pinned_anew_and_goes_on_by_the_new_version(world: Moving) -> None:
    case_id = world.start("m")
    target = world.deploy(case("m", TWO))
    report = world.move(case_id, target)
    assert report.changes == ("B is new, Active", "E is new, Available")
    assert world.row(case_id).deployment_id == target
    assert world.states(case_id) == {"A": "active", "B": "active", "E": "available", "case": "active"}
    (timer,) = [job for job in world.rows(JobRow) if job.kind == "timer"]
    assert timer.plan_item == world.item(case_id, "E").iid
    for item in ("A", "B"):
        world.do(case_id, Complete(item=world.item(case_id, item).iid))
    world.rest(hours=2)
    assert world.states(case_id)["case"] == "completed"


def test_the_journal_is_whole_over_both_versions(world: Moving) -> None:
    case_id = world.start("m")
    world.move(case_id, world.deploy(case("m", TWO)))
    world.do(case_id, Complete(item=world.item(case_id, "B").iid))
    with world.transaction() as session:
        bodies = session.scalars(select(JournalRow.body).order_by(JournalRow.version)).all()
    commands = [codec.unpack_entry(body)[0] for body in bodies if body is not None]
    assert [type(command).__name__ for command in commands] == ["StartCase", "Migrate", "Complete"]
    assert isinstance(commands[1], Migrate)
    assert commands[1].plan == Plan()
    assert world.findings() == []


def test_a_trial_changes_nothing_and_says_what_would_happen(world: Moving) -> None:
    case_id = world.start("m")
    target = world.deploy(case("m", TWO))
    before = world.row(case_id)
    trial = world.move(case_id, target, trial=True)
    after = world.row(case_id)
    assert (after.version, after.deployment_id, after.doc) == (
        before.version,
        before.deployment_id,
        before.doc,
    )
    world.now = world.now.replace(hour=20)
    done = world.move(case_id, target, approved=trial.digest)
    assert (done.digest, done.changes) == (trial.digest, trial.changes)


def test_what_would_happen_otherwise_than_approved_does_not_happen(world: Moving) -> None:
    case_id = world.start("m")
    target = world.deploy(case("m", TWO))
    trial = world.move(case_id, target, trial=True)
    version = world.row(case_id).version
    world.do(case_id, Complete(item=1))
    with pytest.raises(Conflict, match="M-18"):
        world.move(case_id, target, approved=trial.digest)
    with pytest.raises(Conflict, match="M-02"):
        world.move(case_id, target, version=version)
    assert world.row(case_id).deployment_id == world.deployment


def test_what_has_no_place_is_refused_with_its_rule(world: Moving) -> None:
    case_id = world.start("m")
    target = world.deploy(case("m", TWO.replace('"A"', '"Z"').replace("d.A", "d.Z")))
    with pytest.raises(Conflict, match="M-03: A is Active"):
        world.move(case_id, target)
    report = world.move(case_id, target, plan=Plan(map={"A": "Z"}))
    assert "A is Z from now on" in report.changes
    (task,) = [row for row in world.rows(HumanTaskRow) if row.plan_item == 1]
    assert (task.definition, task.state) == ("Z", TaskRowState.OPEN)


def test_a_task_that_ends_with_the_move_is_cancelled(world: Moving) -> None:
    case_id = world.start("m")
    target = world.deploy(case("m", TWO))
    world.move(case_id, target, plan=Plan(end={"A": "replaced"}, start=(Start("A"),)))
    found = {row.plan_item: (row.state, row.ended_why) for row in world.rows(HumanTaskRow)}
    assert found[1] == (TaskRowState.CANCELLED, "replaced")
    assert found[2] == (TaskRowState.OPEN, None)


def test_what_is_frozen_is_looked_at_alone(world: Moving) -> None:
    case_id = world.start("m")
    with pytest.raises(Invalid):
        world.move(case_id, world.deployment, plan=Plan(freeze=True))
    world.move(case_id, world.deployment, plan=Plan(freeze=True), trial=True)


def test_called_cases_move_first_where_the_plan_names_them(transaction: Transaction) -> None:
    world = Moving(transaction, case("m", call("n")), case("n", ONE))
    case_id = world.start("m")
    (child,) = world.children("n")
    target = world.deploy(case("m", call("n")), case("n", TWO))
    world.move(case_id, target)
    assert (world.row(case_id).deployment_id, world.row(child).deployment_id) == (target, world.deployment)
    later = world.deploy(case("m", call("n"), name="Again"), case("n", TWO))
    report = world.move(case_id, later, plan=Plan(children={"n": Plan()}))
    assert [one.case_id for one in report.children] == [child]
    assert world.row(child).deployment_id == later
    assert world.states(child) == {"A": "active", "B": "active", "E": "available", "case": "active"}
    assert world.findings() == []


def test_a_version_is_found_by_its_number(world: Moving) -> None:
    case_id = world.start("m")
    target = world.deploy(case("m", TWO))
    with world.transaction() as session:
        for wanted in ("2", "latest", f"#{target}"):
            assert upgrades.target_of(session, case_id, wanted) == Pinned(target, "m")
        for wanted in ("3", "newest", "#99"):
            with pytest.raises(NotFound):
                upgrades.target_of(session, case_id, wanted)


def changed_loans() -> dict[str, bytes]:
    files = loans.app_files()
    model = files["loan.cmmn"].replace(b'name="Decide" cw:form="T1"', b'name="Decide again" cw:form="T9"')
    form = files["forms/T1.json"].replace(b'"T1"', b'"T9"')
    return {**files, "loan.cmmn": model, "forms/T9.json": form}


def test_who_moves_a_case_administers_its_family(transaction: Transaction) -> None:
    loans.deploy(transaction)
    turn = loans.open_loan(transaction)
    with transaction() as session:
        to = upgrades.target_of(session, turn.case_id, "latest")
    for actor, error in ((loans.person(transaction, "ann", "clerk"), NotAllowed), (nobody(), NotFound)):
        with transaction() as session, pytest.raises(error):
            upgrades.migrate(session, turn.case_id, Upgrade(to=to), actor, "test", loans.NOW)


def nobody() -> Actor:
    return Actor(4_711, "eve", "Eve", frozenset())


def test_a_draft_that_the_form_does_not_take_is_dropped_only_where_that_is_said(
    transaction: Transaction,
) -> None:
    world = Moving(transaction)
    loans.deploy(transaction)
    turn = loans.open_loan(transaction)
    ann = loans.person(transaction, "ann", "clerk")
    with transaction() as session:
        number = loans.task_id(session, "T1", turn.case_id)
        tasks.claim(session, number, ann, loans.NOW)
        session.get_one(HumanTaskRow, number).draft = drafts.pack(Draft({"gone": 1}, ann.user_id, loans.NOW))
    with transaction() as session:
        target = deployments.deploy(session, changed_loans(), SYSTEM, loans.NOW)
    with pytest.raises(Conflict, match="M-07: the draft of T1 answers gone"):
        world.move(turn.case_id, target)
    world.move(turn.case_id, target, plan=Plan(drop_draft=("T1",)))
    (row,) = [one for one in world.rows(HumanTaskRow) if one.id == number]
    assert (row.name, row.form, row.draft, row.assignee_id) == ("Decide again", "T9", None, ann.user_id)
