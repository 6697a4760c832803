"""Tabs, filters and saved views: each count is the length of the list behind it, whatever tasks there are."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from cases.errors import Invalid
from cases.persistence.base import new_key
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueMemberRow, TaskRowState
from cases.policy import kept_views
from cases.policy.access import Actor
from cases.policy.kept_views import SavedView
from cases.queries import saved_views, task_filters, worklist
from cases.queries.task_filters import Filter, Level, Tab
from cases.queries.worklist import TaskLine, View
from cases.services import people
from tests.integration.cases.queries.conftest import Claims

KINDS = {"T2": "Review coverage denial", "T3": "Assess damage and liability", "T4": "Recommend settlement"}
FILTERS = (
    Filter(),
    Filter(text="ASSESS"),
    Filter(text="settle 000002"),
    Filter(text="brandt"),
    Filter(text="50% _"),
    Filter(types=("T3", "T4")),
    Filter(stages=("Intake",)),
    Filter(levels=(Level.HIGH, Level.LOW)),
    Filter(text="assess", types=("T3",), levels=(Level.NORMAL,)),
)


def scatter(claims: Claims, seed: int, number: int, first: int = 1) -> None:
    """Random tasks of two cases: in the queues of every role, with anybody, due at any time."""
    chosen = random.Random(seed)
    cases = [claims.triaged(first).case_id, claims.triaged(first + 1).case_id]
    with claims.transaction() as session:
        numbers = sorted({one.queue_id for one in session.query(QueueMemberRow)})
        for _ in range(number):
            session.execute(insert(HumanTaskRow).values(_task(claims, session, chosen, cases, numbers)))


def _task(
    claims: Claims, session: Session, chosen: random.Random, cases: list[int], numbers: list[int]
) -> Mapping[str, object]:
    people_ = [None, None, claims.staff["adam"].user_id, claims.staff["ana"].user_id]
    due = chosen.choice((NO_DUE_DATE, claims.now + timedelta(hours=chosen.randint(-60, 400))))
    definition = chosen.choice(sorted(KINDS))
    return {
        "id": new_key(session),
        "case_id": chosen.choice(cases),
        "family": "claims.auto",
        "plan_item": 1,
        "definition": definition,
        "name": KINDS[definition],
        "state": chosen.choice((TaskRowState.OPEN, TaskRowState.OPEN, TaskRowState.COMPLETED)),
        "version": 1,
        "assignee_id": chosen.choice(people_),
        "queue_id": chosen.choice(numbers),
        "priority": chosen.randint(1, 5),
        "due_at": due,
        "created_at": claims.now - timedelta(hours=80),
        "warn_at": None if due == NO_DUE_DATE else due - timedelta(hours=chosen.randint(1, 30)),
    }


def view_of(session: Session, claims: Claims, actor: Actor, key: str = "adjuster") -> View:
    known = task_filters.known(session, ["claims.auto"])
    _, reach = worklist.queue(session, actor, key)
    day = task_filters.day_of(claims.now, known.zone)
    return View(reach, day, kinds=known.kinds, me=actor.user_id)


def every_line(session: Session, view: View) -> list[TaskLine]:
    """All pages of a list."""
    lines: list[TaskLine] = []
    after = None
    while True:
        page = worklist.look(session, view, after)
        lines += page.lines
        after = page.next
        if after is None:
            return lines


def belongs(view: View, row: HumanTaskRow, about: str, stages: Mapping[str, str]) -> bool:
    """What a list should show, said of one task and without any index; `about` is all that it is found by."""
    now, wanted, held = view.day.now, view.wanted, row.assignee_id
    tabs: Mapping[Tab, bool] = {
        Tab.OPEN: True,
        Tab.MINE: held == view.me,
        Tab.UNASSIGNED: held is None,
        Tab.OVERDUE: row.due_at < now,
        Tab.TODAY: now <= row.due_at < view.day.ends,
        Tab.AT_RISK: row.warn_at is not None and row.warn_at <= now <= row.due_at,
    }
    level = Level.HIGH if row.priority <= 2 else Level.NORMAL if row.priority == 3 else Level.LOW
    return (
        row.state == TaskRowState.OPEN
        and row.queue_id in (view.reach.numbers or ())
        and tabs[view.tab]
        and (not wanted.types or row.definition in wanted.types)
        and (not wanted.stages or stages[row.definition] in wanted.stages)
        and (not wanted.levels or level in wanted.levels)
        and all(word in about.lower() for word in wanted.text.lower().split())
    )


@pytest.mark.parametrize("seed", range(2))
def test_each_tab_and_filter_shows_the_tasks_it_means_in_their_order_and_counts_them(
    claims: Claims, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(worklist, "PAGE", 7)
    scatter(claims, seed, 60)
    with claims.transaction() as session:
        whole = view_of(session, claims, claims.staff["adam"])
        stages = {kind.id: kind.stage for kind in whole.kinds}
        cases = {row.id: f"{row.business_key} {row.title}" for row in session.query(CaseInstanceRow)}
        rows = sorted(session.query(HumanTaskRow), key=lambda row: (row.due_at, row.priority, row.id))
        found = 0
        for wanted in FILTERS:
            narrowed = replace(whole, wanted=wanted)
            counts = worklist.counts(session, narrowed, tuple(Tab))
            for tab in Tab:
                view = replace(narrowed, tab=tab)
                lines = every_line(session, view)
                about = {row.id: f"{row.name} {cases[row.case_id]}" for row in rows}
                right = [row.id for row in rows if belongs(view, row, about[row.id], stages)]
                assert [line.id for line in lines] == right, (wanted, tab)
                assert str(counts.tabs[tab]) == str(len(right)), (wanted, tab)
                groups = worklist.counts(session, view, ()).groups
                there = Counter(task_filters.group_of(line.due_at, view.day) for line in lines)
                assert {group: count.number for group, count in groups.items() if count} == there
                picked = [task for task, _ in worklist.all_of(session, view)]
                assert picked == right
                found += len(right)
        assert found > 200


def test_a_filter_looks_only_so_far_says_so_and_finds_the_rest_on_the_next_pages(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    scatter(claims, 7, 60)
    with claims.transaction() as session:
        view = replace(view_of(session, claims, claims.staff["adam"]), wanted=Filter(types=("T4",)))
        whole = [line.id for line in every_line(session, view)]
        monkeypatch.setattr(worklist, "COUNTED_TO", 10)
        first = worklist.look(session, view)
        count = worklist.counts(session, view, (Tab.OPEN,)).tabs[Tab.OPEN]
        assert first.is_partial
        assert len(first.lines) < len(whole)
        assert [line.id for line in every_line(session, view)] == whole
        assert str(count).endswith("+")
        assert count.number <= len(whole)


def test_a_list_costs_as_many_statements_with_many_tasks_as_with_few(claims: Claims) -> None:
    scatter(claims, 1, 8)
    few = statements(claims)
    scatter(claims, 2, 90, first=3)
    assert statements(claims) == few


def test_the_next_task_is_one_that_this_person_may_go_on_with(claims: Claims) -> None:
    scatter(claims, 3, 40)
    adam = claims.staff["adam"]
    with claims.transaction() as session:
        view = view_of(session, claims, adam)
        lines = every_line(session, view)
        for line, others in zip(lines, (lines[at:] for at in range(1, len(lines))), strict=False):
            mine = [one for one in others if one.assignee_id in (None, adam.user_id)]
            found = worklist.following(session, view, line.key)
            assert found is not None
            if mine:
                assert found.id == mine[0].id
        last = worklist.following(session, view, lines[-1].key)
        first = next(line for line in lines if line.assignee_id in (None, adam.user_id))
        assert last is not None
        assert last.id == first.id


def test_a_saved_view_counts_what_it_opens_and_is_gone_with_the_right_to_its_queue(claims: Claims) -> None:
    scatter(claims, 5, 40)
    adam = claims.staff["adam"]
    kept = SavedView("Late settlements", "claims.auto:adjuster", "tab=overdue&type=T4")
    with claims.transaction() as session:
        people.keep_view(session, adam.user_id, kept)
        people.keep_view(session, adam.user_id, SavedView("Mine", "mine", "priority=high"))
    with claims.transaction() as session:
        view = replace(view_of(session, claims, adam), tab=Tab.OVERDUE, wanted=Filter(types=("T4",)))
        lines = saved_views.of(session, adam, claims.now)
        assert [line.name for line in lines] == ["Late settlements", "Mine"]
        assert str(lines[0].count) == str(len(every_line(session, view)))
        assert lines[0].tab is Tab.OVERDUE
        outside = replace(adam, grants=frozenset())
        assert [line.name for line in saved_views.of(session, outside, claims.now)] == ["Mine"]
        people.drop_view(session, adam.user_id, "Late settlements")
        assert [line.name for line in saved_views.of(session, adam, claims.now)] == ["Mine"]


def test_a_view_without_a_name_and_one_too_many_are_refused(claims: Claims) -> None:
    adam = claims.staff["adam"].user_id
    with claims.transaction() as session:
        for number in range(kept_views.MOST):
            people.keep_view(session, adam, SavedView(f"View {number}", "mine", ""))
        people.keep_view(session, adam, SavedView("View 3", "mine", "tab=overdue"))
        with pytest.raises(Invalid, match="Remove one first"):
            people.keep_view(session, adam, SavedView("One more", "mine", ""))
        for name in ("", "   ", "x" * 61):
            with pytest.raises(Invalid, match="letters"):
                people.keep_view(session, adam, SavedView(name, "mine", ""))


def test_an_address_says_what_a_list_is_narrowed_to_and_nonsense_says_nothing() -> None:
    wanted = Filter("a b", ("T3",), ("Intake",), (Level.HIGH,))
    assert task_filters.read(task_filters.write(Tab.AT_RISK, wanted)) == (Tab.AT_RISK, wanted)
    assert task_filters.read("tab=none&priority=urgent&after=x&%ff=%00") == (Tab.OPEN, Filter())


def statements(claims: Claims) -> list[int]:
    """How many statements a page, its counts, the menu and saved views take."""
    adam = claims.staff["adam"]
    with claims.transaction() as session:
        view_of(session, claims, adam)
        view = replace(view_of(session, claims, adam), wanted=Filter(text="assess"), tab=Tab.AT_RISK)
        return [
            counted(session, lambda: view_of(session, claims, adam)),
            counted(session, lambda: worklist.look(session, replace(view, wanted=Filter(), tab=Tab.OPEN))),
            counted(session, lambda: worklist.counts(session, view, tuple(Tab))),
            counted(session, lambda: worklist.queues(session, adam)),
            counted(session, lambda: worklist.mine_count(session, adam)),
        ]


def counted(session: Session, work: Callable[[], object]) -> int:
    """The statements that some work takes."""
    seen: list[str] = []
    engine = session.connection().engine

    def note(_c: object, _k: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)
