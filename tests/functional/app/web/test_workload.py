"""The board of those who hand work out, and the handing over of one task."""

import re
from datetime import timedelta

from sqlalchemy import select, update

from cases.persistence.tasks import HumanTaskRow
from cases.services import tasks
from tests.functional.app.conftest import Office, Page


def due_in(office: Office, hours: dict[int, float]) -> list[int]:
    """Let the decisions of these claims be due in so many hours; the numbers of the tasks."""
    with office.transaction() as session:
        found = session.scalars(
            select(HumanTaskRow.id)
            .where(HumanTaskRow.definition == "T3", HumanTaskRow.state == 2)
            .order_by(HumanTaskRow.id)
        ).all()
        for number, left in hours.items():
            due = office.now + timedelta(hours=left)
            session.execute(
                update(HumanTaskRow)
                .where(HumanTaskRow.id == found[number - 1])
                .values(due_at=due, warn_at=due - timedelta(hours=4))
            )
    return list(found)


def rows(page: Page) -> list[str]:
    return [str(row.get("id")) for row in page.all("//li[contains(@class, 'row1')]")]


def test_the_board_shows_the_most_overdue_first_and_each_figure_is_its_list(office: Office) -> None:
    for number in range(1, 5):
        office.triaged(number)
    late, later, risky, calm = due_in(office, {1: -2, 2: -30, 3: 1, 4: 200})
    cora = office.browser("cora")
    board = cora.get("/workload")
    assert rows(board) == [f"task-{later}", f"task-{late}", f"task-{risky}"]
    for figure in board.all("//nav[@class='figs']/a"):
        listed = rows(cora.get(figure.get("href")))
        assert figure.text_content().split()[-1] == str(len(listed)), figure.get("href")
    picks = cora.get("/workload/picks?show=overdue").raw
    assert picks == f"{later}:\n{late}:"
    assert f"task-{calm}" in rows(cora.get("/workload?show=unassigned"))


def test_each_number_of_a_person_opens_its_list(office: Office) -> None:
    for number in range(1, 4):
        office.triaged(number)
    ids = due_in(office, {1: -2, 2: 1, 3: 200})
    adam = office.staff["adam"]
    with office.transaction() as session:
        for task in ids:
            tasks.claim(session, task, adam, office.now)
    cora = office.browser("cora")
    links = cora.get("/workload").all(f"//a[starts-with(@href, '/workload/{adam.user_id}?state=')]")
    words = {link.get("href").rpartition("=")[2]: link.text_content().split()[0] for link in links}
    assert words["open"] == "3"
    assert words["overdue"] == "1"
    assert words["at_risk"] == "1"
    for link in links:
        page = cora.get(link.get("href"))
        assert str(len(rows(page))) == link.text_content().split()[0], link.get("href")
        assert (
            page.one("//nav[@class='tabs']/a[@aria-current='page']")
            .text_content()
            .endswith(str(len(rows(page))))
        )
        address, _, state = link.get("href").partition("?")
        assert len(cora.get(f"{address}/picks?{state}").raw.split()) == len(rows(page))


def test_right_after_a_hand_over_the_board_and_the_list_of_the_person_are_right(office: Office) -> None:
    office.triaged(1)
    office.triaged(2)
    cora = office.browser("cora")
    link = re.search(r"/tasks/\d+", cora.get("/work/queue/claims.auto:adjuster").raw)
    assert link is not None
    cora.get(link[0])
    adam = office.staff["adam"].user_id
    assert cora.post(f"{link[0]}/assign", {"person": str(adam), "note": "You know it."}).status == 303
    board = cora.get("/workload")
    assert "1 open" in board.one("//section[@aria-labelledby='waiting']").text_content()
    row = board.one(f"//a[@href='/workload/{adam}?state=open']")
    assert row.text_content().startswith("1 open")
    assert len(rows(cora.get(f"/workload/{adam}"))) == 1
    assert "Assess damage" in office.browser("adam").get("/work/mine").text


def test_each_count_of_the_queues_is_that_of_the_list_behind_it(office: Office) -> None:
    for number in range(1, 4):
        office.triaged(number)
    office.triaged(4, dup=True, hour=3, prior=3, shared=True)
    cora = office.browser("cora")
    links = cora.get("/workload").all("//section[@aria-labelledby='waiting']//a")
    keys = {link.get("href").partition("?")[0].rpartition(":")[2] for link in links}
    assert keys >= {"adjuster", "claims_supervisor"}
    for link in links:
        listed = rows(cora.get(link.get("href")))
        assert link.text_content().split()[0] == str(len(listed)), link.get("href")


def test_a_task_is_not_given_to_who_could_not_do_it(office: Office) -> None:
    office.triaged()
    cora = office.browser("cora")
    link = re.search(r"/tasks/\d+", cora.get("/work/queue/claims.auto:adjuster").raw)
    assert link is not None
    cora.get(link[0])
    refused = cora.post(f"{link[0]}/assign", {"person": str(office.staff["iris"].user_id)})
    assert refused.status == 409
    assert cora.post(f"{link[0]}/assign", {"person": "nobody"}).status == 409


def test_who_hands_no_work_out_sees_no_board(office: Office) -> None:
    office.triaged()
    adam = office.browser("adam")
    assert adam.get("/workload").status == 403
    assert "Workload" not in adam.get("/work/mine").text
    assert adam.post("/tasks/1/assign", {"person": "1"}).status == 403


def test_nobody_of_another_family_is_on_the_board(office: Office) -> None:
    assert office.browser("cora").get("/workload/9999").status == 404


def test_an_address_that_makes_no_sense_shows_the_board(office: Office) -> None:
    cora = office.browser("cora")
    for query in ("show=nonsense", "people=x", "people=0", "people=99999999", "after=x", "people=7"):
        assert cora.get(f"/workload?{query}").status in (200, 404), query
