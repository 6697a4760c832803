"""A case as a whole: completed by hand, reopened, its team; each refusal is a sentence."""

import pytest

from tests import advice
from tests.functional.app.conftest import Office, Page


def ended(advised: advice.Advised, office: Office) -> str:
    path = advised.start()
    advised.answer(path, office.staff["mia"])
    browser = office.browser("hedda")
    browser.get(f"{path}/complete")
    assert browser.post(f"{path}/complete").location == path
    return path


def actions(page: Page) -> list[str]:
    return [one.text_content().strip() for one in page.all("//div[contains(@class, 'acts')]/a")]


def test_a_case_is_completed_by_hand_after_it_was_said_what_remains_undone(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start()
    browser = office.browser("hedda")
    assert actions(browser.get(path)) == []
    advised.answer(path, office.staff["mia"])
    assert actions(browser.get(path)) == ["Complete the case"]
    asked = browser.get(f"{path}/complete")
    undone = [one.text_content() for one in asked.all("//ul[@class='undone']/li/span[1]")]
    assert undone == ["Check the person", "Inquiry", "Send a letter", "Report the inquiry", "Survey"]
    browser.post(f"{path}/complete")
    page = browser.get(path)
    assert "Hedda Moe completed the case" in page.text
    assert actions(page) == ["Reopen the case"]


@pytest.mark.parametrize(("name", "status"), [("mia", 403), ("lo", 403), ("hedda", 409)])
def test_who_may_not_complete_a_case_or_too_early_is_told(
    advised: advice.Advised, office: Office, name: str, status: int
) -> None:
    path = advised.start()
    browser = office.browser(name)
    said = {403: "You may not steer cases of this family.", 409: "something in it must still be done."}
    for page in (browser.get(f"{path}/complete"), browser.post(f"{path}/complete")):
        assert page.status == status
        assert said[status] in page.text
    assert "Complete the case" not in browser.get(path).text


def test_who_works_on_a_case_sees_no_button_that_is_not_theirs(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start()
    advised.answer(path, office.staff["mia"])
    assert actions(office.browser("mia").get(path)) == []


def test_an_ended_case_is_reopened_with_a_reason_and_with_what_begins_or_waits(
    advised: advice.Advised, office: Office
) -> None:
    path = ended(advised, office)
    browser = office.browser("hedda")
    asked = browser.get(f"{path}/reopen")
    words = [one.text_content() for one in asked.all("//select[@id='root-1']/option")]
    assert words == ["Stays as it is", "Begins now", "Waits for its turn"]
    said = {"reason": "She wrote again", "root-W": "activate", "root-L": "default"}
    assert browser.post(f"{path}/reopen", said).location == path
    page = browser.get(path)
    assert "The case goes on: She wrote again" in page.text
    opened = page.one("//section[@aria-labelledby='tasks']").text_content()
    assert "Answer the request" in opened
    assert "Survey" not in opened


def test_a_case_is_not_reopened_to_do_nothing(advised: advice.Advised, office: Office) -> None:
    path = ended(advised, office)
    browser = office.browser("hedda")
    browser.get(f"{path}/reopen")
    page = browser.post(f"{path}/reopen", {"reason": "She wrote again"})
    assert page.status == 422
    assert "Choose at least one item" in page.one("//*[@id='problem']").text_content()
    assert page.one("//input[@id='reason']").get("value") == "She wrote again"


def test_a_case_that_goes_on_cannot_be_reopened_and_only_who_steers_it_may(
    advised: advice.Advised, office: Office
) -> None:
    page = office.browser("hedda").get(advised.start() + "/reopen")
    assert page.status == 409
    assert "This case has not ended, or is closed: it cannot be reopened." in page.text
    assert office.browser("mia").get(ended(advised, office) + "/reopen").status == 403


def test_the_team_is_shown_and_changed_by_who_steers_the_case(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start(team=advice.TEAM)
    browser = office.browser("hedda")
    team = browser.get(path).one("//section[@aria-labelledby='team']")
    assert "Mia Sol" in team.text_content()
    people = [one.text_content() for one in browser.get(path).all("//select[@id='team-user']/option")]
    assert people == ["Bo Lind", "Hedda Moe", "Lo Tan", "Mia Sol"]
    assert browser.post(f"{path}/team", {"user": "mia", "role": "expert"}).location == path
    page = browser.get(path)
    assert "Hedda Moe made Mia Sol Clerk, Expert of this case" in page.text
    browser.post(f"{path}/team/remove", {"user": "mia", "role": "clerk"})
    browser.post(f"{path}/team/remove", {"user": "mia", "role": "expert"})
    page = browser.get(path)
    assert "Hedda Moe left Mia Sol no role in this case" in page.text
    assert "no role" in page.one("//section[@aria-labelledby='team']").text_content()


def test_the_roles_of_the_team_decide_what_is_offered(advised: advice.Advised, office: Office) -> None:
    path = advised.start(team=advice.TEAM)
    assert office.browser("mia").get(path).all("//input[@value='D.opinion']") == []
    browser = office.browser("hedda")
    browser.get(path)
    browser.post(f"{path}/team", {"user": "mia", "role": "expert"})
    assert len(office.browser("mia").get(path).all("//input[@value='D.opinion']")) == 1


def test_who_is_not_in_the_team_is_offered_nothing_and_told_why(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start(team={"mia": frozenset({"clerk"})})
    browser = office.browser("hedda")
    page = browser.get(path)
    assert page.all("//main//form") == []
    assert "You are not in the team of this case." in page.text
    for address in ("/complete", "/tasks/new"):
        refused = browser.get(path + address)
        assert refused.status == 403
        assert "You are not in the team of this case." in refused.text
    assert browser.post(f"{path}/team", {"user": "hedda", "role": "expert"}).status == 403


def test_who_only_works_on_a_case_sees_its_team_and_cannot_change_it(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start(team=advice.TEAM)
    browser = office.browser("mia")
    page = browser.get(path)
    assert page.all("//section[@aria-labelledby='team']//form") == []
    refused = browser.post(f"{path}/team", {"user": "mia", "role": "expert"})
    assert refused.status == 403
    assert "You may not say who works on this case." in refused.text


@pytest.mark.parametrize(
    ("user", "role", "status"), [("nobody", "clerk", 409), ("", "", 409), ("mia", "king", 404)]
)
def test_a_role_or_person_that_is_not_there_is_refused(
    advised: advice.Advised, office: Office, user: str, role: str, status: int
) -> None:
    path = advised.start(team=advice.TEAM)
    browser = office.browser("hedda")
    browser.get(path)
    assert browser.post(f"{path}/team", {"user": user, "role": role}).status == status


def test_a_case_without_a_team_has_none_to_change(advised: advice.Advised, office: Office) -> None:
    path = advised.start()
    browser = office.browser("hedda")
    assert browser.get(path).all("//section[@aria-labelledby='team']") == []
    assert browser.post(f"{path}/team", {"user": "mia", "role": "clerk"}).status == 409


def test_the_addresses_of_forms_lead_back_to_the_case(advised: advice.Advised, office: Office) -> None:
    path = advised.start()
    assert office.browser("mia").get(f"{path}/team").location == path
    assert office.browser("mia").get(f"{path}/team/remove").location == path
