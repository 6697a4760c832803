"""The sheet of people and what it leads to: doors, rights, refusals in words, results and the undo."""

import re
from urllib.parse import quote

import pytest
from sqlalchemy import select

from cases.persistence.batches import BatchRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.tasks import HumanTaskRow
from cases.scheduler import worker
from cases.services import tasks
from tests.functional.app.conftest import Browser, Office, Page


def open_tasks(office: Office, definition: str = "T2") -> list[tuple[int, int | None]]:
    with office.transaction() as session:
        rows = session.execute(
            select(HumanTaskRow.id, HumanTaskRow.assignee_id)
            .where(HumanTaskRow.definition == definition, HumanTaskRow.state == 2)
            .order_by(HumanTaskRow.id)
        )
        return [(row[0], row[1]) for row in rows]


def picked(found: list[tuple[int, int | None]]) -> str:
    return " ".join(f"{task}:{person or ''}" for task, person in found)


def chosen(cora: Browser, picks: str) -> Page:
    return cora.post("/reassign", {"task": picks})


@pytest.fixture
def three(office: Office) -> list[tuple[int, int | None]]:
    for number in range(1, 4):
        office.triaged(number)
    found = open_tasks(office, "T3")
    assert len(found) == 3
    return found


def test_the_sheet_shows_who_may_take_the_tasks_and_why_the_others_may_not(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora = office.browser("cora")
    sheet = chosen(cora, picked(three))
    assert sheet.status == 200
    adam = sheet.one(f"//label[input[@value='{office.staff['adam'].user_id}']]")
    words = " ".join(adam.text_content().split())
    assert "Adam Olsen" in words
    assert "0 → 3" in words
    iris = sheet.one("//div[contains(@class, 'off')][@data-name='Iris Novak']")
    assert "none of their roles is asked for" in iris.text_content()
    assert not iris.xpath(".//input")
    assert not sheet.all("//input[@name='to'][@value='group']")


def test_tasks_are_given_to_somebody_who_is_told_and_given_back_by_undo(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora, adam = office.browser("cora"), office.staff["adam"].user_id
    chosen(cora, picked(three))
    answers = {"task": picked(three), "to": str(adam), "note": "Ana is ill", "told": "1", "tell": "1"}
    done = cora.post("/reassign/run", {**answers, "back": "/work/queue/adjuster?tab=overdue"})
    assert done.status == 303
    page = cora.get(done.location)
    assert "3 tasks moved to Adam Olsen" in page.text
    assert page.one("//nav[@class='crumb']/a").get("href") == "/work/queue/adjuster?tab=overdue"
    assert len(page.all("//ul[@class='res']/li")) == 3
    assert [person for _, person in open_tasks(office, "T3")] == [adam] * 3
    with office.transaction() as session:
        [notice] = session.scalars(select(NotificationRow).where(NotificationRow.user_id == adam))
        assert (notice.kind, (notice.details or {})["note"]) == ("assigned", "Ana is ill")
    undo = page.one("//form[contains(@action, '/undo')]").get("action")
    undone = cora.post(str(undo))
    assert undone.status == 303
    assert "3 tasks given back" in cora.get(undone.location).text
    assert [person for _, person in open_tasks(office, "T3")] == [None] * 3
    assert cora.post(str(undo)).status == 409


def test_who_does_not_tell_why_keeps_the_note_to_the_journal(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora, adam = office.browser("cora"), office.staff["adam"].user_id
    chosen(cora, picked(three))
    cora.post("/reassign/run", {"task": picked(three), "to": str(adam), "note": "slow", "told": "1"})
    with office.transaction() as session:
        [notice] = session.scalars(select(NotificationRow).where(NotificationRow.user_id == adam))
        assert (notice.details or {})["note"] == ""
        assert session.scalars(select(BatchRow.note)).one() == "slow"


def test_what_was_taken_meanwhile_is_reported_by_name(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora, ana = office.browser("cora"), office.staff["ana"]
    chosen(cora, picked(three))
    with office.transaction() as session:
        tasks.claim(session, three[0][0], ana, office.now)
    adam = str(office.staff["adam"].user_id)
    page = cora.get(cora.post("/reassign/run", {"task": picked(three), "to": adam}).location)
    assert "2 moved, 1 not" in page.text
    assert "Ana Lindqvist took it meanwhile." in page.one("//ul[@class='res']").text_content()
    [link] = page.all("//ul[@class='res']//a")
    assert link.get("href") == f"/tasks/{three[0][0]}"
    assert open_tasks(office, "T3")[0][1] == ana.user_id


def test_a_task_goes_back_to_the_group(office: Office, three: list[tuple[int, int | None]]) -> None:
    with office.transaction() as session:
        tasks.claim(session, three[0][0], office.staff["ana"], office.now)
    cora = office.browser("cora")
    picks = picked(open_tasks(office, "T3")[:1])
    assert chosen(cora, picks).one("//input[@name='to'][@value='group']") is not None
    page = cora.get(cora.post("/reassign/run", {"task": picks, "to": "group"}).location)
    assert "1 task moved to the group" in page.text
    assert open_tasks(office, "T3")[0][1] is None


def test_many_tasks_are_moved_by_a_job_and_the_page_says_how_far_it_is(office: Office) -> None:
    for number in range(1, 23):
        office.triaged(number)
    cora, found = office.browser("cora"), open_tasks(office, "T3")
    chosen(cora, picked(found))
    adam = str(office.staff["adam"].user_id)
    address = cora.post("/reassign/run", {"task": picked(found), "to": adam}).location
    waiting = cora.get(address)
    assert "Reassigning 22 tasks to Adam Olsen" in waiting.text
    assert waiting.one("//progress").get("value") == "0"
    worker.tick(office.transaction, office.now)
    assert "22 tasks moved to Adam Olsen" in cora.get(address).text


def test_nothing_chosen_nobody_chosen_and_nobody_there_are_said_in_words(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora = office.browser("cora")
    nothing = chosen(cora, "no task:at all")
    assert "Choose at least one task that is open." in nothing.text
    chosen(cora, picked(three))
    nobody = cora.post("/reassign/run", {"task": picked(three)})
    assert nobody.status == 422
    assert "Choose who is to have them." in nobody.text
    gone = cora.post("/reassign/run", {"task": picked(three), "to": "9999"})
    assert gone.status == 422
    assert "not here any more" in gone.text
    assert [person for _, person in open_tasks(office, "T3")] == [None] * 3
    assert cora.get("/reassign").status == 303
    assert cora.get("/reassign/run").status == 303


def test_an_address_of_another_site_is_no_way_back(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora = office.browser("cora")
    chosen(cora, picked(three))
    adam = str(office.staff["adam"].user_id)
    batch = cora.post("/reassign/run", {"task": picked(three), "to": adam}).location
    for back in ("https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "/["):
        sheet = cora.post("/reassign", {"task": picked(three), "back": back})
        assert "evil" not in str(sheet.one("//a[@data-close]").get("href"))
        crumb = cora.get(f"{batch}?back={quote(back)}").one("//nav[@class='crumb']/a")
        assert "evil" not in str(crumb.get("href"))


def test_a_referrer_that_is_no_address_is_no_way_back(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora = office.browser("cora")
    chosen(cora, picked(three))
    for referrer in ("http://[", "http://evil.example/work"):
        sheet = cora.post("/reassign", {"task": picked(three)}, Referer=referrer)
        assert sheet.one("//a[@data-close]").get("href") == "/workload"
    sheet = cora.post("/reassign", {"task": picked(three)}, Referer="http://localhost/work/mine?tab=open")
    assert sheet.one("//a[@data-close]").get("href") == "/work/mine?tab=open"


def test_who_hands_no_work_out_finds_all_these_doors_shut(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora, adam = office.browser("cora"), office.browser("adam")
    chosen(cora, picked(three))
    ana = str(office.staff["ana"].user_id)
    batch = cora.post("/reassign/run", {"task": picked(three), "to": ana}).location
    for path in ("/workload", "/workload/picks", f"/workload/{ana}", f"/workload/{ana}/picks", batch):
        assert adam.get(path).status == 403, path
    adam.get("/work/mine")
    for path in ("/reassign", "/reassign/run", re.sub(r"\?.*", "", batch) + "/undo"):
        assert adam.post(path, {"task": picked(three), "to": ana}).status == 403, path


def test_a_single_task_is_handed_over_by_the_same_sheet(
    office: Office, three: list[tuple[int, int | None]]
) -> None:
    cora = office.browser("cora")
    page = cora.get(f"/tasks/{three[0][0]}")
    form = page.one("//form[@action='/reassign']")
    task = form.xpath(".//input[@name='task']/@value")[0]
    assert task == f"{three[0][0]}:"
    assert "Reassign" in chosen(cora, task).text
