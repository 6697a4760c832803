import pytest

from cases.cmmn import agenda, engine
from cases.cmmn.commands import Complete, OccurUser, Refused, WriteFile
from tests.builders import file_item, human_task, milestone, on, program, user_listener, when
from tests.unit.cases.cmmn.story import Story


def endless():
    return Story(
        program(
            user_listener("go"),
            human_task(
                "ping",
                is_blocking=False,
                repeat=True,
                entry=[when(on("/trigger", "create")), when(on("pong", "complete"))],
            ),
            human_task("pong", is_blocking=False, repeat=True, entry=[when(on("ping", "complete"))]),
            human_task(
                "poll",
                is_blocking=False,
                repeat=True,
                manual="false",
                entry=[when(on("go", "occur")), when(on("poll", "complete"))],
            ),
            human_task("quiet"),
            file=[file_item("trigger")],
        )
    ).open()


@pytest.mark.parametrize(
    "command", [OccurUser(item=1), WriteFile(path=("trigger",), value={"start": 1}, mode="create")]
)
def test_a_command_that_would_never_come_to_rest_is_refused_as_a_whole(command):
    story = endless()
    assert story.refused(command) == "E-DIVERGED"
    story.has(go="available", ping="available", poll="available")
    assert story.file == {}
    story.complete("quiet").has(quiet="completed")


def test_the_refusal_shows_the_last_transitions_of_the_circle():
    story = endless()
    with pytest.raises(Refused, match=r"ping complete, .*pong") as refused:
        engine.execute(story.case, WriteFile(path=("trigger",), value=1, mode="create"), story.now)
    assert refused.value.message.count(",") < agenda._SHOWN


def test_so_many_instances_of_one_item_may_live_in_one_case(monkeypatch):
    monkeypatch.setattr(agenda, "MAX_LIVE", 3)
    story = Story(
        program(
            user_listener("go", repeatable=True),
            human_task("a", repeat=True, entry=[when(on("go", "occur"))]),
        )
    ).open()
    for _ in range(3):
        story.occur("go")
    assert story.refused(OccurUser(item=story.one("go").iid)) == "E-DIVERGED"


@pytest.mark.parametrize("limit", ["MAX_WAVES", "MAX_TRANSITIONS"])
def test_waves_and_transitions_of_a_turn_are_counted(monkeypatch, limit):
    chain = [
        milestone(
            f"m{place}",
            entry=[when(on(f"m{place - 1}" if place else "a", "complete" if not place else "occur"))],
        )
        for place in range(20)
    ]
    story = Story(program(human_task("a"), *chain)).open()
    monkeypatch.setattr(agenda, limit, 10)
    assert story.refused(Complete(item=1)) == "E-DIVERGED"
