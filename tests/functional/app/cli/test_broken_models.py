"""A case app with a broken reference is refused with file, line and reason, and nothing of it is stored."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app.cli import models
from app.database import Database
from cases.persistence.definitions import DeploymentRow
from tests import factories

BROKEN = [
    ("claims.cmmn", 'definitionRef="d.T2"', 'definitionRef="d.T2x"'),
    ("claims.cmmn", 'sentryRef="if.T2.not-covered"', 'sentryRef="if.nothing"'),
    (
        "claims.cmmn",
        'id="on.SV3.policy-answered" sourceRef="SV1"',
        'id="on.SV3.policy-answered" sourceRef="SV99"',
    ),
    ("claims.cmmn", 'cw:form="T2"', 'cw:form="T77"'),
    ("claims.cmmn", 'cw:form="T2" cw:role="adjuster"', 'cw:form="T2" cw:role="astronaut"'),
    ("claims.cmmn", 'decisionRef="DT-CLM-2"', 'decisionRef="DT-CLM-99"'),
    ("claims.cmmn", 'cw:connection="pay"', 'cw:connection="bank"'),
    ("claims.cmmn", 'cw:operation="pay"', 'cw:operation="steal"'),
    ("claims.cmmn", 'T2.decision = "override_cover"', 'T2.decision = = "override_cover"'),
]
"""File, what stands in it, and what is written instead."""


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    folder = tmp_path / "claims"
    for name, data in factories.claims_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize(("name", "old", "new"), BROKEN, ids=lambda part: part[:40])
def test_a_broken_reference_is_refused_by_lint_and_by_deploy(
    claims: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str
) -> None:
    text = (claims / name).read_text()
    assert old in text
    (claims / name).write_text(text.replace(old, new, 1))
    line = text[: text.index(old)].count("\n") + 1
    monkeypatch.setenv("CASEWRIGHT_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CASEWRIGHT_DATA_DIR", str(claims.parent / "data"))
    for command, arguments in ((models.model, ["lint", str(claims)]), (models.deploy, [str(claims)])):
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == 1, done.output
        # The parser counts a tag that goes over two lines to the second.
        at = [
            one.removeprefix(f"{claims / name}:")
            for one in done.output.splitlines()
            if one.startswith((f"{claims / name}:{line}: ", f"{claims / name}:{line + 1}: "))
        ]
        assert at, done.output
        _, code, reason = at[0].split(": ", 2)
        assert code
        assert len(reason) > 10
        assert "Traceback" not in done.output
    with Database(sqlite_url) as database, database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeploymentRow)) == 0
