"""S15, S16, S17, S18, S28: what one may not see is nowhere, and what people wrote is only ever text."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.cli.cases import case
from cases.persistence.base import Base
from cases.persistence.people import UserRow
from cases.services import people
from tests import factories
from tests.functional.app.conftest import Office

HIDDEN = "Timbuktu"
POLYGLOT = "\"'><img src=x onerror=alert(1)></textarea></script><svg/onload=alert(2)>javascript:{{7*7}}${7*7}"


def test_s16_what_a_role_may_not_see_is_in_no_view_of_the_case(app: Flask, office: Office) -> None:
    turn = office.triaged(1, note=HIDDEN, watchReason=HIDDEN)
    key = turn.business_key
    addresses = [
        f"/cases/{key}",
        f"/cases/{key}?plan=all",
        f"/cases?q={key}",
        "/work/queue/adjuster",
        "/work/mine",
    ]
    adam = office.browser("adam")
    for address in addresses:
        page = adam.get(address)
        assert page.status == 200
        assert HIDDEN not in page.raw, address
    run = app.test_cli_runner().invoke
    assert HIDDEN not in run(case, ["show", key, "--json", "--as", "adam"]).output
    assert HIDDEN not in run(case, ["show", key, "--as", "adam"]).output
    # The canary is there, or nothing was shown: who may see it does.
    assert HIDDEN in run(case, ["show", key, "--json", "--as", "ida"]).output
    assert HIDDEN in office.browser("ida").get(f"/cases/{key}").raw


def test_s16_an_answer_is_shown_to_those_alone_who_may_read_its_field(app: Flask, office: Office) -> None:
    """The form of T3 says who reads its notes; the answer lies in the case file, for everybody to see."""
    turn = office.triaged()
    answer = {"notes": HIDDEN, "outcome": "repair"}
    factories.answer_step(office.transaction, turn.case_id, "T3", answer, office.now)
    key = turn.business_key
    run = app.test_cli_runner().invoke
    for name, sees in (("paul", False), ("adam", True)):
        shown = run(case, ["show", key, "--json", "--as", name])
        assert shown.exit_code == 0, shown.output
        pages = [
            shown.output,
            run(case, ["show", key, "--as", name]).output,
            office.browser(name).get(f"/cases/{key}").raw,
            office.browser(name).get(f"/cases/{key}?plan=all").raw,
        ]
        assert any(HIDDEN in page for page in pages) is sees, name
        assert "repair" in shown.output


def test_s15_s18_who_has_no_role_in_a_family_learns_nothing_of_it(office: Office) -> None:
    turn = office.triaged()
    with office.transaction() as session:
        number = people.create_user(session, "nell", "Nell", factories.password_hash(), office.now)
    browser = office.browser()
    assert browser.sign_in("nell").status == 303
    assert number
    missing = browser.get("/cases/CLM-2026-999999")
    for address in (f"/cases/{turn.business_key}", "/tasks/1", f"/cases/{turn.business_key}/events/1"):
        page = browser.get(address)
        assert page.status == 404
        assert page.text.replace("no such task", "no such case") == missing.text
    for address in ("/cases", f"/cases?q={turn.business_key}"):
        page = browser.get(address)
        assert page.status in (200, 403)
        assert "Ilse" not in page.raw
        assert f'href="/cases/{turn.business_key}' not in page.raw


def test_s17_no_column_of_a_row_can_be_written_by_naming_it(office: Office) -> None:
    office.triaged()
    columns = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
    browser = office.browser("adam")
    with office.database.reading() as session:
        before = session.execute(select(UserRow.__table__).order_by(UserRow.id)).all()
        users = session.scalar(select(func.count()).select_from(UserRow))
    data = dict.fromkeys(sorted(columns)[:900], "1")
    for address in (
        "/tasks/1/draft",
        "/tasks/1/complete",
        "/tasks/1/claim",
        "/theme",
        "/cases/CLM-2026-000001/start/1",
    ):
        assert browser.post(address, data).status < 500
    with office.database.reading() as session:
        assert session.execute(select(UserRow.__table__).order_by(UserRow.id)).all() == before
        assert session.scalar(select(func.count()).select_from(UserRow)) == users


@pytest.mark.parametrize("place", ["description", "lossType", "name"])
def test_s28_what_people_wrote_is_text_wherever_it_is_shown(office: Office, place: str) -> None:
    claim: dict[str, object] = dict(factories.CLAIM["claim"])  # type: ignore[call-overload]
    claimant = {"name": "Ilse", "email": "i@example.org"}
    (claimant if place == "name" else claim)[place] = POLYGLOT
    turn = office.claim(1, claim=claim, claimant=claimant)
    factories.triage(office.transaction, turn.case_id, office.now)
    browser = office.browser("adam")
    shown = 0
    for address in (
        f"/cases/{turn.business_key}",
        f"/cases/{turn.business_key}?plan=all",
        "/cases",
        "/work/queue/adjuster",
        "/cases?q=" + "%22%3E%3Csvg%2Fonload%3Dalert(2)%3E",
    ):
        page = browser.get(address)
        assert page.status == 200
        assert not page.all("//img[@onerror] | //svg[@onload] | //*[@onload] | //*[@onerror]"), address
        assert not page.all("//a[starts-with(@href, 'javascript:')]")
        shown += "onerror=alert(1)" in page.text
    if place != "lossType":
        assert shown
