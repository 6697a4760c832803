"""Plays car insurance claims on the real engine: people answer forms, services fail, a clock runs.

Nothing of the shell takes part: what it would do (call a service, offer a task, open an incident) is done
here, from the effects of each turn. A walk ends with its case, or fails with what broke and how that came.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

from cases import catalogue
from cases.caseapp import archive, intake, operations, reader
from cases.caseapp.document import CaseApp, OperationSpec
from cases.cmmn import engine, instance
from cases.cmmn.commands import AnyCommand, Complete, Fail, OccurUser, Reactivate, StartCase
from cases.cmmn.effects import HumanTaskClosed, HumanTaskOpened, WorkCancelled, WorkOpened
from cases.cmmn.events import CriterionSatisfied, IncidentRaised, ItemTransitioned
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import Program
from cases.cmmn.workmodel import FallbackAnswer, ServiceTask
from cases.feel import Scope
from forms import validation, visibility
from forms.definition import Field, FieldType, FormDefinition
from forms.scope import Scope as FormScope

CLAIMS = Path(__file__).resolve().parents[2] / "cases" / "library" / "claims.auto"
BEGIN = datetime(2026, 3, 2, 14, 2, 11, tzinfo=UTC)
LONGEST = 400

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "intake_clerk": ("iris", "imran"),
    "adjuster": ("adam", "ana", "arun"),
    "senior_adjuster": ("sven", "sara"),
    "siu_investigator": ("ida", "igor"),
    "payments_officer": ("paul",),
    "claims_supervisor": ("cora",),
    "claims_director": ("dora", "the other director"),
    "claimant": ("Dana Whitfield",),
}


class Broken(AssertionError):
    """A walk came to something that must not be."""


@cache
def claims() -> CaseApp:
    """The app, read as it is deployed."""
    return reader.read(archive.folder(CLAIMS))


@cache
def program() -> Program:
    """The model of the app."""
    return catalogue.program_of(claims(), "claims")


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that could happen next: what it is called, and how it is done."""

    label: str
    do: Callable[[], None]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody approved this amount."""

    person: str
    amount: object


@dataclass(slots=True)
class Walk:
    """One case from its report to its end. `answers` are the bodies that services give, by plan item."""

    random: Random
    case: CaseInstance = field(default_factory=lambda: instance.new(program(), 1, "CLM-2026-000001"))
    now: datetime = BEGIN
    tasks: dict[int, HumanTaskOpened] = field(default_factory=dict)
    work: dict[int, WorkOpened] = field(default_factory=dict)
    failed: dict[int, WorkOpened] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)
    books: dict[str, Decimal] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)
    worked: dict[str, set[str]] = field(default_factory=dict)
    occurred: dict[str, int] = field(default_factory=dict)

    # --- what the case says ---

    def file(self) -> dict[str, object]:
        """The case file."""
        return self.case.file()

    def at(self, path: str) -> object:
        """A value of the case file, None where there is none."""
        value: object = self.file()
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    @property
    def is_over(self) -> bool:
        """Whether the case has ended."""
        return self.case.case_state in (State.COMPLETED, State.TERMINATED)

    def open_task(self, plan_item: str) -> int:
        """The one open task of this plan item."""
        found = [iid for iid, task in self.tasks.items() if task.definition == plan_item]
        if len(found) != 1:
            self.break_off(f"{len(found)} tasks {plan_item} are open, not one")
        return found[0]

    def open_work(self, plan_item: str) -> int:
        """The one step of this plan item that is under way."""
        found = [iid for iid, step in self.work.items() if step.definition == plan_item]
        if len(found) != 1:
            self.break_off(f"{len(found)} steps {plan_item} are under way, not one")
        return found[0]

    # --- what happens ---

    def start(self, payload: Mapping[str, object]) -> None:
        """Begin with what a channel posts."""
        reading = intake.read(claims().intakes["claims"], payload, self.now)
        if reading.errors:
            self.break_off(f"refused at the door: {', '.join(map(str, reading.errors))}")
        self.turn("report", StartCase(inputs=reading.inputs))

    def turn(self, label: str, command: AnyCommand) -> None:
        """One turn of the engine, and what the shell would do after it."""
        self.trace.append(f"{self.now:%m-%d %H:%M:%S} {label}")
        outcome = engine.execute(self.case, command, self.now)
        self.case = outcome.case
        for effect in outcome.effects:
            match effect:
                case HumanTaskOpened():
                    self.tasks[effect.item] = effect
                case HumanTaskClosed():
                    self.tasks.pop(effect.item, None)
                case WorkOpened():
                    self.failed.pop(effect.item, None)
                    self.work[effect.item] = effect
                    self._must_be_payable(effect)
                case WorkCancelled():
                    self.work.pop(effect.item, None)
                    self.failed.pop(effect.item, None)
        for event in outcome.events:
            match event:
                case CriterionSatisfied(criterion=criterion, declined=False):
                    self.fired.add(criterion)
                case IncidentRaised():
                    self.break_off(f"{event.definition}: {event.code} {event.message}")
                case ItemTransitioned(transition=Transition.OCCUR):
                    self.occurred[event.definition] = self.occurred.get(event.definition, 0) + 1
        self._must_hold()

    def answer(self, plan_item: str, person: str, answers: Mapping[str, object]) -> None:
        """Somebody completes a task."""
        self._complete(self.open_task(plan_item), person, answers)

    def serve(self, plan_item: str, status: int, body: object) -> None:
        """A service answers with this status and body."""
        iid = self.open_work(plan_item)
        opened = self.work[iid]
        step = self.case.plan_item(iid).definition
        assert isinstance(step, ServiceTask)
        meaning = operations.meaning(
            _operation(step.connection, step.operation), opened.inputs, status, json.dumps(body).encode()
        )
        if isinstance(meaning, operations.Completed):
            self._settle(iid, f"{status}", meaning.result)
        else:
            self.fail(plan_item, meaning.code)

    def fall_back(self, plan_item: str) -> None:
        """The service cannot be had: the step completes with the answer that its fallback is."""
        iid = self.open_work(plan_item)
        step = self.case.plan_item(iid).definition
        assert isinstance(step, ServiceTask)
        answer = next(one for one in step.fallbacks if isinstance(one, FallbackAnswer))
        result = answer.answer.evaluate(Scope(self.file(), now=self.now))
        assert isinstance(result, Mapping)
        self._settle(iid, "falls back", result)

    def fail(self, plan_item: str, code: str) -> None:
        """The step gives up: an incident."""
        iid = self.open_work(plan_item)
        self.failed[iid] = self.work.pop(iid)
        self.turn(f"{plan_item} fails: {code}", Fail(item=iid, code=code))

    def pay(self, plan_item: str, *, provider: str = "pay") -> None:
        """The payment is made and told."""
        self._book(self.work[self.open_work(plan_item)])
        result = {"paymentId": f"{provider}-{len(self.books)}", "status": "paid", "provider": provider}
        self._settle(self.open_work(plan_item), provider, result)

    def retry(self, plan_item: str) -> None:
        """Somebody retries the incident of a failed step."""
        iid = next(iid for iid, step in self.failed.items() if step.definition == plan_item)
        opened = self.failed[iid]
        self.turn(f"{plan_item} is retried", Reactivate(item=iid))
        if iid in self.work and self.work[iid].again:
            self.work[iid] = opened  # the job is the same one, with the key that it had

    def withdraw(self) -> None:
        """The claimant withdraws."""
        number = program().definition.item("UE1").number
        iid = next(iter(self.case.live(number)))
        self.turn("UE1", OccurUser(item=iid, roles=frozenset({"claimant"}), answer={"reason": "found it"}))

    def break_off(self, reason: str) -> None:
        """Fail, and say how it came to that."""
        raise Broken(f"{reason}\n" + "\n".join(self.trace))

    # --- what must hold ---

    def _must_hold(self) -> None:
        if self.occurred.get("M4", 0) and self.occurred.get("M6", 0):
            self.break_off("paid and denied")
        if self.occurred.get("M4", 0) > 1 or len(self.books) > 1:
            self.break_off("paid twice")
        payments = self.file().get("payments") or []
        if isinstance(payments, list) and len(payments) > 1:
            self.break_off("two payments recorded")
        for plan_item in ("SV6", "T8", "T4", "T3", "T1"):
            live = self.case.live(program().definition.item(plan_item).number)
            active = [iid for iid in live if self.case.state.items[iid].state is State.ACTIVE]
            if len(active) > 1:
                self.break_off(f"{plan_item} is active {len(active)} times")
        if self.is_over:
            self._must_have_ended_well()
        elif not (self.tasks or self.work or self.failed):
            self.break_off("stuck")

    def _must_have_ended_well(self) -> None:
        if self.case.case_state is State.COMPLETED:
            if not (self.occurred.get("M4") or self.occurred.get("M6")):
                self.break_off("completed, neither paid nor denied")
            if self.occurred.get("M4") and self.at("settlement.net") != sum(self.books.values()):
                self.break_off(f"paid, but not the settlement: {self.books}")
        elif not (self.occurred.get("M7") or self.at("NY4.next") == "close"):
            self.break_off("ended without a reason")
        if self.tasks or self.work or self.failed:
            self.break_off("ended with work open")

    def _must_be_payable(self, step: WorkOpened) -> None:
        if step.definition == "SV6":
            self._must_be_approved(step.inputs["amount"])

    def _must_be_approved(self, amount: object) -> None:
        needed = _approvals_needed(amount)
        approving = {one.person for one in self.approvals if one.amount == amount}
        if len(approving) < needed:
            self.break_off(f"{amount} paid with {len(approving)} of {needed} approvals")

    # --- a walk of its own ---

    def stroll(self) -> None:
        """Go on at random until the case ends."""
        for _ in range(LONGEST):
            if self.is_over:
                return
            moves = list(self.moves())
            move = self.random.choices(moves, [one.weight for one in moves])[0]
            self.now += timedelta(seconds=self.random.choice((1, 30, 3600, 86_400)))
            move.do()
        if not self.is_over:
            self.break_off(f"not over after {LONGEST} moves")

    def moves(self) -> Iterator[Move]:
        """All that could happen now."""
        for iid, step in self.work.items():
            yield from self._services(iid, step)
        for step in self.failed.values():
            yield Move(f"retry {step.definition}", lambda name=step.definition: self.retry(name), 20)
        for iid, task in self.tasks.items():
            yield Move(task.definition, lambda iid=iid: self._answer_somehow(iid), 40)
        live = self.case.live(program().definition.item("UE1").number)
        if any(self.case.state.items[iid].state is State.AVAILABLE for iid in live):
            yield Move("withdraw", self.withdraw)

    def _services(self, iid: int, step: WorkOpened) -> Iterator[Move]:
        name = step.definition
        for status, make, weight in _ANSWERS[name]:
            yield Move(
                name, lambda status=status, make=make: self.serve(name, status, make(self.random)), weight
            )
        if name in _FALL_BACK:
            yield Move(name, lambda: self.fall_back(name), 8)
        if name == "SV6":
            yield Move(name, lambda: self.pay(name), 40)
            yield Move(name, lambda: self.pay(name, provider="pay2"), 12)
            yield Move(name, lambda: self._pay_and_lose_the_answer(iid), 20)
        if name in ("SV4", "SV6", "SV9"):
            yield Move(name, lambda: self.fail(name, "UNAVAILABLE"), 20)

    def _pay_and_lose_the_answer(self, iid: int) -> None:
        self._book(self.work[iid])
        self.fail("SV6", "TIMEOUT")

    def _book(self, step: WorkOpened) -> None:
        """What the provider does: one payment for one key, however often it is asked for."""
        assert step.key is not None
        amount = step.inputs["amount"]
        assert isinstance(amount, int | Decimal)
        if self.books.setdefault(step.key, Decimal(amount)) != amount:
            self.break_off(f"the key {step.key} was used for another amount")

    def _settle(self, iid: int, label: str, result: Mapping[str, object]) -> None:
        step = self.work.pop(iid)
        if step.definition == "SV4" and result.get("decision") == "approve":
            self.approvals.clear()
        self.turn(f"{step.definition} {label} {dict(result)}", Complete(item=iid, answer=result))

    def _answer_somehow(self, iid: int) -> None:
        task = self.tasks[iid]
        assert task.form is not None
        person = self._person(task)
        form, roles = claims().forms[task.form], _roles(task, person)
        for _ in range(20):
            answers = _some_answers(form, roles, self.file(), self.random)
            if not self._would_pay_twice(task, answers):
                break
        self._complete(iid, person, answers)

    def _would_pay_twice(self, task: HumanTaskOpened, answers: Mapping[str, object]) -> bool:
        """Whoever handles a failed payment asks the provider first: what was paid is only ever retried."""
        return task.definition == "T8" and bool(self.books) and answers["action"] != "retry"

    def _person(self, task: HumanTaskOpened) -> str:
        barred = {person for plan_item in task.four_eyes for person in self.worked.get(plan_item, ())}
        allowed = [one for name in task.roles for one in PEOPLE[name] if one not in barred]
        return self.random.choice(allowed or ["somebody new"])  # the house would have to hire

    def _complete(self, iid: int, person: str, answers: Mapping[str, object]) -> None:
        task = self.tasks[iid]
        assert task.form is not None
        roles = _roles(task, person)
        taken = validation.accept(claims().forms[task.form], answers, roles, self.file()).values
        if task.definition == "T5" and taken["decision"] == "approve":
            self.approvals.append(Approval(person, taken["amountSeen"]))
        if task.definition == "T4" and taken["recommendation"] != "deny":
            self.approvals.clear()
        if task.definition == "T8" and taken["action"] == "manual_bank_transfer":
            amount = self.at("settlement.net")
            assert isinstance(amount, int | Decimal)
            self._must_be_approved(amount)
            self.books[str(taken["reference"])] = Decimal(amount)
        self.worked.setdefault(task.definition, set()).add(person)
        if task.definition == "T5" and taken["decision"] != "approve":
            self.worked.pop("T5")  # the next settlement has approvers of its own
        self.turn(f"{task.definition} by {person}: {dict(taken)}", Complete(item=iid, answer=taken))


def _roles(task: HumanTaskOpened, person: str) -> frozenset[str]:
    """The roles in which somebody may do a task."""
    return frozenset(name for name in task.roles if person in PEOPLE[name]) or frozenset(task.roles[:1])


def _operation(connection: str, operation: str) -> OperationSpec:
    if connection == "casewright":
        return OperationSpec("find_cases", "POST", "/")
    return claims().connections[connection].operations[operation]


def _approvals_needed(amount: object) -> int:
    decided = claims().decisions["DT-CLM-4"].evaluate("DT-CLM-4", {"netPayableUsd": amount}).value
    assert isinstance(decided, Mapping)
    return int(decided["approvalsNeeded"])


# --- what services answer ---

Make = Callable[[Random], object]


def _policy(random: Random) -> object:
    return {
        "inForce": random.random() < 0.9,
        "paid": random.random() < 0.9,
        "peril": random.random() < 0.9,
        "age": random.choice((2, 20, 400, None)),
        "ded": random.choice((0, 100, 500, None)),
    }


def _score(random: Random) -> object:
    return {
        "prior": random.choice((0, 0, 3)),
        "pct": random.choice((None, 3, 90)),
        "police": random.choice((None, True, False)),
        "hour": random.choice((3, 12)),
        "dup": random.random() < 0.15,
        "shared": random.random() < 0.15,
        "watch": random.random() < 0.1,
        "sev": random.choice(("trivial", "minor", "major", "total_loss", None)),
    }


def _assessment(random: Random) -> object:
    return {
        "decision": random.choice(("approve", "approve", "approve", "decline")),
        "confidence": random.choice((0.94, 0.94, 0.85, 0.5)),
        "amount": random.choice((0, 512.4, 1400, 3000, 12000)),
        "model": "mock",
        "modelVersion": "v3.2",
    }


_ANSWERS: Mapping[str, tuple[tuple[int, Make, int], ...]] = {
    "SV1": ((200, _policy, 40), (404, lambda _: {}, 12)),
    "SV1b": ((200, _policy, 40), (404, lambda _: {}, 12)),
    "SV2": ((201, lambda _: {"messageId": "m1", "status": "sent"}, 40),),
    "SV3": ((200, _score, 40),),
    "SV4": ((200, _assessment, 40), (200, lambda _: {"decision": "approve", "confidence": 1}, 8)),
    "SV5": ((200, lambda _: {"value": 21000, "currency": "USD"}, 40), (404, lambda _: {}, 12)),
    "SV6": ((402, lambda _: {"error": "insufficient funds"}, 12),),
    "SV8": (
        (200, lambda _: {"candidates": 0, "cases": []}, 40),
        (
            200,
            lambda _: {
                "candidates": 1,
                "cases": [{"key": "CLM-2026-000009", "title": "x", "state": "Active"}],
            },
            20,
        ),
    ),
    "SV9": ((201, lambda _: {"jobId": "g1", "status": "ordered"}, 40),),
}
_FALL_BACK = frozenset({"SV1", "SV1b", "SV2", "SV3", "SV5", "SV8"})


# --- what people answer ---


def _some_answers(
    form: FormDefinition, roles: frozenset[str], file: Mapping[str, object], random: Random
) -> dict[str, object]:
    """An answer to each field that is asked, anything that the form offers."""
    answers: dict[str, object] = {}
    scope = FormScope(dict(file), roles=roles)
    for one in form.fields:
        scope.names[one.key] = None
        if not visibility.is_shown(one, scope):
            continue
        if visibility.may_edit(one, roles):
            value = _some_answer(one, scope, random)
            if value is None:
                continue
            answers[one.key] = scope.names[one.key] = value
        elif one.value is not None:
            scope.names[one.key] = scope.value(one.value)
    return answers


def _some_answer(one: Field, scope: FormScope, random: Random) -> object:
    if not visibility.is_required(one, scope) and random.random() < 0.5:
        return None
    proposed = None if one.value is None else scope.value(one.value)
    if proposed is not None and (one.check is not None or random.random() < 0.3):
        return proposed
    match one.type:
        case FieldType.CHOICE:
            return random.choice([choice.value for choice in visibility.offered(one, scope)])
        case FieldType.CHOICES:
            return [random.choice(one.choices).value]
        case FieldType.BOOL:
            return random.random() < 0.5
        case FieldType.MONEY:
            return Decimal(random.choice((100, 600, 1900, 7000, 20_000, 60_000, 150_000)))
        case FieldType.INTEGER:
            return random.randint(0, 100)
        case FieldType.DECIMAL:
            return Decimal(100)
        case FieldType.ROWS:
            return [{column.key: _some_answer(column, scope, random) for column in one.columns}]
        case _:
            return _some_text(one, random)


def _some_text(one: Field, random: Random) -> str:
    if one.pattern:
        return f"PA-{random.randrange(10**7):07d}"
    return f"{random.randrange(10**9)} " + "because it was so " * ((one.min_length or 0) // 10 + 1)
