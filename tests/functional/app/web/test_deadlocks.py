"""A deadlock is no fault of who pressed the button: what the database did not do is done again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from cases.services import batches, tasks
from tests.functional.app.conftest import Office
from tests.functional.app.web.test_tasks import GOOD


class Deadlock(Exception):
    """What PostgreSQL says to the one of two transactions that it gives up."""

    sqlstate = "40P01"


def once_in_the_way(work: Callable[..., Any]) -> Callable[..., Any]:
    """The work, but for its first time, which the database undoes."""
    tried: list[int] = []

    def worked(*arguments: object) -> object:
        tried.append(1)
        result = work(*arguments)
        if len(tried) == 1:
            raise OperationalError("UPDATE", {}, Deadlock())
        return result

    return worked


def test_a_task_is_taken_and_answered_though_the_database_gave_the_first_try_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.triaged()
    browser = office.browser("adam")
    found = re.search(r"/tasks/\d+", browser.get("/work/queue/adjuster").raw)
    assert found is not None
    for move in ("claim", "save_draft", "complete"):
        monkeypatch.setattr(tasks, move, once_in_the_way(getattr(tasks, move)))
    assert browser.post(f"{found[0]}/claim").status == 303
    assert browser.get(found[0]).one("//form[@id='task-form']") is not None
    assert browser.post(f"{found[0]}/draft", GOOD).status == 303
    done = browser.post(f"{found[0]}/complete", GOOD)
    assert done.status == 303
    assert browser.get(found[0]).all("//form[@id='task-form']") == []


def test_tasks_are_handed_over_though_the_database_gave_the_first_try_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.triaged()
    browser, adam = office.browser("cora"), str(office.staff["adam"].user_id)
    found = re.search(r"/tasks/(\d+)", browser.get("/work/queue/claims.auto:adjuster").raw)
    assert found is not None
    browser.get(found[0])
    monkeypatch.setattr(tasks, "assign", once_in_the_way(tasks.assign))
    assert browser.post(f"{found[0]}/assign", {"person": adam}).status == 303
    for move in ("reassign", "undo"):
        monkeypatch.setattr(batches, move, once_in_the_way(getattr(batches, move)))
    wish = {"task": f"{found[1]}:{adam}", "to": str(office.staff["ana"].user_id)}
    batch = browser.post("/reassign/run", wish)
    assert batch.status == 303
    undone = browser.post(batch.location.partition("?")[0] + "/undo")
    assert "1 task given back" in browser.get(undone.location).text
