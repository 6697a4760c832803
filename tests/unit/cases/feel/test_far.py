"""Years that the standard library does not hold, and billionths of a second (DMN 1.5, 10.3.2.3)."""

import pytest

from cases.feel import parse

VALUES: list[tuple[str, object]] = [
    ('string(date("-2017-12-31"))', "-2017-12-31"),
    ('string(date("-0001-01-01"))', "-0001-01-01"),
    ('string(date("999999999-12-31"))', "999999999-12-31"),
    ("string(date(-999999999, 12, 31))", "-999999999-12-31"),
    ('date("9999999999-12-31")', None),
    ('date("01211-12-31")', None),
    ('date("+99999-12-01")', None),
    ('date("-2017-02-29")', None),
    ('date("12000-02-29") = date(12000, 2, 29)', True),
    ('date("12000-02-29").year', 12000),
    ('date("-2017-03-04").month', 3),
    ('date("-2017-03-04").day', 4),
    ('date("12026-11-22").weekday', 7),
    ('day of week(date("12026-11-22"))', "Sunday"),
    ('day of year(date("12000-12-31"))', 366),
    ('week of year(date("12026-11-22"))', 47),
    ('month of year(date("-2017-03-04"))', "March"),
    ('string(last day of month(date("12000-02-01")))', "12000-02-29"),
    ('date("-2017-03-04") < date("2017-03-04")', True),
    ('date("2017-03-04") < date("-2017-03-04")', False),
    ('date("12026-03-04") >= date("12026-03-04")', True),
    ('date("12026-03-04") in [date("2026-01-01")..date("99999-01-01")]', True),
    ('date("12026-03-04") = date("2026-03-04")', False),
    ('string(date("9999-12-31") + duration("P1D"))', "10000-01-01"),
    ('date("10000-01-01") - duration("P1D") = date("9999-12-31")', True),
    ('string(date("0001-01-01") - duration("P1D"))', "0000-12-31"),
    ('string(date("9999-12-31") + duration("P1M"))', "10000-01-31"),
    ('string(date("10000-02-29") + duration("P1Y"))', "10001-02-28"),
    ('date("10000-03-01") - date("9999-03-01") = duration("P366D")', True),
    ('date("-2017-01-01") - date("2017-01-01") < duration("P0D")', True),
    ('string(years and months duration(date("9999-12-01"), date("10001-01-01")))', "P1Y1M"),
    ('string(date and time("99999-12-31T11:22:33"))', "99999-12-31T11:22:33"),
    ('string(date and time("-99999-12-31T11:22:33.5+01:35"))', "-99999-12-31T11:22:33.5+01:35"),
    ('string(date and time("12026-03-04T24:00:00"))', "12026-03-05T00:00:00"),
    ('string(date and time(date("12026-03-04"), time("10:00:00Z")))', "12026-03-04T10:00:00Z"),
    ('string(date and time(12026, 3, 4, 10, 0, 0, duration("PT2H")))', "12026-03-04T10:00:00+02:00"),
    ('string(date(date and time("12026-03-04T10:00:00")))', "12026-03-04"),
    ('string(time(date and time("12026-03-04T10:00:00Z")))', "10:00:00Z"),
    ('date and time("12026-03-04T10:00:00Z").hour', 10),
    ('date and time("12026-03-04T10:00:00Z") = date and time("12026-03-04T12:00:00+02:00")', True),
    ('date and time("12026-03-04T10:00:00Z") > date and time("2026-03-04T12:00:00Z")', True),
    ('date and time("2026-03-04T10:00:00Z") > date and time("12026-03-04T12:00:00Z")', False),
    ('string(date and time("9999-12-31T23:00:00Z") + duration("PT2H"))', "10000-01-01T01:00:00Z"),
    ('string(date and time("-2017-03-04T10:00:00") - duration("P400000D"))', "-3112-01-03T10:00:00"),
    (
        'date and time("10000-01-01T00:00:00Z") - date and time("9999-12-31T23:00:00Z") = duration("PT1H")',
        True,
    ),
    ('date and time("10000-01-01T00:00:00Z") - date and time("9999-12-31T23:00:00") = null', True),
    ('string(date and time("9999-12-31T23:30:00-01:00").time offset)', "-PT1H"),
    ('date and time("9999-12-31T23:30:00-01:00") < date and time("10000-01-01T01:00:00Z")', True),
    ('count(for day in date("9999-12-30")..date("10000-01-02") return day)', 4),
    ('date("12026-03-04") instance of date', True),
    ('date and time("12026-03-04T10:00:00") instance of date and time', True),
    ('string(date and time("2026-03-04T10:00:00.123456789"))', "2026-03-04T10:00:00.123456789"),
    (
        'string(date and time("2026-03-04T10:00:00.000000001@Europe/Paris"))',
        "2026-03-04T10:00:00.000000001@Europe/Paris",
    ),
    ('string(time("10:00:00.1234567Z"))', "10:00:00.1234567Z"),
    (
        'string(date and time(date("2026-03-04"), time("10:00:00.123456789")))',
        "2026-03-04T10:00:00.123456789",
    ),
    ('date and time("12026-03-04T10:00:00.000000001").second > 0', True),
    ('date("999999999-12-31") + duration("P1D")', None),
    ('date("-999999999-01-01") - duration("P1M")', None),
    ('date("999999999-12-31") - date("-999999999-01-01")', None),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_a_far_date_counts_like_any_other(text: str, value: object) -> None:
    assert parse(text).evaluate({}) == value
