"""Due dates of people's tasks follow the data that they are made of, and nothing else."""

from cases.cmmn.commands import Resume, StartCase, Suspend
from cases.cmmn.effects import HumanTaskDue, HumanTaskOpened
from cases.cmmn.events import DueMoved, IncidentRaised
from cases.cmmn.workmodel import HumanTask
from tests.builders import Planned, file_item, human_task, planned, program, value, work
from tests.unit.cases.cmmn.story import Story

PROMISED = "= promise.day"


def dated(id_: str, due: str, **given: object) -> Planned:
    return planned(id_, HumanTask(f"d.{id_}", id_, due=value(due)), **given)


def opened(*items: Planned, **inputs: object) -> Story:
    roots = (file_item("promise"), file_item("other"))
    story = Story(program(*items, file=roots))
    return story.execute(StartCase(inputs=inputs))


def moves(story: Story) -> list[str | None]:
    return [effect.due for effect in story.effects if isinstance(effect, HumanTaskDue)]


def test_a_task_is_due_anew_when_the_date_that_it_names_changes() -> None:
    story = opened(dated("a", PROMISED), promise={"day": "2026-03-09"})
    story.write("promise.day", "2026-03-12")
    assert story.effects == [HumanTaskDue(1, "a", "2026-03-12")]
    assert [event.due for event in story.events if isinstance(event, DueMoved)] == ["2026-03-12"]


def test_what_leaves_the_text_as_it_was_moves_nothing() -> None:
    story = opened(dated("a", PROMISED), promise={"day": "2026-03-09", "by": "Ida"})
    assert not moves(story.write("promise.by", "Adam"))
    assert not moves(story.write("promise.day", "2026-03-09"))
    assert not moves(story.write("other", {"day": "2026-03-12"}))


def test_a_literal_due_date_never_moves() -> None:
    story = opened(dated("a", "8 bh"), promise={"day": "2026-03-09"})
    assert not moves(story.write("promise.day", "2026-03-12"))


def test_a_date_that_goes_takes_the_due_date_with_it_and_brings_it_back() -> None:
    story = opened(dated("a", PROMISED), promise={"day": "2026-03-09"})
    assert moves(story.write("promise", {})) == [None]
    assert moves(story.write("promise", {"day": "2026-03-10"})) == ["2026-03-10"]


def test_only_open_tasks_follow() -> None:
    story = opened(dated("a", PROMISED), dated("b", PROMISED), human_task("c"), promise={"day": "2026-03-09"})
    story.complete("a").write("promise.day", "2026-03-12")
    assert [effect.definition for effect in story.effects] == ["b"]


def test_a_suspended_task_follows_too() -> None:
    story = opened(dated("a", PROMISED), promise={"day": "2026-03-09"})
    story.execute(Suspend(item=1))
    assert moves(story.write("promise.day", "2026-03-12")) == ["2026-03-12"]
    assert not moves(story.execute(Resume(item=1)))


def test_a_task_that_begins_in_the_turn_is_due_by_what_the_turn_leaves_behind() -> None:
    """The second item does not block: it is over in the turn, and writes what the first is due by."""
    renewed = human_task("a", is_blocking=False, work=work(outputs={"promise.day": '"2026-03-20"'}))
    story = opened(dated("b", PROMISED), renewed, promise={"day": "2026-03-09"})
    begun = [effect.due for effect in story.effects if isinstance(effect, HumanTaskOpened)]
    assert begun == ["2026-03-20"]
    assert not moves(story)
    assert not [event for event in story.events if isinstance(event, DueMoved)]


def test_a_due_date_that_cannot_be_computed_any_more_stays_and_an_incident_says_so() -> None:
    story = opened(
        dated("a", "= if promise.day = null then (function(x) x) else promise.day"),
        promise={"day": "2026-03-09"},
    )
    story.write("promise", {})
    assert not moves(story)
    assert [event.code for event in story.events if isinstance(event, IncidentRaised)] == ["due"]
