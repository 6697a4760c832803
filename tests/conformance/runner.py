"""Runs scenarios of `conformance/FORMAT.md` on the engine alone, in memory: what needs the shell is skipped by its tag."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import isodate
import yaml

from cases.cmmn import commands, completion, engine, instance, reader
from cases.cmmn.agenda import Run
from cases.cmmn.commands import AnyCommand, Refused
from cases.cmmn.events import CaseTransitioned, FileTransitioned, IncidentRaised, ItemTransitioned
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import HumanTask, Milestone, Program, TimerEventListener

CLAIMED = frozenset(
    "core repetition user-listener timer timer-start-trigger case-file suspend exit-criterion-ref cross-stage fault close"
    " transition-log trigger-mode max-instance-count divergence-guard incidents".split()
)
"""The capabilities that the engine has by itself."""

_KINDS = {
    "E-FORBIDDEN": "forbidden",
    "E-STATE": "illegal-state",
    "E-SUSPENDED": "suspended",
    "E-UNKNOWN": "not-found",
    "E-ARGUMENT": "illegal-argument",
    "E-DIVERGED": "diverged",
}
_ENDED = frozenset({State.COMPLETED, State.TERMINATED})
_WORDS = (("&amp;&amp;", " and "), ("||", " or "), ("==", "="), ("'", '"'))


class Failed(AssertionError):
    """A scenario expects something else than what is."""


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
    """A model of the suite in the words of this product: FEEL for `${...}`, our namespace for two attributes."""
    text = re.sub(
        r"(<timerExpression[^>]*>)\$\{(.*?)\}", lambda found: f"{found[1]}= {_feel(found[2])}", text
    )
    text = re.sub(r"\$\{(.*?)\}", lambda found: _feel(found[1]), text)
    text = text.replace("flowable:triggerMode", "cw:triggerMode")
    text = text.replace("flowable:maxInstanceCount", "cw:maxInstances")
    return text.replace("<definitions ", '<definitions xmlns:cw="https://casewright.org/cmmn" ', 1).encode()


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
        self.inputs: dict[str, dict[str, str]] = {}
        for model in run["models"]:  # type: ignore[attr-defined]  # a list by the schema
            text = (models / str(model)).read_text(encoding="utf-8")
            self.definitions.update(reader.read(translated(text)).cases)
            self.inputs.update(_case_inputs(text))
        self.cases: dict[str, CaseInstance] = {}
        self.current = ""
        self.events: dict[str, list[object]] = {}

    def play(self, steps: Sequence[Mapping[str, object]]) -> None:
        for number, step in enumerate(steps, 1):
            (verb, arguments), *_ = step.items()
            try:
                if verb == "expect":
                    Expectation(self).check(arguments)  # type: ignore[arg-type]  # a mapping by the schema
                else:
                    self.events.clear()
                    self.act(verb, dict(arguments))  # type: ignore[call-overload]  # a mapping by the schema
            except Failed as difference:
                raise Failed(f"step {number} {step}: {difference}") from None

    def act(self, verb: str, arguments: dict[str, object]) -> None:
        if verb == "refused":
            self._refused(arguments)
            return
        key = str(arguments.pop("of", self.current))
        given = arguments.pop("vars", None) if verb not in ("start", "set") else None
        if given:
            self.execute(key, commands.Note(kind="set", writes=given))  # type: ignore[arg-type]
        getattr(self, f"do_{verb}")(key, **arguments)

    def execute(self, key: str, command: AnyCommand) -> None:
        outcome = engine.execute(self.cases[key], command, self.now)
        self.cases[key] = outcome.case
        self.events.setdefault(key, []).extend(outcome.events)

    def _refused(self, arguments: Mapping[str, object]) -> None:
        (verb, inner), *_ = arguments["step"].items()  # type: ignore[attr-defined]
        kinds = arguments["kind"] if isinstance(arguments["kind"], list) else [arguments["kind"]]
        before = {key: repr(case.state) for key, case in self.cases.items()}
        try:
            self.act(verb, dict(inner))
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
        live = [item for item in found if item.state not in _ENDED]
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
        self.current = key
        self.cases[key] = instance.new(Program(definition), len(self.cases) + 1, key)
        names = self.inputs.get(definition.id, {})
        values = {names.get(name, name): value for name, value in (given.get("inputs") or {}).items()}  # type: ignore[attr-defined]
        values.update(given.get("vars") or {})  # type: ignore[call-overload]
        self.execute(key, commands.StartCase(inputs=data(values)))  # type: ignore[arg-type]

    def do_complete(
        self, key: str, task: object = None, item: object = None, output: object = None, **_: object
    ) -> None:
        found = self.find(key, task if task is not None else item)
        self.execute(key, commands.Complete(item=found.iid, answer=data(output)))  # type: ignore[arg-type]

    def do_complete_stage(self, key: str, item: object, **_: object) -> None:
        self.execute(key, commands.Complete(item=self.find(key, item).iid))

    def do_complete_case(self, key: str) -> None:
        self.execute(key, commands.CompleteCase())

    def do_terminate_case(self, key: str) -> None:
        self.execute(key, commands.TerminateCase())

    def do_close(self, key: str) -> None:
        self.execute(key, commands.CloseCase())

    def do_suspend(self, key: str, item: object = None, task: object = None, **_: object) -> None:
        wanted = item if item is not None else task
        command = (
            commands.SuspendCase() if wanted is None else commands.Suspend(item=self.find(key, wanted).iid)
        )
        self.execute(key, command)

    def do_resume(self, key: str, item: object = None, task: object = None, **_: object) -> None:
        wanted = item if item is not None else task
        command = (
            commands.ResumeCase() if wanted is None else commands.Resume(item=self.find(key, wanted).iid)
        )
        self.execute(key, command)

    def do_manual_start(self, key: str, item: object) -> None:
        self.execute(key, commands.ManualStart(item=self.find(key, item).iid))

    def do_disable(self, key: str, item: object) -> None:
        self.execute(key, commands.Disable(item=self.find(key, item).iid))

    def do_reenable(self, key: str, item: object) -> None:
        self.execute(key, commands.Reenable(item=self.find(key, item).iid))

    def do_occur(self, key: str, item: object) -> None:
        self.execute(key, commands.OccurUser(item=self.find(key, item).iid))

    def do_terminate(self, key: str, item: object) -> None:
        self.execute(key, commands.Terminate(item=self.find(key, item).iid))

    def do_fail(self, key: str, item: object, code: str, message: str = "") -> None:
        self.execute(key, commands.Fail(item=self.find(key, item).iid, code=code, message=message))

    def do_reactivate(self, key: str, item: object) -> None:
        self.execute(key, commands.Reactivate(item=self.find(key, item).iid))

    def do_give_up(self, key: str, item: object) -> None:
        self.execute(key, commands.ExitFailed(item=self.find(key, item).iid))

    def do_set(self, key: str, vars: Mapping[str, object]) -> None:  # noqa: A002 - the format's word
        self.execute(key, commands.Note(kind="set", writes=data(vars)))  # type: ignore[arg-type]

    def do_unset(self, key: str, names: Sequence[str]) -> None:
        for name in names:
            self.execute(key, commands.WriteFile(path=(name,), value=None, mode="delete"))

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
        self.execute(key, commands.WriteFile(path=steps, value=written, mode=mode))

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

    def do_repeat(self, key: str, times: int, steps: Sequence[Mapping[str, object]]) -> None:
        for _ in range(times):
            self.play(steps)


class Expectation:
    """What one `expect` says, held against a case."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def check(self, given: Mapping[str, object]) -> None:
        wanted = dict(given)
        self.key = str(wanted.pop("of", self.runner.current))
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
        return self.by_name([item for item in self.case.items() if item.state not in _ENDED])

    def is_case(self, wanted: Mapping[str, object]) -> None:
        state = self.case.case_state
        for name, value in wanted.items():
            match name:
                case "state":
                    self.same(state.word.lower(), value)
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
                found = [item for item in found if item.state not in _ENDED]
            self.same((selector, len(found)), (selector, one["count"]))

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
        and item.state not in _ENDED
    ]


def steps_of(path: str) -> tuple[str, ...]:
    """`/claim/document[1]` -> ("claim", "document", "[1]")."""
    found = [step for part in path.strip("/").split("/") for step in re.findall(r"\[\d+\]|[^\[\]]+", part)]
    return tuple(found)


def data(value: object) -> object:
    """A YAML value as JSON data: no binary fractions."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {str(name): data(one) for name, one in value.items()}
    return [data(one) for one in value] if isinstance(value, list) else value


def _at(values: object, path: str) -> object:
    for step in steps_of(path):
        if step.startswith("["):
            position = int(step[1:-1])
            values = values[position] if isinstance(values, list) and position < len(values) else None
        else:
            values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _case_inputs(text: str) -> dict[str, dict[str, str]]:
    """The case parameters by case: name of the parameter -> name of the root item that it is bound to."""
    found: dict[str, dict[str, str]] = {}
    for case_id, body in re.findall(r'<case id="([^"]+)"(.*?)</case>', text, re.DOTALL):
        head = body.split("<casePlanModel")[0] + body.split("</casePlanModel>")[-1]
        items = dict(re.findall(r'<caseFileItem id="([^"]+)" name="([^"]+)"', head))
        bound = re.findall(r'<input [^>]*?name="([^"]+)"[^>]*?bindingRef="([^"]+)"', head)
        found[case_id] = {name: items.get(reference, name) for name, reference in bound}
    return found
