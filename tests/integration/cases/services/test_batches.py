"""Many tasks at once: each moved once or refused with its reason, nobody overrun, given back by one undo."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.cmmn.commands import Note
from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence import codec
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM, Actor
from cases.queries import worklist
from cases.scheduler import worker
from cases.services import audit, batches, deployments, execution, instances, retention, tasks
from cases.services.batches import Pick, Wanted
from tests.integration.cases.services.loans import FAMILY, NOW, app_files, deploy, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]


class Team:
    """Two clerks, their head, and loans of which each waits to be decided."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        deploy(transaction, idle=0)
        self.ana, self.bo = person(transaction, "ana", "clerk"), person(transaction, "bo", "clerk")
        self.hedda = person(transaction, "hedda", "head")

    def loans(self, count: int) -> list[int]:
        """The numbers of their open tasks."""
        cases = [open_loan(self.transaction).case_id for _ in range(count)]
        with self.transaction() as session:
            return [task_id(session, "T1", case) for case in cases]

    def hand(
        self, ids: list[int], to: Actor | None, seen: Actor | None = None, note: str = "", told: str = ""
    ) -> int:
        picks = [Pick(number, seen.user_id if seen else None) for number in ids]
        wanted = Wanted(picks, to.user_id if to else None, note, told)
        with self.transaction() as session:
            return batches.reassign(session, wanted, self.hedda, NOW)

    def give(self, number: int, to: Actor) -> None:
        with self.transaction() as session:
            tasks.claim(session, number, to, NOW)

    def holders(self, ids: list[int]) -> list[int | None]:
        with self.transaction() as session:
            rows = session.execute(
                select(HumanTaskRow.id, HumanTaskRow.assignee_id).where(HumanTaskRow.id.in_(ids))
            )
            found: dict[int, int | None] = {row[0]: row[1] for row in rows}
        return [found[number] for number in ids]

    def items(self, batch: int) -> list[BatchItemRow]:
        with self.transaction() as session:
            rows = select(BatchItemRow).where(BatchItemRow.batch_id == batch).order_by(BatchItemRow.position)
            return list(session.scalars(rows))

    def results(self, batch: int) -> list[tuple[str, str]]:
        return [(item.state, item.code) for item in self.items(batch)]

    def batch(self, number: int) -> BatchRow:
        with self.transaction() as session:
            return session.get_one(BatchRow, number)

    def told(self, who: Actor) -> list[NotificationRow]:
        with self.transaction() as session:
            rows = select(NotificationRow).where(NotificationRow.user_id == who.user_id)
            return list(session.scalars(rows.order_by(NotificationRow.id)))

    def work(self) -> None:
        worker.tick(self.transaction, NOW)


@pytest.fixture
def team(transaction: Transaction) -> Team:
    return Team(transaction)


def test_a_few_are_done_at_once_and_the_journal_of_each_says_why_and_by_which_batch(team: Team) -> None:
    ids = team.loans(3)
    batch = team.hand(ids, team.ana, note="Bo is ill", told="Bo is ill")
    assert team.holders(ids) == [team.ana.user_id] * 3
    row = team.batch(batch)
    assert (row.state, row.total, row.ended_at) == ("done", 3, NOW)
    with team.transaction() as session:
        rows = session.scalars(select(JournalRow).where(JournalRow.command == "Note")).all()
        commands = [codec.unpack_entry(one.body or b"")[0] for one in rows]
        assert session.scalar(select(func.count()).select_from(JobRow).where(JobRow.kind == "batch")) == 0
        assert audit.verify(session, None).findings == []
    said = [command.data for command in commands if isinstance(command, Note)]
    assert [(one["user"], one["note"], one["batch"]) for one in said] == [
        (team.ana.user_id, "Bo is ill", batch)
    ] * 3


def test_both_people_are_told_once_however_many_tasks_there_were(team: Team) -> None:
    ids = team.loans(3)
    for number in ids:
        team.give(number, team.bo)
    batch = team.hand(ids, team.ana, seen=team.bo, note="ill", told="You know these")
    [to_ana], [to_bo] = team.told(team.ana), team.told(team.bo)
    assert (to_ana.kind, to_ana.family, to_ana.case_id, to_ana.by_id) == (
        "assigned",
        FAMILY,
        None,
        team.hedda.user_id,
    )
    assert to_ana.details == {"note": "You know these", "batch": batch, "count": 3}
    assert (to_bo.kind, to_bo.details) == (
        "taken_away",
        {"note": "You know these", "batch": batch, "count": 3, "to": "Ana"},
    )
    assert team.told(team.hedda) == []


def test_a_notice_of_one_task_names_it_and_of_one_handed_over_alone_too(team: Team) -> None:
    first, second = team.loans(2)
    team.hand([first], team.ana, told="please")
    with team.transaction() as session:
        tasks.assign(session, second, team.ana.user_id, "this, too", team.hedda, NOW)
    assert [(one.task_id, (one.details or {})["note"]) for one in team.told(team.ana)] == [
        (first, "please"),
        (second, "this, too"),
    ]


def test_what_was_taken_given_back_or_done_meanwhile_is_reported_and_never_overwritten(team: Team) -> None:
    taken, given_back, completed, same, free = ids = team.loans(5)
    for number in (given_back, completed, same):
        team.give(number, team.bo)
    with team.transaction() as session:
        tasks.release(session, given_back, team.bo, NOW)
        tasks.complete(session, completed, {"outcome": "deny"}, team.bo, NOW)
    team.give(taken, team.bo)
    seen = {given_back: team.bo.user_id, completed: team.bo.user_id, same: team.ana.user_id}
    picks = [Pick(number, seen.get(number)) for number in ids]
    with team.transaction() as session:
        tasks.assign(session, same, team.ana.user_id, "", team.hedda, NOW)
        batch = batches.reassign(session, Wanted(picks, team.ana.user_id), team.hedda, NOW)
    assert team.results(batch) == [
        ("refused", "taken"),
        ("refused", "given_back"),
        ("refused", "ended"),
        ("refused", "same"),
        ("done", ""),
    ]
    assert [item.message for item in team.items(batch)][:4] == [
        "Bo took it meanwhile.",
        "It was given back meanwhile.",
        "Bo completed it meanwhile.",
        "Ana has it already.",
    ]
    assert team.holders([taken, given_back, same, free]) == [
        team.bo.user_id,
        None,
        team.ana.user_id,
        team.ana.user_id,
    ]


def test_each_item_goes_through_the_rules_of_one(team: Team) -> None:
    """Role, four eyes, authority; and what does not exist is refused like what one may not see."""
    first, dear = team.loans(1)[0], open_loan(team.transaction, "5000")
    with team.transaction() as session:
        tasks.complete(session, first, {"outcome": "deny"}, team.ana, NOW)
        tasks.complete(session, task_id(session, "T1", dear.case_id), {"outcome": "deny"}, team.bo, NOW)
        approve = [task_id(session, "T2", session.get_one(HumanTaskRow, first).case_id)]
        approve.append(task_id(session, "T2", dear.case_id))
    open_ = team.loans(1)
    batch = team.hand([*approve, *open_, 987_654], team.ana)
    assert team.results(batch) == [
        ("refused", "four_eyes"),
        ("refused", "authority"),
        ("done", ""),
        ("refused", "gone"),
    ]
    batch = team.hand(open_, team.hedda, seen=team.ana)
    assert team.results(batch) == [("refused", "unfit")]


def test_tasks_go_back_to_the_group(team: Team) -> None:
    held, free = team.loans(2)
    team.give(held, team.bo)
    picks = [Pick(held, team.bo.user_id), Pick(free, None)]
    with team.transaction() as session:
        batch = batches.reassign(session, Wanted(picks, None, "too much", "too much"), team.hedda, NOW)
    assert team.results(batch) == [("done", ""), ("refused", "same")]
    assert team.holders([held, free]) == [None, None]
    [notice] = team.told(team.bo)
    assert (notice.kind, (notice.details or {})["to"]) == ("taken_away", "")


def test_who_may_not_hand_work_out_and_who_chooses_nothing_is_refused(team: Team) -> None:
    [number] = team.loans(1)
    wanted = Wanted([Pick(number, None)], team.bo.user_id)
    with team.transaction() as session:
        with pytest.raises(NotAllowed):
            batches.reassign(session, wanted, team.ana, NOW)
        with pytest.raises(Invalid):
            batches.reassign(session, Wanted([], team.bo.user_id), team.hedda, NOW)
        many = [Pick(n, None) for n in range(1, batches.MOST + 2)]
        with pytest.raises(Invalid):
            batches.reassign(session, Wanted(many, None), team.hedda, NOW)
        with pytest.raises(NotFound):
            batches.reassign(session, Wanted([Pick(number, None)], 4711), team.hedda, NOW)
    assert team.holders([number]) == [None]


def test_five_hundred_at_once_while_twenty_are_being_claimed(team: Team) -> None:
    ids = team.loans(500)
    wanted = ids[3::25]
    batch = team.hand(ids, team.ana)
    assert team.results(batch) == [("waiting", "")] * 500
    ready, refused = threading.Barrier(5), []

    def claims(mine: list[int]) -> None:
        ready.wait()
        for number in mine:
            try:
                execution.retrying(
                    team.transaction,
                    lambda session, one=number: tasks.claim(session, one, team.bo, NOW),  # type: ignore[misc]
                )
            except Conflict as conflict:
                refused.append((number, str(conflict)))

    threads = [threading.Thread(target=claims, args=(wanted[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    ready.wait()
    team.work()
    for thread in threads:
        thread.join()
    held = dict(zip(ids, team.holders(ids), strict=True))
    items = {item.task_id: item for item in team.items(batch)}
    for number, holder in held.items():
        item = items[number]
        if holder == team.bo.user_id:
            assert (item.state, item.code) == ("refused", "taken")
            assert item.message == "Bo took it meanwhile."
        else:
            assert (holder, item.state) == (team.ana.user_id, "done")
    assert {number for number, _ in refused} == {n for n in wanted if held[n] == team.ana.user_id}
    assert all(text == "Ana has this task." for _, text in refused)
    mine = sum(holder == team.ana.user_id for holder in held.values())
    assert mine >= 480
    assert team.batch(batch).state == "done"
    with team.transaction() as session:
        assert _listed(session, team.ana) == mine
        assert _listed(session, team.bo) == 500 - mine
        noted = select(JournalRow.case_id, func.count()).where(JournalRow.command == "Note")
        counts = session.execute(noted.group_by(JournalRow.case_id)).all()
        assert [count for _, count in counts] == [1] * 500
    [notice] = team.told(team.ana)
    assert (notice.details or {})["count"] == mine


def _listed(session: Session, who: Actor) -> int:
    """How many tasks the inbox lists, page after page."""
    page = worklist.mine(session, who)
    found = len(page.lines)
    while page.next:
        page = worklist.mine(session, who, after=page.next)
        found += len(page.lines)
    return found


class Broken(Exception):
    """What ends a process in the middle, or a fault that nobody expected."""


def test_a_job_that_ends_in_the_middle_goes_on_where_it_was(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = team.loans(60)
    batch = team.hand(ids, team.ana)
    usual, calls = tasks.hand_out, []

    def dies(*arguments: object) -> bool:
        calls.append(1)
        if len(calls) == 40:
            raise KeyboardInterrupt
        return usual(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "hand_out", dies)
    with pytest.raises(KeyboardInterrupt):
        team.work()
    assert team.holders(ids).count(team.ana.user_id) == batches.PIECE
    assert team.batch(batch).state == "running"
    monkeypatch.setattr(tasks, "hand_out", usual)
    team.work()
    assert team.results(batch) == [("done", "")] * 60
    with team.transaction() as session:
        noted = select(func.count()).select_from(JournalRow).where(JournalRow.command == "Note")
        assert session.scalar(noted) == 60
        assert session.scalar(select(func.count()).select_from(JobRow).where(JobRow.kind == "batch")) == 0
    assert [(one.details or {})["count"] for one in team.told(team.ana)] == [60]


def test_one_item_that_breaks_does_not_stop_the_others(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = team.loans(30)
    usual = tasks.hand_out

    def breaks(session: Session, locked: object, task: object, *more: object) -> bool:
        if getattr(task, "id", None) == ids[7]:
            raise Broken("a fault of ours")
        return usual(session, locked, task, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "hand_out", breaks)
    batch = team.hand(ids, team.ana)
    for _ in range(4):
        with team.transaction() as session:
            for job in session.scalars(select(JobRow).where(JobRow.kind == "batch")):
                job.run_at = NOW
        team.work()
    results = team.results(batch)
    assert results.pop(7) == ("failed", "fault")
    assert results == [("done", "")] * 29
    assert team.batch(batch).state == "done"


class Deadlock(Exception):
    """What PostgreSQL says to the one of two that it chose to end."""

    sqlstate = "40P01"


def test_a_deadlock_after_a_fault_is_tried_again_and_is_nobody_s_failure(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = team.loans(22)
    batch = team.hand(ids, team.ana)
    _stumbled(team)
    usual, calls = tasks.hand_out, []

    def collides(*arguments: object) -> bool:
        calls.append(1)
        if len(calls) == 5:
            raise DBAPIError("UPDATE", None, Deadlock())
        return usual(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "hand_out", collides)
    team.work()
    assert team.results(batch) == [("done", "")] * 22
    assert len(calls) == 5 + 22
    assert team.batch(batch).state == "done"


def test_another_worker_that_comes_between_after_a_fault_fails_nothing_and_ends_nothing_too_soon(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = team.loans(60)
    batch = team.hand(ids, team.ana)
    job_id = _stumbled(team)
    usual, seen = execution.retrying, []

    def another_comes_between(transaction: Transaction, work: Callable[[Session], object]) -> object:
        result = usual(transaction, work)
        seen.append(team.batch(batch).state)
        if len(seen) == 1:
            batches.apply(transaction, job_id, NOW)
        return result

    monkeypatch.setattr(execution, "retrying", another_comes_between)
    assert batches.apply(team.transaction, job_id, NOW)
    assert seen[0] == "running"
    assert team.results(batch) == [("done", "")] * 60
    assert team.batch(batch).state == "done"
    with team.transaction() as session:
        noted = select(func.count()).select_from(JournalRow).where(JournalRow.command == "Note")
        assert session.scalar(noted) == 60
        assert session.scalar(select(func.count()).select_from(JobRow).where(JobRow.kind == "batch")) == 0
    assert [(one.details or {})["count"] for one in team.told(team.ana)] == [60]


def _stumbled(team: Team) -> int:
    """The number of the batch's job, which has raised once."""
    with team.transaction() as session:
        job = session.scalars(select(JobRow).where(JobRow.kind == "batch")).one()
        job.attempts = 1
        return job.id


def test_an_undo_gives_back_what_nobody_touched_and_reports_the_rest(team: Team) -> None:
    back, group, drafted, completed, passed_on, round_trip = ids = team.loans(6)
    team.give(back, team.bo)
    picks = [Pick(number, team.bo.user_id if number == back else None) for number in ids]
    with team.transaction() as session:
        batch = batches.reassign(session, Wanted(picks, team.ana.user_id), team.hedda, NOW)
    with team.transaction() as session:
        tasks.save_draft(session, drafted, {"note": "half"}, team.ana, NOW)
        tasks.complete(session, completed, {"outcome": "deny"}, team.ana, NOW)
        tasks.assign(session, passed_on, team.bo.user_id, "", team.hedda, NOW)
        tasks.release(session, round_trip, team.ana, NOW)
        tasks.claim(session, round_trip, team.ana, NOW)
    with team.transaction() as session:
        undone = batches.undo(session, batch, team.hedda, NOW)
    assert team.results(undone) == [
        ("done", ""),
        ("done", ""),
        ("refused", "touched"),
        ("refused", "ended"),
        ("refused", "taken"),
        ("refused", "touched"),
    ]
    assert team.holders([back, group, drafted, passed_on, round_trip]) == [
        team.bo.user_id,
        None,
        team.ana.user_id,
        team.bo.user_id,
        team.ana.user_id,
    ]
    assert team.told(team.bo)[-1].kind == "assigned"
    for again in (batch, undone):
        with team.transaction() as session, pytest.raises(Conflict):
            batches.undo(session, again, team.hedda, NOW)


def test_only_who_asked_or_hands_out_that_work_undoes_it(team: Team) -> None:
    ids = team.loans(1)
    batch = team.hand(ids, team.ana)
    with team.transaction() as session, pytest.raises(NotFound):
        batches.undo(session, batch, team.bo, NOW)
    other = person(team.transaction, "hugo", "head")
    with team.transaction() as session:
        batches.undo(session, batch, other, NOW)
    assert team.holders(ids) == [None]


def test_a_large_undo_is_a_job_too(team: Team) -> None:
    ids = team.loans(22)
    batch = team.hand(ids, team.ana)
    with team.transaction() as session, pytest.raises(Conflict):
        batches.undo(session, batch, team.hedda, NOW)
    team.work()
    with team.transaction() as session:
        undone = batches.undo(session, batch, team.hedda, NOW)
    assert team.holders(ids) == [team.ana.user_id] * 22
    team.work()
    assert team.results(undone) == [("done", "")] * 22
    assert team.holders(ids) == [None] * 22


def test_a_task_of_a_case_that_ended_is_refused(team: Team) -> None:
    number, other = team.loans(2)
    with team.transaction() as session:
        instances.terminate(session, session.get_one(HumanTaskRow, number).case_id, "", SYSTEM, "test", NOW)
    batch = team.hand([number, other], team.ana)
    assert team.results(batch) == [("refused", "ended"), ("done", "")]
    assert team.items(batch)[0].message == "It was withdrawn meanwhile."


def test_what_one_may_not_see_is_not_there_for_a_batch_either(transaction: Transaction) -> None:
    files = app_files()
    files["loan.cmmn"] = files["loan.cmmn"].replace(b'name="T1"/>', b'name="T1" cw:visible="clerk"/>', 1)
    with transaction() as session:
        deployments.deploy(session, files, SYSTEM, NOW)
    open_loan(transaction)
    ana, hedda = person(transaction, "ana", "clerk"), person(transaction, "hedda", "head")
    with transaction() as session:
        wanted = Wanted([Pick(task_id(session, "T1"), None)], ana.user_id)
        batch = batches.reassign(session, wanted, hedda, NOW)
        [item] = session.scalars(select(BatchItemRow).where(BatchItemRow.batch_id == batch))
        assert (item.state, item.code) == ("refused", "gone")


def test_an_erased_case_leaves_no_note_of_it_and_the_batch_says_still_what_became_of_each(team: Team) -> None:
    first, second = team.loans(2)
    batch = team.hand([first, second], team.ana, note="her divorce", told="her divorce")
    with team.transaction() as session:
        case_id = session.get_one(HumanTaskRow, first).case_id
        instances.terminate(session, case_id, "", SYSTEM, "test", NOW)
    with team.transaction() as session:
        key = session.scalars(select(CaseInstanceRow.business_key).where(CaseInstanceRow.id == case_id)).one()
        retention.erase(session, key, "asked for", SYSTEM, NOW)
    assert team.batch(batch).note == ""
    assert (team.batch(batch).asked or {})["told"] == ""
    [notice] = team.told(team.ana)
    assert notice.details == {"note": "", "batch": batch, "count": 2}
    assert team.results(batch) == [("done", ""), ("done", "")]
    with team.transaction() as session:
        undone = batches.undo(session, batch, team.hedda, NOW)
    assert team.results(undone) == [("refused", "ended"), ("done", "")]
    assert team.holders([second]) == [None]
