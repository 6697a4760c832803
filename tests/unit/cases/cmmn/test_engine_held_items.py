from cases.cmmn.commands import (
    Complete,
    ExitFailed,
    Fail,
    Proceed,
    Reactivate,
    Resume,
    ResumeCase,
    Suspend,
    SuspendCase,
)
from cases.cmmn.effects import HumanTaskOpened, WorkCancelled, WorkOpened
from tests.builders import having, human_task, program, stage, task
from tests.unit.cases.cmmn.story import Story


def held():
    return Story(program(having(human_task("a"), is_async=True), human_task("b"))).open()


def of_job(story):
    return [type(one) for one in story.effects if isinstance(one, WorkOpened | WorkCancelled)]


def test_a_suspended_item_has_its_job_again_when_it_is_resumed():
    story = held().execute(Suspend(item=1))
    assert of_job(story) == [WorkCancelled]
    assert story.refused(Proceed(item=1)) == "E-SUSPENDED"
    story.execute(Resume(item=1))
    assert of_job(story) == [WorkOpened]
    story.execute(Proceed(item=1))
    assert [one.item for one in story.effects if isinstance(one, HumanTaskOpened)] == [1]


def test_what_leaves_asynchronously_leaves_after_a_suspension_of_its_case():
    story = Story(program(stage("s", having(task("a"), leaves_async=True)), human_task("b"))).open()
    story.complete("a").execute(SuspendCase())
    assert of_job(story) == [WorkCancelled]
    story.execute(ResumeCase())
    assert of_job(story) == [WorkOpened]
    story.execute(Proceed(item=story.one("a").iid)).has(a="completed")


def test_what_has_not_begun_cannot_be_completed():
    story = held()
    assert story.refused(Complete(item=1)) == "E-STATE"
    story.execute(Proceed(item=1)).complete("a").has(a="completed")


def test_what_failed_before_it_began_begins_when_it_tries_again():
    story = held().execute(Fail(item=1, code="X"))
    assert of_job(story) == [WorkCancelled]
    story.execute(Reactivate(item=1))
    assert [one.item for one in story.effects if isinstance(one, HumanTaskOpened)] == [1]
    story.complete("a").has(a="completed")


def test_what_failed_before_it_began_is_abandoned_without_a_job():
    story = held().execute(Fail(item=1, code="X")).execute(ExitFailed(item=1))
    assert of_job(story) == []
    story.has(a="terminated")
