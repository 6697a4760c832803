"""The claims prototype, walked at random: each walk ends Paid, Denied or closed, and none is paid twice."""

import random
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cases.cmmn import engine, instance, reader
from cases.cmmn.commands import Complete, Fail, Note, OccurUser, Reactivate, StartCase
from cases.cmmn.extensions import HOUSE
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Milestone, Program, Stage, UserEventListener
from cases.cmmn.profile import STRICT
from tests import shared

MODEL = shared.SHARED / "prototypes" / "claims" / "claims-first-half.cmmn"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WALKS = 150
LONGEST = 250

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not MODEL.is_file(), reason=shared.MISSING),
]

_WORDS = (("&amp;&amp;", " and "), ("||", " or "), ("==", "="), ("'", '"'))


def program():
    """The prototype, its decisions as tasks that the driver answers."""
    text = MODEL.read_text(encoding="utf-8")
    text = re.sub(
        r'<decisionTask id="(\w+)" name="(\w+)".*?</decisionTask>',
        r'<task id="\1" name="\2"/>',
        text,
        flags=re.DOTALL,
    )
    (definition,) = reader.read(translated(text), profile=STRICT).cases.values()
    return Program(definition)


def translated(text: str) -> bytes:
    """The prototype in words of ours: FEEL for `${...}`, and each answer under the name of its task."""
    ours = text.replace("http://flowable.org/cmmn", HOUSE).replace(":maxInstanceCount", ":maxInstances")
    return re.sub(r"\$\{(.*?)\}", lambda found: feel(found[1]), ours).encode()


def feel(text: str) -> str:
    for theirs, ours in _WORDS:
        text = text.replace(theirs, ours)
    return text


class Walk:
    """One claim, driven by dice."""

    def __init__(self, model, seed):
        self.dice = random.Random(seed)
        self.case = instance.new(model, seed, f"CLM-{seed}")
        self.version = 0
        self.paid = []
        self.execute(StartCase(inputs={}))

    def execute(self, command):
        self.case = engine.execute(self.case, command, NOW).case

    def id_of(self, item):
        return self.case.plan_item(item.iid).id

    def occurred(self, id_):
        return any(self.id_of(item) == id_ and item.state is State.COMPLETED for item in self.case.items())

    def waiting(self):
        """What somebody, or some service, can do now."""
        for item in list(self.case.items())[1:]:
            definition = self.case.plan_item(item.iid).definition
            if isinstance(definition, Stage | Milestone):
                continue
            is_listener = isinstance(definition, UserEventListener)
            if item.state in (State.ACTIVE, State.FAILED) or (is_listener and item.state is State.AVAILABLE):
                yield item

    def is_over(self):
        return self.case.case_state in (State.COMPLETED, State.TERMINATED)

    def step(self):
        choices = [
            item
            for item in self.waiting()
            if self.id_of(item) != "UE1" or (self.dice.random() < 0.02 and not self.occurred("M3"))
        ]
        assert choices, f"stuck: {[(self.id_of(item), item.state.word) for item in self.case.items()]}"
        item = self.dice.choice(choices)
        id_ = self.id_of(item)
        if id_ == "UE1":
            self.execute(OccurUser(item=item.iid))
        elif item.state is State.FAILED:
            self.execute(Reactivate(item=item.iid))
        elif id_ in ("SV4", "SV6") and self.dice.random() < 0.25:
            self.execute(Fail(item=item.iid, code="DOWN"))
        else:
            self.answer(item, id_)

    def answer(self, item, id_):
        answer = getattr(self, f"answer_{id_.lower()}", dict)()
        if id_ == "SV6":
            self.paid.append(self.case.file()["settlement"]["version"])
        self.execute(Complete(item=item.iid, answer=answer))

    def settle(self):
        self.version += 1
        net = self.dice.choice([0, 500, 4000])
        self.execute(Note(kind="settled", writes={"settlement": {"version": self.version, "net": net}}))

    def answer_sv1(self):
        return {"result": self.dice.choice(["found", "found", "not_found"])}

    answer_sv1b = answer_sv1

    def answer_sv8(self):
        return {"candidates": self.dice.choice([0, 0, 2])}

    def answer_d1(self):
        return {"coverage": self.dice.choice(["covered", "refer", "not_covered"])}

    def answer_d3(self):
        return {"band": self.dice.choice(["low", "medium", "high"])}

    def answer_d2(self):
        has_looked_twice = sum(1 for item in self.case.items() if self.id_of(item) == "T1") > 0
        tracks = ["fast", "fast", "standard", "complex", "siu", "deny_review"]
        return {"track": self.dice.choice(tracks if has_looked_twice else [*tracks, "incomplete"])}

    def answer_t10(self):
        return {"decision": self.dice.choice(["not_duplicate", "link"])}

    def answer_t2(self):
        return {"decision": self.dice.choice(["override_cover", "deny"])}

    def answer_sv4(self):
        self.settle()
        return {
            "decision": self.dice.choice(["approve", "approve", "refer"]),
            "confidence": Decimal(self.dice.choice(["0.94", "0.5"])),
        }

    def answer_t4(self):
        self.settle()
        return {
            "recommendation": self.dice.choice(["pay_repair", "pay_total_loss", "deny"]),
            "liability": self.dice.choice(["insured", "shared", "third_party"]),
        }

    def answer_d4(self):
        return {"approvalsNeeded": self.dice.choice([0, 1, 2])}

    def answer_t5(self):
        file = self.case.file()
        version, before = file["settlement"]["version"], file.get("T5") or {}
        decision = self.dice.choice(["approve", "approve", "approve", "return", "reject"])
        counted = before.get("approvals", 0) if before.get("settlementVersion") == version else 0
        return {
            "decision": decision,
            "settlementVersion": version,
            "approvals": counted + (decision == "approve"),
        }

    def answer_t8(self):
        action = self.dice.choice(["retry", "other_method", "manual_bank_transfer"])
        if action == "other_method":
            settlement = self.case.file()["settlement"]
            self.version += 1
            self.execute(Note(kind="settled", writes={"settlement": {**settlement, "version": self.version}}))
        return {"action": action}

    def answer_ny4(self):
        return {"next": self.dice.choice(["adjust", "deny", "close"])}


def test_every_walk_ends_and_the_books_are_right():
    model = program()
    ends = {"paid": 0, "denied": 0, "closed": 0}
    for seed in range(WALKS):
        walk = Walk(model, seed)
        for _ in range(LONGEST):
            if walk.is_over():
                break
            walk.step()
        assert walk.is_over(), f"walk {seed} does not end"
        paid, denied = walk.occurred("M4"), walk.occurred("M6")
        assert not (paid and denied), f"walk {seed} is paid and denied"
        assert len(walk.paid) == len(set(walk.paid)), f"walk {seed} paid a settlement twice"
        assert not walk.paid or paid, f"walk {seed} paid and does not say so"
        if walk.case.case_state is State.COMPLETED:
            assert paid or denied, f"walk {seed} ends without an end"
        ends["paid" if paid else "denied" if denied else "closed"] += 1
    assert min(ends.values()) > 0, ends
