"""How a running case is to move to another version of its model: data, as people write it (8.3).

A plan item is named by its id, or by ids of stages around it and its own with slashes between, where the id
alone would mean several. Items that are mapped and ended are those of the version that the case leaves; items
that are started, made available or wait are those of the version that it moves to.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import msgspec

CREATE, AVAILABLE, SKIP = "create", "available", "skip"
NEW_ITEMS = (CREATE, AVAILABLE, SKIP)
"""What becomes of items that only the new version has, in stages that are Active (M-16)."""

REFUSE, END = "refuse", "end"
MISSING = (REFUSE, END)
"""What becomes of live instances for which the new version has no place (M-03)."""

KEEP, NOW, ORIGINAL = "keep", "now", "original"
TIMERS = (KEEP, NOW, ORIGINAL)
"""What becomes of a timer whose expression changed: as it is, or armed anew from an instant (M-08)."""


@dataclass(frozen=True, slots=True)
class Start:
    """One more instance of an item that begins whatever its criteria say, with these local variables."""

    item: str
    local: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The instructions, by their kind; they are carried out in the order of M-17, whatever their order here.

    `map` and `carry_memory`: old item or criterion -> new one. `end`: old item -> why. `set`: root item ->
    value. `map_file`: old path -> new path, as in `claim.document`; `discard_file` and `keep_file` are paths
    that the new version does not declare; `pick` says which element of a collection is left where the new
    version holds one value. `map_role`: old case role -> new one, empty for none. `timers` says what becomes
    of timers whose expression changed. `drop_draft` and `unassign` are items of open tasks. `children`: key
    of a called case -> the plan by which it moves with its caller.
    """

    map: Mapping[str, str] = field(default_factory=dict)
    end: Mapping[str, str] = field(default_factory=dict)
    start: tuple[Start, ...] = ()
    available: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    carry_memory: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    map_file: Mapping[str, str] = field(default_factory=dict)
    discard_file: tuple[str, ...] = ()
    keep_file: tuple[str, ...] = ()
    pick: Mapping[str, int] = field(default_factory=dict)
    map_role: Mapping[str, str] = field(default_factory=dict)
    timers: Mapping[str, str] = field(default_factory=dict)
    drop_draft: tuple[str, ...] = ()
    unassign: tuple[str, ...] = ()
    children: Mapping[str, "Plan"] = field(default_factory=dict)
    new_items: str = CREATE
    missing: str = REFUSE
    freeze: bool = False
    allow_key_change: bool = False

    def digest(self) -> str:
        """By what the plan is known in the journal: the same for plans that say the same."""
        return hashlib.sha256(_ENCODER.encode(self)).hexdigest()[:32]


EMPTY = Plan()


class NoPlan(ValueError):
    """What was read is no plan; the message says where and why."""


def read(document: object) -> Plan:
    """The plan that a JSON document is. Raises NoPlan."""
    _must_be_known(document, "plan")
    try:
        plan = msgspec.convert(document, Plan)
    except msgspec.ValidationError as error:
        raise NoPlan(str(error)) from None
    _must_make_sense(plan)
    return plan


def _must_be_known(document: object, where: str) -> None:
    """An instruction that nobody knows would be left out without a word. Raises NoPlan."""
    if not isinstance(document, Mapping):
        raise NoPlan(f"{where} is no object")
    known = [field.name for field in fields(Plan)]
    for name in document:
        if name not in known:
            raise NoPlan(f"{where} says {name!r}; there are {', '.join(known)}")
    children = document.get("children", {})
    if isinstance(children, Mapping):
        for key, child in children.items():
            _must_be_known(child, f"{where}.children.{key}")


def _must_make_sense(plan: Plan) -> None:
    for name, value, choices in (
        ("new_items", plan.new_items, NEW_ITEMS),
        ("missing", plan.missing, MISSING),
        *((f"timers.{item}", way, TIMERS) for item, way in plan.timers.items()),
    ):
        if value not in choices:
            raise NoPlan(f"{name} is {value!r}, not one of {', '.join(choices)}")
    for child in plan.children.values():
        _must_make_sense(child)


_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")
