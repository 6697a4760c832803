"""My inbox and the queues of my roles."""

import pytest

from cases.policy.access import INSTALLATION
from cases.services import people
from tests import factories
from tests.functional.app.conftest import Browser, Office


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


def test_each_tab_opens_as_many_rows_as_it_says(office: Office) -> None:
    for number in range(1, 4):
        office.triaged(number)
    adam = office.browser("adam")
    adam.get("/work/queue/adjuster")
    adam.post(f"/tasks/{_first_task(adam)}/claim")
    for link in adam.get("/work/queue/adjuster").all("//nav[contains(@class, 'tabs')]/a"):
        rows = adam.get(str(link.get("href"))).all("//li[contains(@class, 'row1')]")
        assert link.xpath("./span")[0].text_content() == str(len(rows)), link.text_content()


def test_what_a_list_is_narrowed_to_stands_on_chips_that_take_it_away(office: Office) -> None:
    office.triaged()
    adam = office.browser("adam")
    page = adam.get("/work/queue/adjuster?q=assess&stage=Adjustment&priority=low")
    assert "Nothing here matches the filter" in page.text
    chips = page.all("//a[contains(@class, 'chip')]")
    assert [" ".join(chip.text_content().split()) for chip in chips] == [
        "Text assess",
        "Stage Adjustment",
        "Priority Low",
    ]
    without = adam.get(str(chips[2].get("href")))
    assert len(without.all("//li[contains(@class, 'row1')]")) == 1
    assert (
        "Adjustment"
        in without.one("//li[contains(@class, 'row1')]//*[contains(@class, 'st')]").text_content()
    )


def test_a_view_is_kept_stands_in_the_menu_with_its_count_and_can_be_removed(office: Office) -> None:
    office.triaged()
    adam, ana = office.browser("adam"), office.browser("ana")
    view = {"place": "claims.auto:adjuster", "query": "tab=unassigned&q=assess"}
    address = "/work/queue/claims.auto:adjuster?tab=unassigned&q=assess"
    assert adam.post("/work/views", {**view, "name": "To take"}).location == address
    page = adam.get(address)
    link = page.one(f"//aside//a[@href='{address}']")
    assert link.get("aria-current") == "page"
    assert " ".join(link.text_content().split()) == "To take1"
    assert "To take" not in ana.get("/work/mine").text
    adam.post("/work/views/drop", {**view, "name": "To take"})
    assert not adam.get(address).all(f"//aside//a[@href='{address}']")
    assert adam.post("/work/views", {**view, "name": " "}).location == address
    assert "letters" in adam.get(address).text


def test_only_who_hands_out_work_can_pick_rows(office: Office) -> None:
    office.triaged()
    adam, cora = office.browser("adam"), office.browser("cora")
    queue = "/work/queue/claims.auto:adjuster"
    assert not adam.get(queue).all("//input[@data-pick]")
    assert adam.get(f"{queue}?picks=1").status == 404
    box = cora.get(queue).one("//input[@data-pick]")
    assert cora.get(f"{queue}?picks=1").raw == box.get("value")
    assert not cora.get(queue).all("//button[@data-claim]")


def test_who_claims_stays_with_the_task_and_who_gives_it_back_goes_on_to_the_next(office: Office) -> None:
    for number in (1, 2):
        office.triaged(number)
    adam = office.browser("adam")
    rows = adam.get("/work/queue/adjuster").all("//button[@data-claim]")
    first, second = (str(row.get("formaction")).split("/")[2] for row in rows)
    back = str(rows[0].get("value"))
    assert adam.post(f"/tasks/{first}/claim", {"back": back}).location == back
    assert adam.get(back).location.endswith(f"open={first}")
    assert adam.get(f"{back}&page=1").location.startswith(f"/tasks/{first}?back=")
    adam.post(f"/tasks/{first}/release", {"back": back})
    assert adam.get(back).location.endswith(f"open={second}")


def _first_task(browser: Browser) -> str:
    page = browser.get("/work/queue/adjuster")
    return str(page.all("//li[contains(@class, 'row1')]")[0].get("id")).removeprefix("task-")
