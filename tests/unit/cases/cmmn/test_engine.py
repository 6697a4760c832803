from tests.builders import human_task, milestone, on, program, stage, when
from tests.unit.cases.cmmn.story import Story


def test_a_chain_of_milestones_is_reached_in_one_turn():
    story = Story(
        program(
            human_task("sign"),
            milestone("signed", entry=[when(on("sign", "complete"))]),
            milestone("activated", entry=[when(on("signed", "occur"))]),
            stage("service", human_task("welcome"), entry=[when(on("activated", "occur"))]),
        )
    ).open()
    story.has(sign="active", signed="available", service="available")
    story.complete("sign", ok=True).has(
        sign="completed", signed="completed", activated="completed", service="active", welcome="active"
    )
    story.complete("welcome").has(service="completed", plan="completed")
    assert story.file["sign"] == {"ok": True}
