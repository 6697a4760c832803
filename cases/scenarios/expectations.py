"""What a scenario may expect, and which function holds it against the case."""

from collections.abc import Callable, Mapping
from typing import Any

from cases.cmmn.lifecycle import State
from cases.scenarios import data_expectations, plan_expectations, record_expectations
from cases.scenarios.seen import Seen
from cases.scenarios.world import World

Check = Callable[[Seen, Any], None]
"""Raises Differs. `Any`: what is expected is a YAML border."""

CHECKS: Mapping[str, Check] = {
    "case": record_expectations.case,
    "live": plan_expectations.live,
    "all": plan_expectations.all_of,
    "live_includes": plan_expectations.live_includes,
    "all_includes": plan_expectations.all_includes,
    "live_count": plan_expectations.live_count,
    "all_count": plan_expectations.all_count,
    "live_items": plan_expectations.live_items,
    "completed": plan_expectations.in_state(State.COMPLETED),
    "terminated": plan_expectations.in_state(State.TERMINATED),
    "failed": plan_expectations.in_state(State.FAILED),
    "item": plan_expectations.item,
    "items": plan_expectations.items,
    "item_count": plan_expectations.item_count,
    "tasks": data_expectations.tasks,
    "task_count": data_expectations.task_count,
    "task": data_expectations.task,
    "milestones": plan_expectations.milestones,
    "vars": data_expectations.variables,
    "vars_exact": data_expectations.exactly,
    "vars_absent": data_expectations.absent,
    "locals": data_expectations.local,
    "case_file": data_expectations.case_file,
    "file_state": data_expectations.file_state,
    "offered": plan_expectations.offered,
    "offered_in": plan_expectations.offered_in,
    "jobs": record_expectations.jobs,
    "worker_jobs": record_expectations.worker_jobs,
    "acquired": record_expectations.acquired,
    "subscriptions": record_expectations.subscriptions,
    "overview": record_expectations.overview,
    "definitions": record_expectations.definitions,
    "all_on_definition": record_expectations.all_on_definition,
    "history": data_expectations.history,
    "outbox": record_expectations.outbox,
    "incidents": record_expectations.incidents,
    "log": record_expectations.log,
    "log_order": record_expectations.log_order,
    "open_cases": record_expectations.open_cases,
    "ended_cases": record_expectations.ended_cases,
}


def check(world: World, wanted: Mapping[str, Any]) -> None:
    """Hold all that one `expect` says against the world.

    Raises Differs at the first difference, Mistaken for an alias of no case.
    """
    seen = Seen(world, wanted.get("of"))
    if "of" in wanted:
        world.case_id(wanted["of"])
    for name, value in wanted.items():
        if name != "of":
            CHECKS[name](seen, value)
