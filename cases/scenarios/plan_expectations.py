"""What must hold of plan items: their states, their numbers, what is offered (FORMAT 7)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cases.cmmn import planning
from cases.cmmn.agenda import Run
from cases.cmmn.commands import Complete, CompleteCase
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Milestone
from cases.errors import CaseError
from cases.policy.access import SYSTEM
from cases.queries import records
from cases.scenarios import selecting, values
from cases.scenarios.seen import Seen, differs, same, same_count, same_states
from cases.scenarios.world import VIA, Differs, World
from cases.services import execution

_DETAILS = ("state", "required", "completable", "parent", "assignee", "completed_by")
_CRITERIA = ("entry_criterion", "exit_criterion")


def live(seen: Seen, wanted: Mapping[str, object]) -> None:
    """Exactly these instances are live."""
    same_states(wanted, seen.by_name(seen.live), "live")


def all_of(seen: Seen, wanted: Mapping[str, object]) -> None:
    """Exactly these instances exist, ended ones too."""
    same_states(wanted, seen.by_name(seen.items), "all")


def live_includes(seen: Seen, wanted: Mapping[str, object]) -> None:
    """Of these names exactly these instances are live."""
    same_states(wanted, _of_names(seen.by_name(seen.live), wanted), "live_includes")


def all_includes(seen: Seen, wanted: Mapping[str, object]) -> None:
    """Of these names exactly these instances exist."""
    same_states(wanted, _of_names(seen.by_name(seen.items), wanted), "all_includes")


def live_count(seen: Seen, wanted: int) -> None:
    """So many instances are live."""
    same("live_count", wanted, len(seen.live))


def all_count(seen: Seen, wanted: int) -> None:
    """So many instances exist."""
    same("all_count", wanted, len(seen.items))


def in_state(state: State) -> Callable[[Seen, list[str]], None]:
    """Exactly these names are in this state, one entry for each instance."""

    def check(seen: Seen, wanted: list[str]) -> None:
        found = seen.names(item for item in seen.items if item.state is state)
        same_count(state.name.lower(), wanted, found)

    return check


def milestones(seen: Seen, wanted: list[str]) -> None:
    """Exactly these milestones have occurred."""

    def occurred(item: ItemState) -> bool:
        is_milestone = isinstance(seen.case.plan_item(item.iid).definition, Milestone)
        return is_milestone and item.state is State.COMPLETED

    same_count("milestones", wanted, seen.names(filter(occurred, seen.items)))


def item(seen: Seen, wanted: Mapping[str, Any]) -> None:
    """The instance that is selected is as the rest of the row says."""
    keys = {key: value for key, value in selecting.keys_of(wanted).items() if key != "state"}
    found = selecting.live_first(selecting.matching(seen.case, keys))
    if len(found) > 1 and "state" in wanted:
        found = [one for one in found if selecting.word(one) == wanted["state"]]
    if len(found) != 1:
        raise Differs(f"item {values.shown(keys)}: expected one instance, found {len(found)}")
    for name, value in wanted.items():
        if name in _DETAILS or name in _CRITERIA:
            same(f"{values.shown(keys)}.{name}", value, _detail(seen, found[0], name))


def items(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """Each row selects an instance that is as it says."""
    for row in wanted:
        item(seen, row)


def live_items(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """Exactly these instances are live, whichever fits which row."""
    rows = [row for row in wanted if row.get("state") != "waiting"]

    def fits(row: object, found: object) -> bool:
        assert isinstance(row, Mapping)  # noqa: S101 - the rows of the scenario
        assert isinstance(found, ItemState)  # noqa: S101 - instances of the case
        matched = selecting.matching(seen.case, selecting.keys_of(row))
        return any(one.iid == found.iid for one in matched) and all(
            values.equal(row[name], _detail(seen, found, name))
            for name in (*_DETAILS[1:], *_CRITERIA)
            if name in row
        )

    if not values.paired(rows, seen.live, fits):
        there = [{"name": seen.case.name_of(one.iid), "state": selecting.word(one)} for one in seen.live]
        differs("live_items", rows, there)


def item_count(seen: Seen, wanted: list[Mapping[str, Any]] | Mapping[str, Any]) -> None:
    """So many instances, ended ones too, match.

    The engine has no rows that only wait for a repetition: a count of them is not compared (FORMAT 8), and
    stands in imported scenarios alone (`document`).
    """
    for row in wanted if isinstance(wanted, list) else [wanted]:
        if row.get("state") == "waiting":
            continue
        found = selecting.matching(seen.case, selecting.keys_of(row))
        if row.get("live"):
            found = [one for one in found if one.state not in selecting.ENDED]
        what = {key: value for key, value in row.items() if key != "count"}
        same(f"item_count {values.shown(what)}", row["count"], len(found))


def offered(seen: Seen, wanted: list[str]) -> None:
    """Exactly these items could be planned now by the acting user, over all tables."""
    run = Run(seen.case, seen.world.now)
    found = Counter(offer.name for _, offer in planning.offered_anywhere(run, _roles(seen)))
    same_count("offered", wanted, found)


def offered_in(seen: Seen, wanted: Mapping[str, list[str]]) -> None:
    """The same for single containers."""
    run = Run(seen.case, seen.world.now)
    for container, names in wanted.items():
        holder = CASE if container == selecting.ROOT else selecting.one(seen.case, container).iid
        found = Counter(offer.name for offer in planning.offered(run, run.item(holder), _roles(seen)))
        same_count(f"offered_in {container}", names, found)


def may_complete(world: World, case_id: int, command: Complete | CompleteCase) -> bool:
    """Whether completion by hand would be accepted now."""
    try:
        with world.store.transaction() as session:
            execution.rehearse(session, case_id, command, SYSTEM, VIA, world.now)
    except CaseError:
        return False
    return True


def _detail(seen: Seen, one: ItemState, name: str) -> object:
    match name:
        case "state":
            return selecting.word(one)
        case "required":
            return one.required
        case "completable":
            return may_complete(seen.world, seen.case_id, Complete(one.iid))
        case "parent":
            return selecting.name_of(seen.case, one.parent)
        case "entry_criterion":
            return one.entered_by
        case "exit_criterion":
            return one.exited_by
        case "assignee":
            return next(_assignees(seen, one.iid), None)
    return seen.world.look(lambda session: records.completers(session, seen.case_id)).get(one.iid)


def _assignees(seen: Seen, iid: int) -> Iterator[str | None]:
    return (task.assignee for task in reversed(seen.tasks) if task.item == iid)


def _of_names(found: Mapping[str, Counter[str]], wanted: Mapping[str, object]) -> dict[str, Counter[str]]:
    return {name: found[name] for name in wanted if name in found}


def _roles(seen: Seen) -> frozenset[str] | None:
    team, user = seen.case.state.team, seen.world.user
    return None if team is None or user is None else frozenset(team.get(user, ()))
