"""What must hold of a case as a whole, of what is due, of what was recorded and sent (FORMAT 7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cases import catalogue
from cases.cmmn.commands import CompleteCase
from cases.cmmn.events import AnyEvent, CaseTransitioned, FileTransitioned, IncidentRaised, ItemTransitioned
from cases.cmmn.instance import CaseInstance, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import TimerEventListener
from cases.policy.access import SYSTEM
from cases.queries import records, stage_overview
from cases.scenarios import selecting, values
from cases.scenarios.plan_expectations import may_complete
from cases.scenarios.seen import Seen, differs, same
from cases.scenarios.world import WAITING
from cases.services import external_work
from cases.services import jobs as job_kinds
from cases.services.external_work import Work


def case(seen: Seen, wanted: Mapping[str, Any]) -> None:
    """The case is in this state, and called so."""
    for name, value in wanted.items():
        expected = {"instant": value} if name == "due" and value is not None else value
        same(f"case.{name}", expected, _of_case(seen, name))


def jobs(seen: Seen, wanted: Mapping[str, Any]) -> None:
    """So many timers are armed or paused, so many jobs wait or were given up, over all cases."""
    found = seen.world.jobs()
    armed = [job for job in found if job.kind == job_kinds.TIMER and job.state in ("ready", "leased")]
    counts = {
        "timer": len(armed),
        "suspended": _paused(seen),
        "async": sum(1 for job in found if job.kind in WAITING and job.state == "ready"),
        "dead": sum(1 for job in found if job.state == "dead"),
    }
    for name, value in wanted.items():
        if name == "next_due":
            due = min((job.run_at for job in armed), default=None)
            same("jobs.next_due", {"instant": value}, None if due is None else due.isoformat())
        elif name == "categories":
            there = sorted(str(job.payload["category"]) for job in armed if job.payload.get("category"))
            same("jobs.categories", sorted(value), there)
        else:
            same(f"jobs.{name}", value, counts[name])


def worker_jobs(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """Exactly these jobs of external workers are open."""
    found = [
        _worker_job(work, seen.world.now)
        for work in seen.world.look(lambda session: external_work.open_work(session, SYSTEM))
    ]
    rows = [_moments(row) for row in wanted]
    if not values.paired(rows, found, _has):
        differs("worker_jobs", wanted, found)


def subscriptions(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """Exactly these listeners wait."""
    found = seen.world.look(lambda session: records.subscriptions(session, seen.case_id))
    heard = [one for one in found if one.kind in ("signal", "variable")]

    def fits(row: object, one: object) -> bool:
        assert isinstance(row, Mapping)  # noqa: S101 - the rows of the scenario
        assert isinstance(one, records.Subscription)  # noqa: S101 - what the shell keeps
        if row["kind"] != one.kind or row.get("name", one.subject) != one.subject:
            return False
        matched = [] if "item" not in row else selecting.matching(seen.case, selecting.keys_of(row["item"]))
        return "item" not in row or any(item.iid == one.item for item in matched)

    if not values.paired(wanted, heard, fits):
        there = [
            {"kind": one.kind, "name": one.subject, "item": seen.case.name_of(one.item)} for one in heard
        ]
        differs("subscriptions", wanted, there)


def overview(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """Exactly these stages and milestones are shown."""
    found = [
        {"name": one.name, "current": one.is_current, "ended": one.has_ended}
        for one in stage_overview.of(seen.case, seen.world.now)
    ]
    if not values.paired(wanted, found, values.equal):
        differs("overview", wanted, found)


def definitions(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """Exactly these case definitions were deployed, one row for each version."""
    found = [
        {"key": one.key, "description": one.description or None}
        for one in seen.world.look(catalogue.definitions)
    ]
    if not values.paired(wanted, found, _has):
        differs("definitions", wanted, found)


def all_on_definition(seen: Seen, wanted: str) -> None:
    """The case and all its instances belong to the version in that deployment."""
    same("all_on_definition", seen.world.named[wanted].id, seen.record.deployment_id)


def outbox(seen: Seen, wanted: list[Mapping[str, Any]]) -> None:
    """Exactly these requests were sent since the start."""
    server = seen.world.server
    found = [] if server is None else [_folded(one) for one in server.outbox]
    if not values.paired([_folded(row) for row in wanted], found, _has_request):
        differs("outbox", wanted, found)


def incidents(seen: Seen, wanted: int) -> None:
    """The last step reported so many incidents for this case."""
    found = [event for event in seen.events if isinstance(event, IncidentRaised)]
    if len(found) != wanted:
        differs("incidents", wanted, [f"{event.definition}: {event.message}" for event in found])


def log(seen: Seen, wanted: list[list[str]]) -> None:
    """Exactly these transitions were recorded by the last step."""
    found = _log(seen)
    if sorted(map(list, wanted)) != sorted(found):
        differs("log", wanted, found)


def log_order(seen: Seen, wanted: list[list[str]]) -> None:
    """Of the transitions of the last step, those of these names, in exactly this order."""
    names = {name for name, _ in wanted}
    found = [row for row in _log(seen) if row[0] in names]
    if list(map(list, wanted)) != found:
        differs("log_order", wanted, found)


def open_cases(seen: Seen, wanted: int) -> None:
    """So many cases of the run have not ended."""
    same("open_cases", wanted, sum(1 for one in seen.world.cases() if one.state not in FINAL))


def ended_cases(seen: Seen, wanted: int) -> None:
    """So many cases of the run have ended."""
    same("ended_cases", wanted, sum(1 for one in seen.world.cases() if one.state in FINAL))


def acquired(seen: Seen, wanted: Mapping[str, Any]) -> None:
    """An acquisition got so many jobs, and the first of them is so."""
    found = seen.world.acquired.get(wanted["jobs"], [])
    same(f"acquired {wanted['jobs']}.count", wanted["count"], len(found))
    if not found:
        return
    first: Work = found[0]
    there = {"vars": dict(first.inputs), **_worker_job(first, seen.world.now)}
    for name in ("vars", "lock_owner", "locked_until", "retries"):
        if name in wanted:
            value = {"instant": wanted[name]} if name == "locked_until" else seen.resolved(wanted[name])
            same(f"acquired {wanted['jobs']}.{name}", value, there[name])


def _of_case(seen: Seen, name: str) -> object:
    record = seen.record
    match name:
        case "state":
            return record.state.name.lower()
        case "ended":
            return record.state in FINAL
        case "completable":
            return may_complete(seen.world, seen.case_id, CompleteCase())
        case "key":
            return record.definition
        case "definition_name" | "definition_version":
            defined = seen.world.look(
                lambda session: catalogue.defined(session, record.deployment_id, record.definition)
            )
            return defined.name if name == "definition_name" else defined.version
        case "due":
            return None if record.due_at is None else record.due_at.isoformat()
    return {"name": record.name, "business_key": record.given_key, "business_status": record.status}[name]


def _paused(seen: Seen) -> int:
    """Timers that are suspended: their jobs are gone until they are resumed."""
    cases = [seen.world.instance(one.id) for one in seen.world.cases()]
    return sum(1 for case in cases for item in case.items() if _is_paused(case, item))


def _is_paused(case: CaseInstance, item: ItemState) -> bool:
    is_timer = isinstance(case.plan_item(item.iid).definition, TimerEventListener)
    return is_timer and item.state is State.SUSPENDED and item.timer is not None and bool(item.timer.due)


def _worker_job(work: Work, now: datetime) -> dict[str, object]:
    until = work.locked_until
    is_locked = until is not None and until > now
    return {
        "lock_owner": work.owner if is_locked else None,
        "locked_until": until.isoformat() if is_locked and until else None,
        "retries": work.retries,
    }


def _moments(row: Mapping[str, Any]) -> Mapping[str, Any]:
    until = row.get("locked_until")
    return row if until is None else {**row, "locked_until": {"instant": until}}


def _has(row: object, found: object) -> bool:
    assert isinstance(row, Mapping)  # noqa: S101 - the rows of the scenario
    assert isinstance(found, Mapping)  # noqa: S101 - the rows made here
    return values.has(row, found)


def _has_request(row: object, found: object) -> bool:
    assert isinstance(row, Mapping)  # noqa: S101 - the rows of the scenario
    assert isinstance(found, Mapping)  # noqa: S101 - the requests of the stub server
    plain = {name: value for name, value in row.items() if name != "headers"}
    return values.has(plain, found) and values.has(row.get("headers", {}), found.get("headers", {}))


def _folded(request: Mapping[str, Any]) -> dict[str, Any]:
    headers = {str(name).lower(): value for name, value in (request.get("headers") or {}).items()}
    return {**request, "headers": headers}


def _log(seen: Seen) -> list[list[str]]:
    return [row for event in seen.events if (row := _row(seen, event)) is not None]


def _row(seen: Seen, event: AnyEvent) -> list[str] | None:
    match event:
        case ItemTransitioned():
            return [seen.case.name_of(event.item), event.transition.value]
        case CaseTransitioned():
            return [selecting.ROOT, event.transition.value]
        case FileTransitioned():
            names = [step for step in event.path if not step.startswith("[")]
            return ["/" + "/".join(names), event.transition.value]
    return None
