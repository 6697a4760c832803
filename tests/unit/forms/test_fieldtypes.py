from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from forms import fieldtypes
from forms.definition import Field, FieldType


def field(type_: FieldType, **more: object) -> Field:
    return Field("x", type_, "X", **more)


STORED = [
    (None, None),
    (True, True),
    (3, 3),
    (Decimal(3), 3),
    (Decimal("1E+2"), 100),
    (Decimal("3.00"), Decimal("3.00")),
    (Decimal("NaN"), None),
    ("a", "a"),
    (date(2026, 3, 2), "2026-03-02"),
    (time(9, 30), "09:30:00"),
    (datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("America/New_York")), "2026-03-02T14:00:00Z"),
    (datetime(2026, 3, 2, 9), "2026-03-02T09:00:00"),  # noqa: DTZ001 - FEEL knows moments without a zone
    (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "0001-01-01T00:00:00+14:00"),
    (timedelta(days=1, hours=2), "P1DT2H"),
    ({"a": (1, Decimal("0.5"))}, {"a": [1, Decimal("0.5")]}),
    (object(), None),
]


@pytest.mark.parametrize(("value", "stored"), STORED)
def test_a_value_is_stored_as_json(value: object, stored: object) -> None:
    found = fieldtypes.store(value)
    assert found == stored
    assert type(found) is type(stored)


SETTLED = [
    (FieldType.MONEY, Decimal("1.005"), Decimal("1.00")),
    (FieldType.MONEY, Decimal("1.015"), Decimal("1.02")),
    (FieldType.MONEY, 3, Decimal("3.00")),
    (FieldType.MONEY, "3.5", Decimal("3.50")),
    (FieldType.MONEY, "lots", None),
    (FieldType.INTEGER, Decimal(4), 4),
    (FieldType.INTEGER, Decimal("4.5"), None),
    (FieldType.TEXT, 4, None),
    (FieldType.DATE, date(2026, 3, 2), date(2026, 3, 2)),
    (FieldType.DATE, "2026-03-02", date(2026, 3, 2)),
    (FieldType.BOOL, True, True),
    (FieldType.CHOICES, ["a", "b"], ["a", "b"]),
    (FieldType.COMPUTED, {"any": "thing"}, {"any": "thing"}),
    (FieldType.MONEY, None, None),
]


@pytest.mark.parametrize(("type_", "result", "value"), SETTLED)
def test_a_result_becomes_a_value_of_the_field(type_: FieldType, result: object, value: object) -> None:
    assert fieldtypes.settle(field(type_), result, UTC) == value
    assert fieldtypes.settle(field(FieldType.COMPUTED, shown_as=type_), result, UTC) == value


FAULTS = [
    (field(FieldType.INTEGER, minimum=Decimal(0), maximum=Decimal(100)), [-1, 101], [0, 100]),
    (field(FieldType.MONEY, minimum=Decimal("0.01")), [Decimal("0.00")], [Decimal("0.01")]),
    (field(FieldType.DATE, maximum=date(2026, 3, 2)), [date(2026, 3, 3)], [date(2026, 3, 2)]),
    (
        field(FieldType.DATETIME, minimum=datetime(2026, 3, 2, tzinfo=UTC)),
        [datetime(2026, 3, 1, 23, tzinfo=UTC)],
        [datetime(2026, 3, 2, tzinfo=UTC)],
    ),
    (field(FieldType.TEXT, min_length=2, max_length=3), ["a", "abcd"], ["ab", "äöü"]),
    (field(FieldType.TEXT), ["x" * 1_001], ["x" * 1_000]),
    (field(FieldType.LONG_TEXT, max_length=30_000), ["x" * 30_001], ["x" * 30_000]),
    (field(FieldType.CHOICES, max_length=1), [["a", "b"]], [["a"]]),
    (field(FieldType.TEXT, pattern="[A-Z]{2}-[0-9]{7}"), ["AB-123456", "xAB-1234567"], ["AB-1234567"]),
    (field(FieldType.TEXT, pattern="a|bc"), ["ac", "abc"], ["a", "bc"]),
    (field(FieldType.TEXT, pattern="(a+)+"), ["a" * 900 + "b"], ["a" * 900]),
    (field(FieldType.TEXT, format="vin"), ["1M8GDM9AXKP042789"], ["1M8GDM9AXKP042788"]),
    (field(FieldType.BOOL), [], [True, False]),
]


@pytest.mark.parametrize(("one", "bad", "good"), FAULTS)
def test_a_limit_is_a_limit(one: Field, bad: list[object], good: list[object]) -> None:
    for value in bad:
        assert len(fieldtypes.faults(one, value)) == 1
    for value in [*good, None]:
        assert fieldtypes.faults(one, value) == []


def test_a_moment_is_shown_where_the_form_stands() -> None:
    zone = ZoneInfo("America/New_York")
    assert fieldtypes.show(datetime(2026, 3, 2, 14, tzinfo=UTC), zone) == "2026-03-02T09:00"
    shown = [
        fieldtypes.show(value, UTC) for value in (None, True, False, 5, Decimal("1E+2"), date(2026, 3, 2))
    ]
    assert shown == ["", "true", "false", "5", "100", "2026-03-02"]


def test_what_is_no_pattern_says_why() -> None:
    for pattern in ("(", "(?=a)"):
        with pytest.raises(ValueError, match="not a pattern"):
            fieldtypes.matcher(pattern)
