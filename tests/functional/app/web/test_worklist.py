"""My inbox and the queues of my roles."""

import pytest

from cases.policy.access import INSTALLATION
from cases.services import people
from tests import factories
from tests.functional.app.conftest import Office


def test_an_empty_inbox_says_where_work_is(office: Office) -> None:
    office.triaged()
    page = office.browser("adam").get("/work/mine")
    assert "Nothing is on your desk" in page.text
    assert page.one("//section//a[contains(@href, '/work/queue/')]").get("href").endswith("adjuster")


def test_a_task_waits_in_the_queue_of_its_role_until_somebody_takes_it(office: Office) -> None:
    turn = office.triaged()
    adam, ana = office.browser("adam"), office.browser("ana")
    row = adam.get("/work/queue/adjuster").one("//li[contains(@class, 'row1')]")
    assert "Assess damage and liability" in row.text_content()
    assert turn.business_key in row.text_content()
    link = row.xpath(".//a/@href")[0]
    task = link.partition("?")[0]
    adam.get(link)
    assert adam.post(f"{task}/claim").location == task
    assert "Assess damage and liability" in adam.get("/work/mine").text
    assert "Adam Olsen" in ana.get("/work/queue/adjuster").one(
        "//li[@data-panel]//*[@role='img'][@title='Adam Olsen']"
    ).get("title")
    assert "Everything has somebody" in ana.get("/work/queue/adjuster?tab=unassigned").text


def test_counts_equal_the_lists_behind_them(office: Office) -> None:
    for number in range(1, 4):
        office.triaged(number)
    browser = office.browser("adam")
    page = browser.get("/work/queue/adjuster")
    shown = page.all("//li[contains(@class, 'row1')]")
    tab = page.one("//nav[contains(@class, 'tabs')]//a[@aria-current]/span")
    menu = page.one("//aside//a[@aria-current]//span[@class='c']")
    assert tab.text_content() == menu.text_content() == str(len(shown)) == "3"


@pytest.mark.parametrize(
    "key", ["siu_investigator", "claims.auto:siu_investigator", "nobody", "other:adjuster"]
)
def test_the_queue_of_a_role_that_one_has_not_is_not_there(office: Office, key: str) -> None:
    assert office.browser("adam").get(f"/work/queue/{key}").status == 404


def test_a_supervisor_looks_into_every_queue_of_the_family(office: Office) -> None:
    office.triaged()
    page = office.browser("cora").get("/work/queue/claims.auto:adjuster")
    assert len(page.all("//li[contains(@class, 'row1')]")) == 1


def test_a_page_that_has_not_changed_is_not_sent_again(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    first = browser.get("/work/queue/adjuster")
    again = browser.get("/work/queue/adjuster", **{"If-None-Match": first.response.headers["ETag"]})
    assert again.status == 304
    office.triaged(2)
    changed = browser.get("/work/queue/adjuster", **{"If-None-Match": first.response.headers["ETag"]})
    assert changed.status == 200


def test_a_key_of_a_page_that_is_none_begins_at_the_first(office: Office) -> None:
    office.triaged()
    for after in ("nonsense", "2026_1_x", "2026-01-01T00:00:00_1_1", "'; drop table"):
        page = office.browser("adam").get(f"/work/queue/adjuster?after={after}")
        assert len(page.all("//li[contains(@class, 'row1')]")) == 1


def test_a_due_date_is_told_in_the_zone_of_the_case_with_its_name(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    row = browser.get("/work/queue/adjuster").one("//li[contains(@class, 'row1')]")
    due = str(row.xpath(".//*[contains(@class, 'sla')]//@title")[0])
    assert due.endswith((" EST", " EDT"))
    task = browser.get(str(row.xpath(".//a/@href")[0]))
    assert due in {str(title) for title in task.all("//h1/following-sibling::*/@title")}


def test_who_looks_after_the_installation_alone_is_told_why_there_are_no_cases(office: Office) -> None:
    office.triaged()
    adam = office.staff["adam"].user_id
    with office.transaction() as session:
        people.revoke(session, adam, factories.CLAIMS, "adjuster", office.now)
        people.grant(session, adam, INSTALLATION, "administrator", office.now)
    page = office.browser("adam").get("/cases")
    assert page.status == 200
    assert "You have no right to see cases here" in page.text
    assert "There are no cases yet" not in page.text
