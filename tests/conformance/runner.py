"""Runs scenarios of `conformance/FORMAT.md` on the engine alone; what needs the shell is skipped by tag."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import isodate
import yaml

from cases.cmmn import commands, engine, instance, reader
from cases.cmmn.commands import AnyCommand, Refused
from cases.cmmn.effects import (
    CaseEnded,
    ChildCancelled,
    ChildOpened,
    ChildPaused,
    HumanTaskOpened,
    WorkOpened,
)
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Program
from cases.cmmn.workmodel import Ending, ProcessTask
from tests.conformance import stubs
from tests.conformance.expectations import ENDED, Expectation, Failed, steps_of, timers, word

CLAIMED = frozenset(
    {
        "core", "repetition", "user-listener", "timer", "timer-start-trigger", "case-file", "suspend",
        "exit-criterion-ref", "cross-stage", "fault", "close", "transition-log", "trigger-mode",
        "max-instance-count", "divergence-guard", "incidents", "planning", "plan-fragment", "roles",
        "case-parameters", "task-output", "decision-task",
        "case-task", "process-task", "reactivate-case",
    }
)  # fmt: skip
"""The capabilities that the engine has by itself."""

_KINDS = {
    "E-FORBIDDEN": "forbidden",
    "E-STATE": "illegal-state",
    "E-SUSPENDED": "suspended",
    "E-UNKNOWN": "not-found",
    "E-ARGUMENT": "illegal-argument",
    "E-DIVERGED": "diverged",
}
_WORDS = (("&amp;&amp;", " and "), ("||", " or "), ("==", "="), ("'", '"'))


def load(path: Path) -> dict[str, object]:
    with path.open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def rows(scenario: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """The scenario once for each row of `with`, values put in."""
    given = scenario.get("with") or [{}]
    for row in given:  # type: ignore[attr-defined]  # a list by the schema
        yield {
            "clock": scenario.get("clock"),
            "models": scenario["models"],
            "steps": _fill(scenario["steps"], row),
            "stubs": _fill(scenario.get("stubs") or {}, row),
        }


def _fill(value: object, row: Mapping[str, object]) -> object:
    if isinstance(value, str) and value.startswith("$") and value[1:] in row:
        return row[value[1:]]
    if isinstance(value, list):
        return [_fill(one, row) for one in value]
    if isinstance(value, Mapping):
        return {str(_fill(key, row)): _fill(one, row) for key, one in value.items()}
    return value


def translated(text: str) -> bytes:
    """A model of the suite in words of ours: FEEL for `${...}`, our namespace for two attributes."""
    text = re.sub(
        r"(<timerExpression[^>]*>)\$\{(.*?)\}", lambda found: f"{found[1]}= {_feel(found[2])}", text
    )
    text = re.sub(r"\$\{(.*?)\}", lambda found: _feel(found[1]), text)
    text = text.replace("flowable:triggerMode", "house:triggerMode")
    text = text.replace("flowable:maxInstanceCount", "house:maxInstances")
    declared = '<definitions xmlns:house="https://casewright.org/cmmn" '
    return text.replace("<definitions ", declared, 1).encode()


def _feel(text: str) -> str:
    for ours, feel in _WORDS:
        text = text.replace(ours, feel)
    return text


class Runner:
    """One run of one scenario."""

    def __init__(self, run: Mapping[str, object], models: Path) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        if run["clock"]:
            self.now = datetime.fromisoformat(str(run["clock"]))
        self.definitions = {}
        texts: list[str] = []
        for model in run["models"]:  # type: ignore[attr-defined]  # a list by the schema
            text = (models / str(model)).read_text(encoding="utf-8")
            texts.append(text)
            self.definitions.update(reader.read(translated(text)).cases)
        self.decisions = stubs.decisions(run["stubs"], texts)  # type: ignore[arg-type]
        self.cases: dict[str, CaseInstance] = {}
        self.stubs: Mapping[str, Mapping[str, object]] = run["stubs"]  # type: ignore[assignment]
        self.inputs: dict[tuple[str, int], Mapping[str, object]] = {}
        self.children: dict[tuple[str, int], str] = {}
        self.aliases: dict[str, str] = {}
        self.current = ""
        self.user: str | None = None
        self.events: dict[str, list[object]] = {}

    def play(self, steps: Sequence[Mapping[str, object]]) -> None:
        for number, step in enumerate(steps, 1):
            (verb, arguments), *_ = step.items()
            try:
                if verb == "expect":
                    Expectation(self).check(arguments)  # type: ignore[arg-type]  # a mapping by the schema
                else:
                    self.events.clear()
                    self.act(verb, _arguments(arguments))
            except Failed as difference:
                raise Failed(f"step {number} {step}: {difference}") from None

    def act(self, verb: str, arguments: dict[str, object]) -> None:
        if verb == "refused":
            self._refused(arguments)
            return
        key = str(arguments.pop("of", self.current))
        key = self.aliases.get(key, key)
        given = arguments.pop("vars", None) if verb not in ("start", "set") else None
        if given:
            self.execute(key, commands.Note(kind="set", writes=given))  # type: ignore[arg-type]
        getattr(self, f"do_{verb}")(key, **arguments)

    def execute(self, key: str, command: AnyCommand) -> None:
        outcome = engine.execute(self.cases[key], command, self.now)
        self.cases[key] = outcome.case
        self.events.setdefault(key, []).extend(outcome.events)
        self._take(key, outcome)

    def _take(self, key: str, outcome: engine.Outcome) -> None:
        for effect in outcome.effects:
            match effect:
                case HumanTaskOpened():
                    self.inputs[key, effect.item] = effect.inputs
                case WorkOpened():
                    self._begin_process(key, effect)
                case ChildOpened():
                    self._begin_child(key, effect)
                case ChildPaused(item, paused):
                    self._pause_child(self.children[key, item], paused=paused)
                case ChildCancelled(item):
                    self._end_child(self.children[key, item])
                case CaseEnded(_, caller, ending, outputs):
                    above, _, item = caller.rpartition(".")
                    command = commands.ChildEnded(
                        item=int(item), ending=ending, outputs=outputs, reference=key
                    )
                    self.execute(above, command)

    def _begin_child(self, key: str, effect: ChildOpened) -> None:
        """The shell's part of a case task: the child starts, and its caller hears of it."""
        child = f"{key}.{effect.item}"
        self.children[key, effect.item] = child
        begun = instance.new(
            Program(self.definitions[effect.case], self.decisions), len(self.cases) + 1, child
        )
        command = commands.StartCase(
            parameters=effect.inputs, team=effect.team, caller=child, depth=effect.depth
        )
        outcome = engine.execute(begun, command, self.now)
        self.cases[child] = outcome.case
        self.execute(key, commands.ChildStarted(item=effect.item, reference=child))
        self._take(child, outcome)

    def _pause_child(self, child: str, *, paused: bool) -> None:
        state = self.cases[child].case_state
        if paused and state is State.ACTIVE:
            self.execute(child, commands.SuspendCase())
        elif not paused and state is State.SUSPENDED:
            self.execute(child, commands.ResumeCase())

    def _end_child(self, child: str) -> None:
        self._pause_child(child, paused=False)
        if self.cases[child].case_state is State.ACTIVE:
            self.execute(child, commands.TerminateCase(reason="parent"))

    def _begin_process(self, key: str, effect: WorkOpened) -> None:
        """The shell's part of a process task: the stub ends it at once, or waits to be told."""
        stub = self.stubs.get(effect.target, {"mode": "wait"})
        is_process = isinstance(self.cases[key].plan_item(effect.item).definition, ProcessTask)
        if is_process and stub["mode"] != "wait":
            ending = Ending.COMPLETED if stub["mode"] == "complete" else Ending.FAILED
            self._end_process(key, effect.item, ending, stub.get("output"), stub.get("code", ""))

    def _end_process(self, key: str, item: int, ending: Ending, output: object, code: object) -> None:
        outputs = data(output or {})
        command = commands.ChildEnded(item=item, ending=ending, outputs=outputs, code=str(code))  # type: ignore[arg-type]
        self.execute(key, command)

    def do_process_complete(self, key: str, item: object, output: object = None) -> None:
        self._end_process(key, self.find(key, item).iid, Ending.COMPLETED, output, "")

    def do_process_fault(self, key: str, item: object, code: str, **_: object) -> None:
        self._end_process(key, self.find(key, item).iid, Ending.FAILED, None, code)

    def do_find_child(self, of: str, item: object, **given: object) -> None:
        child = self.children[of, self.find(of, item).iid]
        alias = str(given["as"])
        self.aliases[alias] = child

    def ask(self, key: str, command: AnyCommand) -> None:
        """The command, in the name of the acting user; without one it has full rights."""
        if self.user is not None:
            command = replace(command, actor=self.user, roles=frozenset())
        self.execute(key, command)

    def _refused(self, arguments: Mapping[str, object]) -> None:
        (verb, inner), *_ = arguments["step"].items()  # type: ignore[attr-defined]
        kinds = arguments["kind"] if isinstance(arguments["kind"], list) else [arguments["kind"]]
        before = {key: repr(case.state) for key, case in self.cases.items()}
        try:
            self.act(verb, _arguments(inner))
        except Refused as no:
            if "any" not in kinds and _KINDS[no.code] not in kinds:
                raise Failed(f"refused as {no.code} ({no.message}), expected {kinds}") from None
            if before != {key: repr(case.state) for key, case in self.cases.items()}:
                raise Failed("the refusal changed a case") from None
            return
        raise Failed("was accepted")

    def find(self, key: str, selector: object) -> ItemState:
        """The one instance that a verb means. Raises Refused for none."""
        found = [item for item in self.matching(key, selector) if item.iid != CASE]
        live = [item for item in found if item.state not in ENDED]
        found = live or found
        if not found:
            raise Refused(commands.E_UNKNOWN, f"no {selector}")
        if len(found) > 1:
            raise Failed(f"{selector} means {len(found)} instances")
        return found[0]

    def matching(self, key: str, selector: object) -> list[ItemState]:
        wanted = {"name": selector} if isinstance(selector, str) else dict(selector)  # type: ignore[call-overload]
        case = self.cases[key]
        container = wanted.get("in")
        parents = (
            None
            if container is None
            else {CASE}
            if container == "@case"
            else {item.iid for item in self.matching(key, container)}
        )
        return [
            item
            for item in case.items()
            if wanted.get("name") in (None, case.plan_item(item.iid).name)
            and wanted.get("element") in (None, case.plan_item(item.iid).id)
            and wanted.get("index") in (None, item.index)
            and wanted.get("state") in (None, word(item))
            and (parents is None or item.parent in parents)
        ]

    def do_start(self, _: str, **given: object) -> None:
        definition = self.definitions.get(str(given["case"]))
        if definition is None:
            raise Refused(commands.E_UNKNOWN, "no such case")
        key = str(given.get("as") or given["case"])
        begun = instance.new(Program(definition, self.decisions), len(self.cases) + 1, key)
        team = given.get("team")
        members = None if team is None else {user: frozenset(roles) for user, roles in team.items()}  # type: ignore[attr-defined]
        command = commands.StartCase(
            inputs=data(given.get("vars") or {}),  # type: ignore[arg-type]
            parameters=data(given.get("inputs") or {}),  # type: ignore[arg-type]
            team=members,
        )
        outcome = engine.execute(begun, command, self.now)
        self.cases[key] = outcome.case
        self.current = key
        self.events.setdefault(key, []).extend(outcome.events)
        self._take(key, outcome)

    def do_complete(
        self, key: str, task: object = None, item: object = None, output: object = None, **_: object
    ) -> None:
        found = self.find(key, task if task is not None else item)
        self.ask(key, commands.Complete(item=found.iid, answer=data(output)))  # type: ignore[arg-type]

    def do_plan(self, key: str, item: str, **given: object) -> None:
        holder = CASE if given["in"] == "@case" else self.find(key, given["in"]).iid
        number = self.cases[key].state.items[holder].number
        offers = [one for one in self.cases[key].wiring.tables.get(number, ()) if one.name == item]
        if not offers:
            raise Refused(commands.E_UNKNOWN, f"no {item}")
        self.ask(key, commands.Plan(item=holder, discretionary=offers[0].id))

    def do_as_user(self, key: str, user: str | None = None, roles: Sequence[str] | None = None) -> None:
        self.user = user
        known = self.cases[key].state.team
        for role in sorted(set(roles or ()) - set((known or {}).get(str(user), ()))):
            self.do_assign_role(key, str(user), role)
        for role in sorted(set((known or {}).get(str(user), ())) - set(roles or ())) if roles else ():
            self.do_remove_role(key, str(user), role)

    def do_assign_role(self, key: str, user: str, role: str) -> None:
        self.execute(key, commands.AssignRole(user=user, role=role))

    def do_remove_role(self, key: str, user: str, role: str) -> None:
        self.execute(key, commands.RemoveRole(user=user, role=role))

    def do_complete_stage(self, key: str, item: object, **_: object) -> None:
        self.ask(key, commands.Complete(item=self.find(key, item).iid))

    def do_complete_case(self, key: str) -> None:
        self.ask(key, commands.CompleteCase())

    def do_terminate_case(self, key: str) -> None:
        self.ask(key, commands.TerminateCase())

    def do_close(self, key: str) -> None:
        self.ask(key, commands.CloseCase())

    def do_suspend(self, key: str, item: object = None, task: object = None, **_: object) -> None:
        wanted = item if item is not None else task
        command = (
            commands.SuspendCase() if wanted is None else commands.Suspend(item=self.find(key, wanted).iid)
        )
        self.ask(key, command)

    def do_resume(self, key: str, item: object = None, task: object = None, **_: object) -> None:
        wanted = item if item is not None else task
        command = (
            commands.ResumeCase() if wanted is None else commands.Resume(item=self.find(key, wanted).iid)
        )
        self.ask(key, command)

    def do_manual_start(self, key: str, item: object) -> None:
        self.ask(key, commands.ManualStart(item=self.find(key, item).iid))

    def do_disable(self, key: str, item: object) -> None:
        self.ask(key, commands.Disable(item=self.find(key, item).iid))

    def do_reenable(self, key: str, item: object) -> None:
        self.ask(key, commands.Reenable(item=self.find(key, item).iid))

    def do_occur(self, key: str, item: object) -> None:
        self.ask(key, commands.OccurUser(item=self.find(key, item).iid))

    def do_terminate(self, key: str, item: object) -> None:
        self.ask(key, commands.Terminate(item=self.find(key, item).iid))

    def do_fail(self, key: str, item: object, code: str, message: str = "") -> None:
        self.ask(key, commands.Fail(item=self.find(key, item).iid, code=code, message=message))

    def do_reactivate(self, key: str, item: object = None, **given: object) -> None:
        if item is not None:
            self.ask(key, commands.Reactivate(item=self.find(key, item).iid))
            return
        activate, default = (self._roots(key, given.get(name)) for name in ("activate", "default"))
        self.ask(key, commands.ReactivateCase(activate=activate, default=default))

    def _roots(self, key: str, names: object) -> tuple[str, ...]:
        plan = [one for one in self.cases[key].program.definition.items if one.stage == CASE]
        return tuple(next(one.id for one in plan if one.name == name) for name in names or ())  # type: ignore[attr-defined]

    def do_give_up(self, key: str, item: object) -> None:
        self.ask(key, commands.ExitFailed(item=self.find(key, item).iid))

    def do_set(self, key: str, vars: Mapping[str, object]) -> None:  # noqa: A002 - the format's word
        self.ask(key, commands.Note(kind="set", writes=data(vars)))  # type: ignore[arg-type]

    def do_unset(self, key: str, names: Sequence[str]) -> None:
        for name in names:
            self.ask(key, commands.WriteFile(path=(name,), value=None, mode="delete"))

    def do_file(
        self, key: str, op: str, path: str, value: object = None, name: str = "", to: str = ""
    ) -> None:
        steps, mode, written = steps_of(path), op, data(value)
        if op == "add_child":
            steps, mode = (*steps, name), "create"
        elif op == "remove_child":
            mode = "delete"
        elif op in ("add_reference", "remove_reference"):
            mode = "addReference" if op == "add_reference" else "removeReference"
            written = steps_of(to)
        self.ask(key, commands.WriteFile(path=steps, value=written, mode=mode))

    def do_clock(self, _: str, advance: str = "", to: str = "") -> None:
        self.now = datetime.fromisoformat(to) if to else self.now + isodate.parse_duration(advance)

    def do_run_jobs(self, _: str) -> None:
        while due := sorted(self._due()):
            _, key, iid, fire_no = due[0]
            self.execute(key, commands.FireTimer(item=iid, fire_no=fire_no))

    def _due(self) -> Iterator[tuple[str, str, int, int]]:
        for key, case in self.cases.items():
            for item in timers(case):
                if (
                    item.state is State.AVAILABLE
                    and item.timer
                    and instance.instant_of(item.timer.due) <= self.now
                ):
                    yield item.timer.due, key, item.iid, item.timer.fire_no

    def do_repeat(self, _: str, times: int, steps: Sequence[Mapping[str, object]]) -> None:
        for _time in range(times):
            self.play(steps)


def _arguments(given: object) -> dict[str, object]:
    """What a verb is given; `as_user` alone may have a bare user."""
    return dict(given) if isinstance(given, Mapping) else {"user": given}


def data(value: object) -> object:
    """A YAML value as JSON data: no binary fractions."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {str(name): data(one) for name, one in value.items()}
    return [data(one) for one in value] if isinstance(value, list) else value
