"""What an `expect` of a scenario says, held against a case (`conformance/FORMAT.md`, section 7)."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from cases.cmmn import completion, planning
from cases.cmmn.agenda import Run
from cases.cmmn.events import CaseTransitioned, FileTransitioned, IncidentRaised, ItemTransitioned
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Milestone, TimerEventListener
from cases.cmmn.workmodel import HumanTask

ENDED = frozenset({State.COMPLETED, State.TERMINATED})


class Failed(AssertionError):
    """A scenario expects something else than what is."""


class Played(Protocol):
    """The run that is asked."""

    now: datetime
    current: str
    cases: dict[str, CaseInstance]
    user: str | None
    inputs: dict[tuple[str, int], Mapping[str, object]]
    aliases: dict[str, str]
    events: dict[str, list[object]]

    def matching(self, key: str, selector: object) -> list[ItemState]: ...

    def find(self, key: str, selector: object) -> ItemState: ...


class Expectation:
    """What one `expect` says, held against a case."""

    def __init__(self, runner: "Played") -> None:
        self.runner = runner

    def check(self, given: Mapping[str, object]) -> None:
        wanted = dict(given)
        self.key = str(wanted.pop("of", self.runner.current))
        self.key = self.runner.aliases.get(self.key, self.key)
        self.case = self.runner.cases[self.key]
        for name, value in wanted.items():
            getattr(self, f"is_{name}")(value)

    def same(self, found: object, wanted: object) -> None:
        if found != wanted:
            raise Failed(f"expected {wanted}, found {found}")

    def by_name(self, items: Sequence[ItemState]) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for item in items:
            if item.iid != CASE:
                found.setdefault(self.case.plan_item(item.iid).name, Counter())[word(item)] += 1
        return found

    def names(self, keep: Callable[[ItemState], bool]) -> Counter[str]:
        return Counter(
            self.case.plan_item(item.iid).name
            for item in self.case.items()
            if item.iid != CASE and keep(item)
        )

    def live(self) -> dict[str, Counter[str]]:
        return self.by_name([item for item in self.case.items() if item.state not in ENDED])

    def is_case(self, wanted: Mapping[str, object]) -> None:
        state = self.case.case_state
        for name, value in wanted.items():
            match name:
                case "state":
                    self.same(state.word.lower(), value)
                case "key":
                    self.same(self.case.program.definition.id, value)
                case "ended":
                    self.same(state in (State.COMPLETED, State.TERMINATED, State.CLOSED), value)
                case "completable":
                    run = Run(self.case, self.runner.now)
                    self.same(completion.may_complete_by_hand(run, CASE), value)
                case _:
                    raise Failed(f"cannot compare {name}")

    def is_live(self, wanted: Mapping[str, object]) -> None:
        self.same(self.live(), counters(wanted))

    def is_all(self, wanted: Mapping[str, object]) -> None:
        self.same(self.by_name(list(self.case.items())), counters(wanted))

    def is_live_includes(self, wanted: Mapping[str, object]) -> None:
        found = self.live()
        self.same({name: found.get(name, Counter()) for name in wanted}, counters(wanted))

    def is_all_includes(self, wanted: Mapping[str, object]) -> None:
        found = self.by_name(list(self.case.items()))
        self.same({name: found.get(name, Counter()) for name in wanted}, counters(wanted))

    def is_completed(self, wanted: list[str]) -> None:
        self.same(self.names(lambda item: item.state is State.COMPLETED), Counter(wanted))

    def is_terminated(self, wanted: list[str]) -> None:
        self.same(self.names(lambda item: item.state is State.TERMINATED), Counter(wanted))

    def is_milestones(self, wanted: list[str]) -> None:
        def occurred(item: ItemState) -> bool:
            is_milestone = isinstance(self.case.plan_item(item.iid).definition, Milestone)
            return is_milestone and item.state is State.COMPLETED

        self.same(self.names(occurred), Counter(wanted))

    def is_tasks(self, wanted: list[str]) -> None:
        def is_open(item: ItemState) -> bool:
            definition = self.case.plan_item(item.iid).definition
            blocking = isinstance(definition, HumanTask) and definition.is_blocking
            return blocking and State.ACTIVE in (item.state, item.before)

        self.same(self.names(is_open), Counter(wanted))

    def is_task(self, wanted: Mapping[str, object]) -> None:
        item = self.runner.find(self.key, str(wanted["name"]))
        for name, value in wanted.items():
            match name:
                case "name":
                    self.same(item.state in (State.ACTIVE, State.SUSPENDED), True)
                case "inputs":
                    self.same(self.runner.inputs[self.key, item.iid], value)
                case _:
                    raise Failed(f"cannot compare {name} of a task")

    def is_item(self, wanted: Mapping[str, object]) -> None:
        selector = {
            name: value for name, value in wanted.items() if name in ("name", "index", "in", "element")
        }
        found = self.runner.matching(self.key, selector)
        if len(found) > 1 and "state" in wanted:
            found = [item for item in found if word(item) == wanted["state"]]
        if len(found) != 1:
            raise Failed(f"{selector} means {len(found)} instances")
        (item,) = found
        for name, value in wanted.items():
            match name:
                case "state":
                    self.same((selector, word(item)), (selector, value))
                case "required":
                    self.same((selector, item.required), (selector, value))
                case "completable":
                    run = Run(self.case, self.runner.now)
                    self.same(completion.may_complete_by_hand(run, item.iid), value)
                case "parent":
                    around = "@case" if item.parent == CASE else self.case.plan_item(item.parent).name
                    self.same((selector, around), (selector, value))
                case "entry_criterion":
                    self.same(item.entered_by, value)
                case "exit_criterion":
                    self.same(item.exited_by, value)

    def is_items(self, wanted: list[Mapping[str, object]]) -> None:
        for one in wanted:
            self.is_item(one)

    def is_item_count(self, wanted: object) -> None:
        for one in wanted if isinstance(wanted, list) else [wanted]:
            selector = {name: value for name, value in one.items() if name not in ("count", "live")}
            found = self.runner.matching(self.key, selector)
            if one.get("live"):
                found = [item for item in found if item.state not in ENDED]
            self.same((selector, len(found)), (selector, one["count"]))

    def is_offered(self, wanted: list[str]) -> None:
        run = Run(self.case, self.runner.now)
        found = [offer.name for _, offer in planning.offered_anywhere(run, self._roles())]
        self.same(Counter(found), Counter(wanted))

    def is_offered_in(self, wanted: Mapping[str, list[str]]) -> None:
        run = Run(self.case, self.runner.now)
        for container, names in wanted.items():
            holder = CASE if container == "@case" else self.runner.find(self.key, container).iid
            found = [offer.name for offer in planning.offered(run, run.item(holder), self._roles())]
            self.same((container, Counter(found)), (container, Counter(names)))

    def _roles(self) -> frozenset[str] | None:
        team = self.case.state.team
        if team is None or self.runner.user is None:
            return None
        return frozenset(team.get(self.runner.user, ()))

    def is_open_cases(self, wanted: int) -> None:
        self.same(sum(1 for case in self.runner.cases.values() if not _has_ended(case)), wanted)

    def is_ended_cases(self, wanted: int) -> None:
        self.same(sum(1 for case in self.runner.cases.values() if _has_ended(case)), wanted)

    def is_vars(self, wanted: Mapping[str, object]) -> None:
        for name, value in wanted.items():
            self.same(self.case.file().get(name), value)

    def is_case_file(self, wanted: Mapping[str, object]) -> None:
        for path, value in wanted.items():
            self.same((path, _at(self.case.file(), path)), (path, value))

    def is_file_state(self, wanted: Mapping[str, object]) -> None:
        for path, value in wanted.items():
            steps = steps_of(path)
            holder: object = self.case.file()
            for step in steps:
                holder = holder.get(step) if isinstance(holder, Mapping) else None
            gone = ".".join(steps) in self.case.state.file.discarded
            self.same("discarded" if gone else "absent" if holder is None else "available", value)

    def is_jobs(self, wanted: Mapping[str, int]) -> None:
        waiting = [item for case in self.runner.cases.values() for item in timers(case)]
        found = {
            "timer": sum(1 for item in waiting if item.state is State.AVAILABLE),
            "suspended": sum(1 for item in waiting if item.state is State.SUSPENDED),
        }
        self.same({name: found[name] for name in wanted}, wanted)

    def is_incidents(self, wanted: int) -> None:
        events = self.runner.events.get(self.key, [])
        self.same(sum(1 for event in events if isinstance(event, IncidentRaised)), wanted)

    def is_log(self, wanted: list[list[str]]) -> None:
        self.same(self._log(), wanted)

    def is_log_order(self, wanted: list[list[str]]) -> None:
        names = {name for name, _ in wanted}
        self.same([row for row in self._log() if row[0] in names], wanted)

    def _log(self) -> list[list[str]]:
        found = []
        for event in self.runner.events.get(self.key, []):
            match event:
                case ItemTransitioned():
                    found.append([self.case.plan_item(event.item).name, event.transition.value])
                case CaseTransitioned():
                    found.append(["@case", event.transition.value])
                case FileTransitioned():
                    names = [step for step in event.path if not step.startswith("[")]
                    found.append(["/" + "/".join(names), event.transition.value])
        return found


def _has_ended(case: CaseInstance) -> bool:
    return case.case_state in (State.COMPLETED, State.TERMINATED, State.CLOSED)


def word(item: ItemState) -> str:
    return item.state.word.lower()


def counters(wanted: Mapping[str, object]) -> dict[str, Counter[str]]:
    return {
        name: Counter(states if isinstance(states, list) else [states]) for name, states in wanted.items()
    }


def timers(case: CaseInstance) -> list[ItemState]:
    return [
        item
        for item in case.items()
        if item.timer is not None
        and isinstance(case.plan_item(item.iid).definition, TimerEventListener)
        and item.state not in ENDED
    ]


def steps_of(path: str) -> tuple[str, ...]:
    """`/claim/document[1]` -> ("claim", "document", "[1]")."""
    found = [step for part in path.strip("/").split("/") for step in re.findall(r"\[\d+\]|[^\[\]]+", part)]
    return tuple(found)


def _at(values: object, path: str) -> object:
    for step in steps_of(path):
        if step.startswith("["):
            position = int(step[1:-1])
            values = values[position] if isinstance(values, list) and position < len(values) else None
        else:
            values = values.get(step) if isinstance(values, Mapping) else None
    return values
