"""Models that read well and strand a case all the same: each way is told, and of its repair nothing is."""

# ruff: noqa: E501 - XML in a row.

import pytest

from cases.caseapp import lint, reader

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:cw="https://casewright.org/cmmn"'
    ' id="d" targetNamespace="urn:x"><case id="c" name="C"><casePlanModel id="plan" name="Plan">'
)
REQUIRED = "<itemControl><requiredRule/></itemControl>"
REPEATS = "<itemControl><repetitionRule/></itemControl>"
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="D" name="D" namespace="urn:d">
<inputData id="i" name="A"/><decision id="rate" name="rate">
<informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
<decisionTable hitPolicy="FIRST"><input><inputExpression><text>A.sum</text></inputExpression></input>
<output name="way"/><rule><inputEntry><text>&lt;5</text></inputEntry><outputEntry><text>"fast"</text></outputEntry></rule>
<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"slow"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def item(id_: str, *inside: str, of: str = "t") -> str:
    return f'<planItem id="{id_}" definitionRef="{of}">{"".join(inside)}</planItem>'


def entry(sentry: str) -> str:
    return f'<entryCriterion id="e.{sentry}" sentryRef="{sentry}"/>'


def leave(sentry: str) -> str:
    return f'<exitCriterion id="x.{sentry}" sentryRef="{sentry}"/>'


def sentry(id_: str, *parts: str) -> str:
    return f'<sentry id="{id_}">{"".join(parts)}</sentry>'


def on(source: str, event: str = "complete") -> str:
    return f'<planItemOnPart sourceRef="{source}"><standardEvent>{event}</standardEvent></planItemOnPart>'


def asks(text: str) -> str:
    return f"<ifPart><condition>{text}</condition></ifPart>"


def stage(id_: str, *lines: str) -> str:
    return f'<stage id="{id_}" name="{id_}">{"".join(lines)}</stage>'


TASK = '<humanTask id="t" name="Task"/>'


def told(*lines: str, table: str = "") -> set[tuple[str, str]]:
    files = {"m.cmmn": f"{HEAD}{''.join(lines)}</casePlanModel></case></definitions>".encode()}
    if table:
        files["t.dmn"] = table.encode()
    found = lint.check(reader.read(files))
    assert not lint.errors(found)
    return {(one.problem.code, one.problem.where) for one in found if one.problem.code.startswith("C-")}


def required(waits_for: str) -> tuple[str, ...]:
    return (item("A"), item("M", REQUIRED, entry("s"), of="m"), sentry("s", on(waits_for, "occur" if waits_for == "M" else "complete")), TASK, '<milestone id="m" name="M"/>')  # fmt: skip


def left(condition: str, other: str) -> tuple[str, ...]:
    """Task A ends the stage, and makes a milestone inside it happen."""
    return (
        item("A"), item("S", leave("x"), of="st"), sentry("x", on("A"), condition), TASK,
        stage("st", item("W"), item("M", entry("s"), of="m"), sentry("s", on("A"), other), '<milestone id="m" name="M"/>'),
    )  # fmt: skip


def loop(control: str) -> tuple[str, ...]:
    """Item B begins after A, and after C, which comes only after B."""
    return (
        item("A"), item("B", control, entry("s1"), entry("s2")), item("C", entry("s3")),
        sentry("s1", on("A")), sentry("s2", on("C")), sentry("s3", on("B")), TASK,
    )  # fmt: skip


def old(*waits: str) -> tuple[str, ...]:
    """Item B asks for the answer of R, which may be given many times."""
    return (
        item("A"), item("R", REPEATS), item("B", entry("s")),
        sentry("s", *(on(one) for one in waits), asks("R.outcome = 1")), TASK,
    )  # fmt: skip


def approved(control: str, more: str = "") -> tuple[str, ...]:
    second = item("T2", of="two") if more else ""
    return (
        item("T", control, of="one"),
        second,
        '<humanTask id="one" name="Approve" cw:approvals="2"/>',
        more,
    )


def decided(*conditions: str) -> tuple[str, ...]:
    asked = "".join(item(f"B{place}", entry(f"s{place}")) for place in range(len(conditions)))
    sentries = "".join(sentry(f"s{place}", on("D"), asks(text)) for place, text in enumerate(conditions))
    task = '<decisionTask id="dt" name="Rate" decisionRef="rate"><extensionElements><cw:in name="A">A</cw:in></extensionElements></decisionTask>'
    return (item("A"), item("D", of="dt"), asked, sentries, TASK, task)


@pytest.mark.parametrize(
    ("code", "where", "faulty", "sound"),
    [
        ("C-07", "M", required("M"), required("A")),
        ("C-08", "e.s", left("", ""), left(asks("A.outcome = 1"), asks("A.outcome = 2"))),
        ("C-09", "e.s2", loop(""), loop(REPEATS)),
        ("C-10", "s", old("A"), old("A", "R")),
        ("C-11", "T", approved(""), approved(REPEATS)),
        ("C-11", "T", approved(""), approved("", '<humanTask id="two" name="Second" cw:fourEyes="T"/>')),
    ],
    ids=["required", "left", "loop", "old answer", "second approval", "second approval by a twin"],
)
def test_a_flaw_that_survives_a_careful_read_is_told(
    code: str, where: str, faulty: tuple[str, ...], sound: tuple[str, ...]
) -> None:
    assert (code, where) in told(*faulty)
    assert code not in {found for found, _ in told(*sound)}


def test_an_outcome_of_a_decision_that_no_condition_asks_for_is_told() -> None:
    fast, slow = 'D.way = "fast"', 'D.way = "slow"'
    assert ("C-12", "D") in told(*decided(fast), table=TABLE)
    assert ("C-12", "D") not in told(*decided(fast, slow), table=TABLE)
    assert ("C-12", "D") not in told(*decided("D.way = A.way"), table=TABLE)


def test_what_was_put_right_in_reading_is_a_warning_with_its_line() -> None:
    text = f"{HEAD}{TASK}\n{item('A')}</casePlanModel></case></definitions>"
    found = lint.check(reader.read({"m.cmmn": text.encode()}))
    [put_right] = [one for one in found if one.problem.code == "V-03"]
    assert not put_right.is_error
    assert (put_right.problem.file, put_right.problem.line) == ("m.cmmn", 1)
