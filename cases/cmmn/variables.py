"""Variables: root items that nobody declared, those of one instance, and those of one turn (6.5, D11)."""

from collections.abc import Iterable, Mapping

from cases.cmmn import casefile, evaluation, file_operations
from cases.cmmn.agenda import Run
from cases.cmmn.commands import E_ARGUMENT, Command, Refused
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import LocalsSet
from cases.cmmn.instance import CASE, ItemState
from cases.feel import FeelError, juel, parse

HOUSE = "system"
"""Who acts where nobody does."""


def see(run: Run, command: Command) -> None:
    """What comes with a command: who acts, what this turn sees, and what is written first. Raises Refused."""
    if command.actor != HOUSE:
        run.user = command.actor
    if command.transient:
        run.transient = _data_of(command.transient)
        run.changed += [(name,) for name in run.transient]
    if command.vars:
        _write_from(run, command, _data_of(command.vars))


def write(run: Run, values: Mapping[str, object]) -> None:
    """Root items: created, merged or replaced, whatever is there (6.5). Raises Refused."""
    for name, value in values.items():
        file_operations.set_variable(run, target_of(name), value)


def target_of(name: str) -> tuple[str, ...]:
    """What a name means: a root item, or what an expression in its place points at. Raises Refused."""
    if not (name.startswith("${") and name.endswith("}")):
        return (name,)
    try:
        text = juel.translate(name).value
        paths = () if text is None else tuple(parse(text).names)
    except FeelError as error:
        raise Refused(E_ARGUMENT, f"{name}: {error}") from None
    if len(paths) != 1:
        raise Refused(E_ARGUMENT, f"{name} points at nothing that can be written")
    return (paths[0],) if isinstance(paths[0], str) else tuple(paths[0])


def remove(run: Run, names: Iterable[str]) -> None:
    """Root items that are there are deleted; others need not be. Raises Refused."""
    for name in names:
        if name in run.state.file.values:
            file_operations.delete(run, (name,))


def set_transient(run: Run, name: str, value: object) -> None:
    """What the rest of this turn sees, and nothing remembers."""
    run.transient = {**run.transient, name: value}
    run.changed.append((name,))


def forget_transient(run: Run, name: str) -> None:
    """The rest of this turn sees it no longer."""
    run.transient = {other: value for other, value in run.transient.items() if other != name}
    run.changed.append((name,))


def set_local(run: Run, item: ItemState, values: Mapping[str, object], removed: Iterable[str] = ()) -> None:
    """Variables of one instance; what reads them is looked at again, and no on-part hears of them (6.5).

    The case has no variables of its own but its case file. Raises Refused.
    """
    if item.iid == CASE:
        write(run, values)
        remove(run, removed)
        return
    gone = [name for name in removed if name in item.local]
    changed = {
        name: value
        for name, value in values.items()
        if name not in item.local or not casefile.same(item.local[name], value)
    }
    if not (gone or changed):
        return
    definition = run.definition.items[item.number].id
    run.record(LocalsSet(run.seq(), run.wave, item.iid, definition, changed, gone))
    run.changed += [(name,) for name in (*changed, *gone)]


def set_nearest(run: Run, item: ItemState, name: str, value: object) -> None:
    """Writes a variable where one of its name is visible from the item, else to the case. Raises Refused.

    An instance that contributes to a list keeps all that is written within it to itself (4.7).
    """
    iid = item.iid
    while iid > CASE:
        holder = run.item(iid)
        if name in holder.local or _gathers(run, holder):
            set_local(run, holder, {name: value})
            return
        iid = holder.parent
    file_operations.set_variable(run, (name,), value)


def remove_nearest(run: Run, item: ItemState, name: str) -> None:
    """Removes a variable from where one of its name is visible; where there is none, nothing happens."""
    iid = item.iid
    while iid > CASE:
        holder = run.item(iid)
        if name in holder.local:
            set_local(run, holder, {}, (name,))
            return
        iid = holder.parent
    if name in run.state.file.values:
        file_operations.delete(run, (name,))


def _write_from(run: Run, command: Command, values: Mapping[str, object]) -> None:
    """What comes with a command that is about an instance whose values are gathered stays with it (4.7)."""
    iid = getattr(command, "item", CASE) if run.wiring.gathering else CASE
    if not (isinstance(iid, int) and CASE < iid < len(run.state.items)):
        write(run, values)
        return
    item, around = run.item(iid), iid
    while around > CASE and not _gathers(run, run.item(around)):
        around = run.item(around).parent
    if around == CASE:
        write(run, values)
        return
    for name, value in values.items():
        set_nearest(run, item, name, value)


def _gathers(run: Run, item: ItemState) -> bool:
    return item.number in run.wiring.gathering


def _data_of(values: Mapping[str, object]) -> dict[str, object]:
    try:
        return {name: evaluation.json_of(value) for name, value in values.items()}
    except NotComputed as error:
        raise Refused(E_ARGUMENT, error.message) from None
