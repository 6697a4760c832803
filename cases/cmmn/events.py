"""What happened in a turn, in order.

Events fold to the state (cmmn-semantics I-02); each knows the number of its wave.
"""

import msgspec

from cases.cmmn.lifecycle import FileTransition, State, Transition


class AdHoc(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The definition of an ad-hoc item (`kind`: humanTask, caseTask, stage), in the stage of that number.

    Of items that ended before the case moved to a version without them the kind is that of the model, and
    `definition` the id of their definition: they keep their place in its history (8.3).
    """

    id: str
    kind: str
    name: str
    stage: int
    performer: str | None = None
    form: str | None = None
    case: str = ""
    description: str = ""
    definition: str = ""


class Moved(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A criterion of the new version takes over the memory of one of the old: both by number.

    `parts`: for each on-part of the new one the place of the old one that it continues, -1 for none.
    `is_same_condition`: what was said of the if-part is true of the new one.
    """

    old: int
    new: int
    parts: list[int]
    is_same_condition: bool = False


class FileMove(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the case file held at a path is elsewhere now, or in another shape; nothing hears that.

    `way`: move (to the path `to`), pick (element `place` alone is left), wrap (a list of the one value).
    """

    way: str
    path: list[str]
    to: list[str] = []
    place: int = 0


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=True):
    """What all events carry: `seq`, counted in the case without gaps, and its `wave` in the turn."""

    seq: int
    wave: int


class CaseTransitioned(Event, frozen=True, array_like=True, gc=False, tag="case"):
    """The case itself made a transition."""

    transition: Transition
    before: State | None
    after: State
    cause: str = ""


class ItemTransitioned(Event, frozen=True, array_like=True, gc=False, tag="item"):
    """Plan item instance `item` (of plan item `definition`, its id) made a transition.

    `criterion` is the id of the criterion that caused it, None where none did; `cause` says what else did
    (`command`, `parentTerminated`, `parentCompleted`, `timer`, ...). On `create`, `parent` and `index`
    place the instance. `required` is what its required rule has decided so far.
    """

    item: int
    definition: str
    transition: Transition
    before: State | None
    after: State
    criterion: str | None = None
    cause: str = ""
    parent: int = -1
    index: int = 0
    code: str = ""
    message: str = ""
    required: bool = False


class CriterionSatisfied(Event, frozen=True, array_like=True, gc=False, tag="criterion"):
    """A criterion fired, or would have: `declined` when its repetition rule said no.

    `consumed`: seqs of the occurrences used. When the criterion is to make the next repetition of a plan
    item, there is no instance yet: `item` is then the container, and `definition` the plan item that
    repeats.
    """

    item: int
    definition: str
    criterion: str
    consumed: list[int]
    declined: bool = False


class CriterionReleased(Event, frozen=True, array_like=True, gc=False, tag="released"):
    """The condition of a criterion without on-parts was seen false: it may fire again (R-3.6b)."""

    item: int
    definition: str
    criterion: str


class ConditionHeld(Event, frozen=True, array_like=True, gc=False, tag="conditionHeld"):
    """The if-part of a criterion was true, and counts as true until the criterion fires (latchedAll).

    `item` and `definition` as in CriterionSatisfied.
    """

    item: int
    definition: str
    criterion: str


class CriterionForgotten(Event, frozen=True, array_like=True, gc=False, tag="forgotten"):
    """What container `item` and those around it remembered for an absent owner is used up (R-3.4c).

    `number` is that of the criterion: of one that is planned twice, the id alone would not tell which.
    """

    item: int
    definition: str
    number: int


class ExitRefused(Event, frozen=True, array_like=True, gc=False, tag="exitRefused"):
    """An exit criterion was to complete an item that is not completable: nothing else happened (4.7)."""

    item: int
    definition: str
    criterion: str


class Gathered(Event, frozen=True, array_like=True, gc=False, tag="gathered"):
    """What a completed repetition leaves for the aggregations of its rule: one record each (4.7)."""

    item: int
    definition: str
    records: list[dict[str, object]]


class FileTransitioned(Event, frozen=True, array_like=True, gc=False, tag="file"):
    """A case file item made a transition; `value` is what it holds from now on (None for delete)."""

    path: list[str]
    transition: FileTransition
    value: object = None


class DecisionMade(Event, frozen=True, array_like=True, gc=False, tag="decision"):
    """A decision task was evaluated: the rules that fired (from 1), on which inputs, with which result."""

    item: int
    definition: str
    decision: str
    rules: list[int]
    inputs: dict[str, object]
    result: object = None


class TimerArmed(Event, frozen=True, array_like=True, gc=False, tag="timer"):
    """A timer was set: due at this instant (UTC, ISO 8601), empty when it waits for data again.

    It is fire number `ordinal` of the `schedule` that counts from `anchor`, after `fired` others; what was
    missed is counted by `ordinal` alone (cmmn-semantics 5.3, 5.4).
    """

    item: int
    definition: str
    fire_no: int
    due: str
    schedule: str = ""
    anchor: str = ""
    ordinal: int = 1
    fired: int = 0


class DueMoved(Event, frozen=True, array_like=True, gc=False, tag="due"):
    """Data that the due date of an open task is made of changed: it is due by this text now, empty for never.

    The state does not know it: the text follows from the data.
    """

    item: int
    definition: str
    due: str = ""


class IncidentRaised(Event, frozen=True, array_like=True, gc=False, tag="incident"):
    """An expression or mapping failed, and a safe value was used (cmmn-semantics 3.8)."""

    item: int
    definition: str
    code: str
    message: str


class ItemPlanned(Event, frozen=True, array_like=True, gc=False, tag="planned"):
    """Somebody planned what the table of instance `item` (of plan item `definition`) offers.

    `deferred`: its container is not Active, and the instances are made when it is.
    """

    item: int
    definition: str
    discretionary: str
    by: str
    deferred: bool = False


class CaseCalled(Event, frozen=True, array_like=True, gc=False, tag="called"):
    """The case was started by the task of another one, which has `depth` cases above itself."""

    caller: str
    depth: int
    tells_all: bool = False


class CallReturned(Event, frozen=True, array_like=True, gc=False, tag="returned"):
    """What task `item` had called began (`started`) or ended; `deferred`: it is taken up on resume (2.5)."""

    item: int
    definition: str
    outcome: str
    outputs: object = None
    code: str = ""
    message: str = ""
    reference: str = ""
    deferred: bool = False


class TeamChanged(Event, frozen=True, array_like=True, gc=False, tag="team"):
    """From now on this user is a member of the case team, with exactly these case roles."""

    user: str
    roles: list[str]


class Noted(Event, frozen=True, array_like=True, gc=False, tag="note"):
    """A command that moved no plan item, such as a claim."""

    kind: str
    data: dict[str, object]


class LocalsSet(Event, frozen=True, array_like=True, gc=False, tag="local"):
    """Local variables of instance `item` were written, and others removed (6.5)."""

    item: int
    definition: str
    values: dict[str, object]
    removed: list[str] = []


class ItemNamed(Event, frozen=True, array_like=True, gc=False, tag="named"):
    """The name of this instance was computed; it is not the one that its plan item has."""

    item: int
    definition: str
    name: str


class ItemHeld(Event, frozen=True, array_like=True, gc=False, tag="held"):
    """An Active item waits for its job: to begin (`phase` start), or to leave; empty: it went on."""

    item: int
    definition: str
    phase: str


class CaseDescribed(Event, frozen=True, array_like=True, gc=False, tag="described"):
    """What people call the case from now on: its name, the key that they know it by, its business status."""

    name: str | None
    business_key: str | None
    business_status: str | None


class AdHocAdded(Event, frozen=True, array_like=True, gc=False, tag="adhoc"):
    """Somebody added an item that no model foresaw, in container `item`, with all that there is to know."""

    item: int
    definition: str
    added: AdHoc
    by: str


class CaseMigrated(Event, frozen=True, array_like=True, gc=False, tag="migrated"):
    """From now on the case goes by version `target` of its model, no longer by `source` (8.3, M-20).

    Events before it are told in the numbers and ids of the old version, those after it in the new ones. All
    that the state knows by number is told here: `items[old]` is the new number (-1: nothing knows it any
    more), `criteria` whose memory is carried, `adhoc` the items that no model of the new version foresaw.
    `waiting` are plan items, with their containers, that may repeat from now on.
    """

    source: str
    target: str
    plan: str
    by: str
    items: list[int]
    criteria: list[Moved]
    adhoc: list[AdHoc] = []
    file: list[FileMove] = []
    waiting: list[tuple[int, int]] = []
    is_irregular: bool = False


class RequiredDecided(Event, frozen=True, array_like=True, gc=False, tag="required"):
    """The required rule of this instance is another one by now, and was asked again (M-10)."""

    item: int
    definition: str
    required: bool


AnyEvent = (
    CaseTransitioned
    | ItemTransitioned
    | CriterionSatisfied
    | CriterionReleased
    | ConditionHeld
    | CriterionForgotten
    | ExitRefused
    | Gathered
    | FileTransitioned
    | DecisionMade
    | TimerArmed
    | DueMoved
    | IncidentRaised
    | ItemPlanned
    | CaseCalled
    | CallReturned
    | TeamChanged
    | LocalsSet
    | ItemNamed
    | ItemHeld
    | CaseDescribed
    | AdHocAdded
    | CaseMigrated
    | RequiredDecided
    | Noted
)
