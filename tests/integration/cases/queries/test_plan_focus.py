"""Of a plan that is seen first which lives, what led to it and what comes next; the rest is a count."""

from cases.policy.access import SYSTEM, Actor
from cases.queries import plan_picture, sight
from cases.queries.plan_picture import Picture
from cases.services.execution import Turn
from tests.integration.cases.queries.conftest import Claims


def drawn(claims: Claims, turn: Turn, actor: Actor = SYSTEM) -> Picture:
    with claims.transaction() as session:
        return plan_picture.focused(sight.of_id(session, turn.case_id, actor))


def test_finished_stages_are_one_box_and_what_lives_stands_open(claims: Claims) -> None:
    picture = drawn(claims, claims.triaged())
    shown = {shape.node.id: shape for shape in picture.shapes}
    assert shown["S1"].is_folded
    assert not shown["S3"].is_folded
    assert {"T3", "T4"} <= set(shown)
    assert not {"SV1", "SV2", "D1", "D2"} & set(shown)
    assert shown["T4"].waits[0] == shown["D6"].node.name


def test_what_cannot_come_any_more_is_counted_and_not_drawn(claims: Claims) -> None:
    picture = drawn(claims, claims.triaged())
    shown = {shape.node.id for shape in picture.shapes}
    assert not {"S2", "SV9", "NY4", "M7"} & shown
    assert picture.frame.rest.other >= 4
    assert [post.node.id for post in picture.way][:2] == ["S1", "S3"]


def test_a_line_leads_to_what_is_live_or_next_and_none_twice(claims: Claims) -> None:
    picture = drawn(claims, claims.triaged())
    assert len(picture.lines) == len({line.path for line in picture.lines})
    assert len(picture.lines) <= len(picture.shapes)
    assert [line for line in picture.lines if line.is_live]


def test_what_comes_next_names_only_what_may_still_happen(claims: Claims) -> None:
    upcoming = {one.node.id: one for one in drawn(claims, claims.triaged()).upcoming}
    assert "T4" in upcoming
    assert "S2" not in upcoming
    assert [part.name for part in upcoming["T4"].causes[0].parts] == ["Repair or total loss"]


def test_what_one_may_not_see_is_neither_drawn_nor_counted(claims: Claims) -> None:
    turn = claims.triaged()
    mine, whole = drawn(claims, turn, claims.staff["adam"]), drawn(claims, turn)
    assert mine.frame.rest.other < whole.frame.rest.other
    assert "NY4" not in {shape.node.id for shape in mine.shapes}
