from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from cases.cmmn import evaluation
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import IncidentRaised
from cases.cmmn.metamodel import Program
from tests.builders import case, human_task, program, when
from tests.unit.cases.cmmn.story import Story


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.25, Decimal("1.25")),
        (datetime(2026, 3, 1, 9, tzinfo=UTC), "2026-03-01T09:00:00Z"),
        (date(2026, 3, 1), "2026-03-01"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=2), "PT2H"),
        ((1, [True, None]), [1, [True, None]]),
        ({"a": {1: "x"}}, {"a": {"1": "x"}}),
    ],
)
def test_every_value_becomes_json(value, expected):
    assert evaluation.json_of(value) == expected


def test_what_is_no_value_is_refused():
    with pytest.raises(NotComputed, match="object"):
        evaluation.json_of({"a": object()})


def test_an_expression_sees_the_case_its_item_and_the_time_of_the_turn():
    ours = 'case.key = "CLM-2026-000007" and case.id = 7 and case.family = "claims"'
    seen = f'{ours} and item.name = "a" and item.index = 0'
    model = Program(
        case(human_task("a", manual=seen), human_task("b", manual="now() > date and time(due)")),
        family="claims",
    )
    Story(model).open(due="2026-03-02T13:59:59Z").has(a="enabled", b="enabled")
    Story(model).open(due="2026-03-02T14:00:01Z").has(b="active")


def test_an_expression_that_takes_too_many_steps_is_false_and_an_incident():
    endless = "count(for i in 1..1000000000 return i) > 5"
    story = (
        Story(program(human_task("a", exit=[when(condition=endless)]), human_task("keep")))
        .open()
        .has(a="active")
    )
    assert [event.code for event in story.events if isinstance(event, IncidentRaised)] == ["condition"]
