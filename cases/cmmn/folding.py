"""What each event does to the state: the one place where the state of a case changes.

The engine records an event and it takes effect here; `replay` records the events of the journal. That is
why they always agree (cmmn-semantics I-02). What occurrences do to the memory of criteria is told by
`sentries`.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from cases.cmmn import casefile, repointing
from cases.cmmn.adhoc import extended
from cases.cmmn.controlmodel import Criterion
from cases.cmmn.events import (
    AdHocAdded,
    AnyEvent,
    CallReturned,
    CaseCalled,
    CaseDescribed,
    CaseMigrated,
    CaseTransitioned,
    ConditionHeld,
    CriterionForgotten,
    CriterionReleased,
    CriterionSatisfied,
    FileTransitioned,
    Gathered,
    ItemHeld,
    ItemNamed,
    ItemPlanned,
    ItemTransitioned,
    LocalsSet,
    RequiredDecided,
    TeamChanged,
    TimerArmed,
)
from cases.cmmn.instance import (
    CASE,
    CaseInstance,
    CaseState,
    ItemState,
    Memory,
    Returned,
    Seed,
    Timer,
    live_among,
)
from cases.cmmn.lifecycle import FINAL, FileTransition, State, Transition
from cases.cmmn.metamodel import PlanItem, Program, Stage
from cases.cmmn.wiring import wiring_of

_SUSPENDING = frozenset({Transition.SUSPEND, Transition.PARENT_SUSPEND})
_LEAVING = frozenset({Transition.EXIT, Transition.COMPLETE})
_VALUED = frozenset({FileTransition.CREATE, FileTransition.REPLACE, FileTransition.UPDATE})
_Any = TypeVar("_Any", ItemState, Seed)


class Draft:
    """The state of a case while a turn changes it: tables are copies, an item when touched first."""

    __slots__ = ("_owned", "at_work", "definition", "live", "program", "state", "versions", "wiring")

    def __init__(self, case: CaseInstance) -> None:
        before = case.state
        self.program = case.program
        self.definition = case.program.definition
        self.wiring = case.wiring
        self.versions: Mapping[str, Program] = {}
        self.state = CaseState(
            before.case_id,
            before.business_key,
            before.seq,
            before.items.copy(),
            before.seeds.copy(),
            before.slots.copy(),
            before.file,
            before.planned.copy(),
            before.team,
            before.returned.copy(),
            before.caller,
            before.depth,
            before.is_reopened,
            before.name,
            before.given_key,
            before.business_status,
            before.adhoc,
            before.tells_all,
            before.is_irregular,
        )
        self.live = case.live_table().copy()
        self.at_work = case.at_work.copy()
        self._owned: set[int] = set()

    def item(self, iid: int) -> ItemState:
        """The instance, to look at."""
        return self.state.items[iid]

    def plan_item(self, iid: int) -> PlanItem:
        """The plan item that this is an instance of."""
        return self.definition.items[self.state.items[iid].number]

    def own(self, iid: int) -> ItemState:
        """The instance, to change."""
        items = self.state.items
        if iid not in self._owned:
            self._owned.add(iid)
            items[iid] = msgspec.structs.replace(items[iid])
        return items[iid]

    def ancestor(self, iid: int, number: int) -> int:
        """The iid of the instance of plan item `number` that is `iid` or around it, -1 for none."""
        items = self.state.items
        while iid >= 0 and items[iid].number != number:
            iid = items[iid].parent
        return iid

    def seed(self, number: int, parent: int) -> Seed | None:
        """The seed of this plan item in this container."""
        for seed in self.state.seeds.get(number, ()):
            if seed.parent == parent:
                return seed
        return None

    def put_seed(self, seed: Seed) -> None:
        """Keeps this seed in place of the one of the same plan item and container."""
        others = [one for one in self.state.seeds.get(seed.number, ()) if one.parent != seed.parent]
        self.state.seeds[seed.number] = [*others, seed]

    def each_child(self, iid: int) -> Iterator[ItemState]:
        """The live instances that a stage instance contains, in model order, then by index."""
        items = self.state.items
        definition = self.definition.items[items[iid].number].definition
        if isinstance(definition, Stage):
            live = self.live
            for number in definition.items:
                for child in live.get(number, ()):
                    if items[child].parent == iid:
                        yield items[child]

    def container_of(self, iid: int) -> int:
        """The stage instance, or the case, into which the table of this instance plans."""
        item = self.state.items[iid]
        return iid if isinstance(self.definition.items[item.number].definition, Stage) else item.parent

    def next_index(self, number: int, parent: int) -> int:
        """The index of one more instance of this plan item in this container."""
        for item in reversed(self.state.items):
            if item.number == number and item.parent == parent:
                return item.index + 1
        return 0

    def following_index(self, item: ItemState) -> int:
        """The index of the next repetition of this instance; others may have been made beside it."""
        state = self.state
        is_regular = not (state.is_reopened or state.is_irregular)
        if not is_regular or self.definition.items[item.number].is_discretionary:
            return self.next_index(item.number, item.parent)
        return item.index + 1

    def children(self, iid: int) -> list[int]:
        """Their iids, as they are now: the list stays when they end."""
        return [child.iid for child in self.each_child(iid)]

    def apply(self, event: AnyEvent) -> None:
        """Lets the event take effect."""
        self.state.seq = event.seq
        match event:
            case ItemTransitioned():
                if event.transition is Transition.CREATE:
                    self._create(event)
                else:
                    self._move(event)
            case FileTransitioned():
                self._file(event)
            case CriterionSatisfied():
                self._consume(event)
            case CaseTransitioned():
                self._case(event)
            case CriterionReleased():
                self._release(event)
            case _:
                self._apply_rarer(event)

    def _apply_rarer(self, event: AnyEvent) -> None:
        match event:
            case TimerArmed():
                self._arm(event)
            case ItemPlanned(deferred=True):
                self._plan(event)
            case CallReturned(deferred=True):
                back = Returned(event.outcome, event.outputs, event.code, event.message)
                self.state.returned[event.item] = back
            case CaseCalled():
                self.state.caller, self.state.depth = event.caller, event.depth
                self.state.tells_all = event.tells_all
            case CaseMigrated():
                self._migrate(event)
            case TeamChanged():
                self.state.team = {**(self.state.team or {}), event.user: event.roles}
            case _:
                self._apply_rarest(event)

    def _apply_rarest(self, event: AnyEvent) -> None:
        match event:
            case LocalsSet():
                self._set_locals(event)
            case ConditionHeld():
                self._remember(event)
            case CriterionForgotten():
                self._forget(event)
            case Gathered():
                self.own(event.item).gathered = event.records
            case AdHocAdded():
                self._add(event)
            case ItemNamed():
                self.own(event.item).name = event.name
            case ItemHeld():
                self.own(event.item).held = event.phase
            case RequiredDecided():
                self.own(event.item).required = event.required
            case CaseDescribed():
                state = self.state
                state.name, state.given_key = event.name, event.business_key
                state.business_status = event.business_status
            case _:
                """Decisions, incidents and notes are told to people; the state does not know them."""

    def _add(self, event: AdHocAdded) -> None:
        """From now on the definition of this case has one more item."""
        self.state.adhoc = [*self.state.adhoc, event.added]
        self.program = extended(self.program, self.state.adhoc)
        self.definition = self.program.definition
        self.wiring = wiring_of(self.definition)

    def _migrate(self, event: CaseMigrated) -> None:
        """All that is known by number is told in the numbers of the new version. Raises KeyError."""
        program = self.versions[event.target]
        repointing.repoint(self.state, event)
        self.program = extended(program, self.state.adhoc) if self.state.adhoc else program
        self.definition = self.program.definition
        self.wiring = wiring_of(self.definition)
        self._owned = set(range(len(self.state.items)))
        self.live = live_among(self.state.items)

    def _set_locals(self, event: LocalsSet) -> None:
        item = self.own(event.item)
        kept = {name: value for name, value in item.local.items() if name not in event.removed}
        item.local = {**kept, **event.values}

    def _plan(self, event: ItemPlanned) -> None:
        offer = self.wiring.offers[self.state.items[event.item].number, event.discretionary]
        container = self.container_of(event.item)
        self.state.planned[container] = [*self.state.planned.get(container, ()), *offer.items]

    def _made_as_planned(self, number: int, container: int) -> None:
        waiting = self.state.planned.get(container, [])
        if number not in waiting:
            return
        place = waiting.index(number)
        kept = [*waiting[:place], *waiting[place + 1 :]]
        if kept:
            self.state.planned[container] = kept
        else:
            del self.state.planned[container]

    def _case(self, event: CaseTransitioned) -> None:
        if event.before is None:
            self.state.items.append(ItemState(CASE, CASE, -1, 0, event.after, required=True))
            self._owned.add(CASE)
            self.live[CASE] = (CASE,)
            return
        case = self.own(CASE)
        case.state = event.after
        if event.after in FINAL:
            self._end(case)
        elif event.transition is Transition.REACTIVATE and event.before is not State.SUSPENDED:
            self.live[CASE] = (CASE,)
            self.state.is_reopened = True

    def _create(self, event: ItemTransitioned) -> None:
        number = self.wiring.by_place[self.state.items[event.parent].number, event.definition]
        item = ItemState(event.item, number, event.parent, event.index, event.after, event.required)
        self.state.items.append(item)
        self._owned.add(event.item)
        self.live[number] = (*self.live.get(number, ()), event.item)
        seed = self.seed(number, event.parent)
        if seed is not None:
            item.spent = [
                criterion.number
                for criterion in self.definition.items[number].exit
                if criterion.number in seed.spent
            ]
            self.put_seed(msgspec.structs.replace(seed, next_index=event.index + 1))
        if self.state.slots and self.definition.profile.cross_stage != "revive":
            self._adopt(item)
        if self.state.planned:
            self._made_as_planned(number, event.parent)

    def _adopt(self, item: ItemState) -> None:
        """Memory that was kept while the owner's stages were idle moves to the owner (R-3.4c)."""
        for criterion in self.definition.items[item.number].entry:
            memory = self.joined(criterion, item.parent)
            if memory is None:
                continue
            item.memory = {**item.memory, criterion.number: memory}
            iid = item.parent
            while iid >= 0:
                self.drop_slot(iid, criterion.number)
                iid = self.state.items[iid].parent

    def joined(self, criterion: Criterion, container: int) -> Memory | None:
        """What the slots of a container and of those around it remember together for this criterion."""
        found: Memory | None = None
        while container >= 0:
            memory = self.state.slots.get(container, {}).get(criterion.number)
            if memory is not None and found is None:
                found = memory
            elif memory is not None and found is not None:
                occurred = [one or other for one, other in zip(found.occurred, memory.occurred, strict=True)]
                found = Memory(occurred, found.event or memory.event, found.holds or memory.holds)
            container = self.state.items[container].parent
        return found

    def drop_slot(self, container: int, criterion: int) -> None:
        slots = self.state.slots
        if criterion in slots.get(container, ()):
            slots[container] = {
                number: memory for number, memory in slots[container].items() if number != criterion
            }
            if not slots[container]:
                del slots[container]

    def _move(self, event: ItemTransitioned) -> None:
        item = self.own(event.item)
        item.state = event.after
        item.required = event.required
        if event.transition in _SUSPENDING:
            item.before = event.before
            item.directly = event.transition is Transition.SUSPEND and event.cause != "parent"
        elif event.before is State.SUSPENDED:
            item.before, item.directly = None, False
            self.state.returned.pop(event.item, None)
        if event.transition is Transition.FAULT:
            item.code, item.message = event.code, event.message
        elif event.transition is Transition.REACTIVATE:
            item.code, item.message = "", ""
        if event.before is State.AVAILABLE and event.after not in (State.SUSPENDED, State.UNAVAILABLE):
            self._leave_available(item, event)
        if event.after in FINAL:
            if event.criterion is not None and event.transition in _LEAVING:
                item.exited_by = event.criterion
            self._end(item)

    def _leave_available(self, item: ItemState, event: ItemTransitioned) -> None:
        """The entry criteria have done their work; the next repetition is a seed (cmmn-semantics 4.2)."""
        entries = self.wiring.entries[item.number]
        if event.transition is not Transition.EXIT:
            item.entered_by = event.criterion
        spent = [number for number in item.spent if number in entries] if item.spent else []
        if spent or not entries.isdisjoint(item.memory):
            item.memory = {number: memory for number, memory in item.memory.items() if number not in entries}
            item.spent = [number for number in item.spent if number not in entries]
        if (
            self.wiring.repeats_by_event[item.number]
            and self.state.items[item.parent].state not in FINAL
            and self.seed(item.number, item.parent) is None
        ):
            self.put_seed(Seed(item.number, item.parent, self.following_index(item), {}, spent))

    def _end(self, item: ItemState) -> None:
        left = tuple(iid for iid in self.live.get(item.number, ()) if iid != item.iid)
        if left:
            self.live[item.number] = left
        else:
            self.live.pop(item.number, None)
        if item.spent and not self.definition.profile.is_level_triggered:
            self._hand_down(item)
        item.memory, item.timer = {}, None
        if item.iid != CASE:  # a condition that ended the case must be seen false before it ends it again
            item.spent = []
        definition = self.definition.items[item.number].definition
        if not isinstance(definition, Stage):
            return
        self.state.slots.pop(item.iid, None)
        if item.iid != CASE or item.state is State.CLOSED:
            self.state.planned.pop(item.iid, None)
        for number in definition.items:
            if number not in self.state.seeds:
                continue
            kept = [seed for seed in self.state.seeds[number] if seed.parent != item.iid]
            if kept:
                self.state.seeds[number] = kept
            else:
                del self.state.seeds[number]

    def _hand_down(self, item: ItemState) -> None:
        """The seed is told which conditions ended this instance: they shall not end the next one at once."""
        seed = self.seed(item.number, item.parent)
        if seed is not None:
            self.put_seed(msgspec.structs.replace(seed, spent=sorted({*seed.spent, *item.spent})))

    def _consume(self, event: CriterionSatisfied) -> None:
        holder, criterion = self._holder(event)
        holder.memory = {
            number: memory for number, memory in holder.memory.items() if number != criterion.number
        }
        if not criterion.sentry.on_parts:
            holder.spent = sorted({*holder.spent, criterion.number})
        self._keep(holder)

    def _release(self, event: CriterionReleased) -> None:
        holder, criterion = self._holder(event)
        holder.spent = [number for number in holder.spent if number != criterion.number]
        self._keep(holder)

    def _remember(self, event: ConditionHeld) -> None:
        holder, criterion = self._holder(event)
        known = holder.memory.get(criterion.number)
        occurred = [0] * len(criterion.sentry.on_parts) if known is None else known.occurred
        memory = Memory(occurred, None if known is None else known.event, holds=True)
        holder.memory = {**holder.memory, criterion.number: memory}
        self._keep(holder)

    def _forget(self, event: CriterionForgotten) -> None:
        iid = event.item
        while iid >= 0:
            self.drop_slot(iid, event.number)
            iid = self.state.items[iid].parent

    def _holder(
        self, event: CriterionSatisfied | CriterionReleased | ConditionHeld
    ) -> tuple[ItemState | Seed, Criterion]:
        """Whose memory the event is about, to change: that of an instance, or of a seed in a container."""
        plan_item = self.plan_item(event.item)
        holder: ItemState | Seed
        if event.definition == plan_item.id:
            holder = self.own(event.item)
        else:
            number = self.wiring.by_place[plan_item.number, event.definition]
            plan_item = self.definition.items[number]
            seed = self.seed(number, event.item)
            holder = msgspec.structs.replace(seed) if seed is not None else Seed(number, event.item, 0)
        criterion = next(one for one in (*plan_item.entry, *plan_item.exit) if one.id == event.criterion)
        return holder, criterion

    def _keep(self, holder: ItemState | Seed) -> None:
        if isinstance(holder, Seed):
            self.put_seed(holder)

    def _arm(self, event: TimerArmed) -> None:
        item = self.own(event.item)
        item.timer = Timer(event.fire_no, event.due, event.schedule, event.anchor, event.ordinal, event.fired)

    def _file(self, event: FileTransitioned) -> None:
        file, path = self.state.file, tuple(event.path)
        values, discarded, references = file.values, file.discarded, file.references
        written = casefile.key(path)
        if event.transition in _VALUED:
            values = casefile.with_value(values, path, event.value)
            if event.transition is FileTransition.CREATE and written in discarded:
                discarded = [one for one in discarded if one != written]
        elif event.transition is FileTransition.DELETE:
            values = casefile.without(values, path)
            if not path[-1].startswith("[") and written not in discarded:
                discarded = [*discarded, written]
            references = {own: others for own, others in references.items() if own != written}
        elif event.transition is FileTransition.ADD_REFERENCE:
            references = {**references, written: [*references.get(written, ()), str(event.value)]}
        elif event.transition is FileTransition.REMOVE_REFERENCE:
            kept = [one for one in references.get(written, ()) if one != event.value]
            references = {**references, written: kept}
        self.state.file = casefile.CaseFile(values, discarded, references)
