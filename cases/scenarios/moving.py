"""Lists of definitions, as a scenario names them, as the plan by which its case moves (FORMAT 6.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from cases.cmmn.instance import CASE, CaseInstance
from cases.cmmn.lifecycle import State
from cases.cmmn.matching import path_of
from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.migration_plan import END, KEEP, SKIP, Plan, Start
from cases.errors import NotFound

_BEGUN = frozenset({State.ACTIVE, State.ENABLED, State.DISABLED, State.SUSPENDED, State.FAILED})


def plan_of(case: CaseInstance, target: CaseDefinition, given: Mapping[str, Any]) -> Plan:
    """The plan that the verb means. Raises NotFound for a definition that neither version has.

    Nothing comes into being that is not named; timers that wait are due when they were.
    """
    old = case.program.definition
    end = {path_of(old, number): "" for number in _numbers(old, given.get("terminate", ()), target)}
    for number in _numbers(old, given.get("to_available", ()), target):
        if any(case.state.items[iid].state in _BEGUN for iid in case.live(number)):
            end[path_of(old, number)] = ""
    return Plan(
        end=end,
        start=tuple(Start(path) for path in _paths(target, given.get("activate", ()))),
        available=tuple(_paths(target, given.get("to_available", ()))),
        waiting=tuple(_paths(target, given.get("waiting", ()))),
        timers={"*": KEEP},
        new_items=SKIP,
        missing=END,
        keep_file=tuple(item.name for item in old.file.roots),
        map_role={role.name: "" for role in old.roles if role.name not in {one.name for one in target.roles}},
    )


def _paths(definition: CaseDefinition, ids: Iterable[str]) -> list[str]:
    return [path_of(definition, number) for id_ in ids for number in _of(definition, id_)]


def _of(definition: CaseDefinition, id_: str) -> list[int]:
    found = _planned(definition, id_)
    if not found:
        raise NotFound(f"There is no definition {id_}.")
    return found


def _numbers(old: CaseDefinition, ids: Iterable[str], target: CaseDefinition) -> list[int]:
    """What a definition is in the version that the case leaves; one that only the other has means nothing."""
    found: list[int] = []
    for id_ in ids:
        numbers = _planned(old, id_)
        if not (numbers or _planned(target, id_)):
            raise NotFound(f"There is no definition {id_}.")
        found += numbers
    return found


def _planned(definition: CaseDefinition, id_: str) -> list[int]:
    """The plan items of a definition; an id of a plan item is understood, too."""
    planned = [item for item in definition.items if item.number != CASE]
    by_definition = [item.number for item in planned if item.definition.id == id_]
    return by_definition or [item.number for item in planned if item.id == id_]
