"""The board of those who hand work out, and the handing over."""

import re

from tests.functional.app.conftest import Office


def test_the_board_shows_what_waits_and_who_has_what(office: Office) -> None:
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
    row = board.one(f"//a[@href='/workload/{adam}']")
    assert row.text_content().startswith("1 open")
    assert len(cora.get(f"/workload/{adam}").all("//li[contains(@class, 'row1')]")) == 1
    assert "Assess damage" in office.browser("adam").get("/work/mine").text


def test_each_count_of_the_board_is_that_of_the_list_behind_it(office: Office) -> None:
    for number in range(1, 4):
        office.triaged(number)
    office.triaged(4, dup=True, hour=3, prior=3, shared=True)
    cora = office.browser("cora")
    links = cora.get("/workload").all("//section[@aria-labelledby='waiting']//a")
    assert {link.get("href").rpartition(":")[2] for link in links} >= {"adjuster", "claims_supervisor"}
    for link in links:
        listed = cora.get(link.get("href")).all("//li[contains(@class, 'row1')]")
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
