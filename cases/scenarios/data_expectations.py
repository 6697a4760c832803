"""What must hold of data: variables, the case file, local variables, what the records keep (FORMAT 7)."""

from collections.abc import Mapping
from typing import Any

from cases.cmmn import casefile
from cases.cmmn.instance import ItemState
from cases.queries.records import TaskRecord
from cases.scenarios import selecting, values
from cases.scenarios.data_steps import steps_of
from cases.scenarios.seen import Seen, differs, same
from cases.scenarios.world import Differs

_CASE_VIEW = ("assignee", "description", "claimed_by", "in_progress_by", "suspended_by", "due", "state")


def variables(seen: Seen, wanted: Mapping[str, object]) -> None:
    """Root items have these values; null also for an absent one."""
    for name, value in wanted.items():
        same(f"vars.{name}", seen.resolved(value), seen.case.file().get(name))


def exactly(seen: Seen, wanted: Mapping[str, object]) -> None:
    """These are all root items."""
    same("vars_exact", seen.resolved(wanted), dict(seen.case.file()))


def absent(seen: Seen, wanted: list[str]) -> None:
    """No root item has one of these names."""
    _none_of("vars_absent", wanted, seen.case.file())


def case_file(seen: Seen, wanted: Mapping[str, object]) -> None:
    """The value at each path, with what it contains; absent reads as null."""
    for path, value in wanted.items():
        found = casefile.read_or_null(seen.case.file(), steps_of(path))
        same(path, seen.resolved(value), found)


def file_state(seen: Seen, wanted: Mapping[str, str]) -> None:
    """Whether the item at each path was never there, is there, or was discarded."""
    for path, value in wanted.items():
        steps = steps_of(path)
        found = "absent"
        if casefile.holds(seen.case.file(), steps):
            found = "available"
        elif casefile.key(steps) in seen.case.state.file.discarded:
            found = "discarded"
        same(path, value, found)


def local(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """The live instances that are meant have such local variables, one row each.

    Raises Differs where there never was such an instance, unless the entry says so with `rows: []`.
    """
    for entry in wanted:
        what = f"locals of {values.shown(entry['of'])}"
        meant = selecting.matching(seen.case, selecting.keys_of(entry["of"]))
        if not meant and entry.get("rows") != []:
            raise Differs(f"{what}: expected an instance, found none")
        found = [one for one in meant if one.state not in selecting.ENDED]
        if "rows" in entry:
            _rows(seen, what, entry, found)
        for one in found:
            _none_of(what, entry.get("absent", ()), one.local)


def tasks(seen: Seen, wanted: list[str]) -> None:
    """Exactly these human tasks are open."""
    found = sorted(task.name for task in seen.tasks if task.is_open)
    if sorted(wanted) != found:
        differs("tasks", sorted(wanted), found)


def task_count(seen: Seen, wanted: int) -> None:
    """So many human tasks are open."""
    same("task_count", wanted, sum(1 for task in seen.tasks if task.is_open))


def task(seen: Seen, wanted: Mapping[str, Any]) -> None:
    """The one open task of this name is as the row says."""
    found = [one for one in seen.tasks if one.is_open and one.name == wanted["name"]]
    if len(found) != 1:
        raise Differs(f"task {wanted['name']}: expected one open task, found {len(found)}")
    (one,) = found
    there = _work(one)
    for name in _CASE_VIEW:
        if name in wanted:
            value = {"instant": wanted[name]} if name == "due" else wanted[name]
            same(f"task {one.name}.{name}", value, there[name])
    for name, value in wanted.get("inputs", {}).items():
        same(f"task {one.name}.inputs.{name}", seen.resolved(value), one.facts.get(name))
    if "vars_exact" in wanted:
        same(f"task {one.name}.vars_exact", seen.resolved(wanted["vars_exact"]), _visible(seen, one.item))


def history(seen: Seen, wanted: Mapping[str, Any]) -> None:
    """What the records keep of variables and tasks."""
    variables(seen, wanted.get("vars", {}))
    if "vars_exact" in wanted:
        exactly(seen, wanted["vars_exact"])
    absent(seen, wanted.get("vars_absent", []))
    if "tasks" in wanted:
        found = [_past(seen, one) for one in seen.tasks]

        def fits(row: object, one: object) -> bool:
            assert isinstance(row, Mapping)  # noqa: S101 - the rows of the scenario
            assert isinstance(one, Mapping)  # noqa: S101 - the rows made here
            plain = {name: value for name, value in row.items() if name != "locals"}
            return values.has(plain, one) and values.has(row.get("locals", {}), one["locals"])

        if not values.paired(wanted["tasks"], found, fits):
            differs("history.tasks", wanted["tasks"], found)


def _rows(seen: Seen, what: str, entry: Mapping[str, Any], found: list[ItemState]) -> None:
    is_exact = entry.get("exact", False)
    rows = [seen.resolved(row) for row in entry["rows"]]

    def fits(row: object, one: object) -> bool:
        assert isinstance(row, Mapping)  # noqa: S101 - the rows of the scenario
        assert isinstance(one, Mapping)  # noqa: S101 - local variables
        return values.equal(row, one) if is_exact else values.has(row, one)

    if not values.paired(rows, [one.local for one in found], fits):
        differs(what, rows, [one.local for one in found])


def _none_of(what: str, names: object, found: Mapping[str, object]) -> None:
    assert isinstance(names, list | tuple)  # noqa: S101 - names of the scenario
    there = [name for name in names if name in found]
    if there:
        differs(what, "none of these", there)


def _work(one: TaskRecord) -> dict[str, object]:
    state = "created"
    if one.state == "paused":
        state = "suspended"
    elif one.begun_by is not None:
        state = "in-progress"
    elif one.claimed_by is not None:
        state = "claimed"
    return {
        "assignee": one.assignee,
        "description": one.description,
        "claimed_by": one.claimed_by,
        "in_progress_by": one.begun_by,
        "suspended_by": one.paused_by,
        "due": None if one.due_at is None else one.due_at.isoformat(),
        "state": state,
    }


def _past(seen: Seen, one: TaskRecord) -> dict[str, object]:
    state = {"completed": "completed", "cancelled": "terminated"}.get(one.state) or _work(one)["state"]
    return {
        "name": one.name,
        "description": one.description,
        "state": state,
        "completed_by": one.completed_by,
        "locals": seen.case.state.items[one.item].local,
    }


def _visible(seen: Seen, iid: int) -> dict[str, object]:
    """All variables that are seen from an instance: its own hide those around it, these the case file."""
    found: dict[str, object] = {}
    while iid > 0:
        one = seen.case.state.items[iid]
        found = {**one.local, **found}
        iid = one.parent
    return {**seen.case.file(), **found}
