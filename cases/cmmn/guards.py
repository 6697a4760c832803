"""What commands are checked by before they begin (2.8). Each may raise Refused."""

from collections.abc import Mapping

from cases.cmmn import (
    evaluation,
    planning,
    suspension,
)
from cases.cmmn.agenda import Run
from cases.cmmn.commands import (
    E_ARGUMENT,
    E_FORBIDDEN,
    E_STATE,
    E_SUSPENDED,
    E_UNKNOWN,
    AnyCommand,
    Refused,
)
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import FINAL, State


def data_of(value: object) -> object:
    """What comes in, as JSON data: exact numbers, and text for dates."""
    try:
        return evaluation.json_of(value)
    except NotComputed as error:
        raise Refused(E_ARGUMENT, error.message) from None


def object_of(values: Mapping[str, object]) -> dict[str, object]:
    """The same for named values."""
    return {name: data_of(value) for name, value in values.items()}


def item_of(run: Run, iid: int) -> ItemState:
    """The instance that a command means; the case itself is none."""
    if not 0 < iid < len(run.state.items):
        raise Refused(E_UNKNOWN, f"there is no item {iid}")
    return run.item(iid)


def name_of(run: Run, item: ItemState) -> str:
    """What the instance is called."""
    return item.name or run.definition.items[item.number].name


def must_be(run: Run, item: ItemState, wanted: State) -> None:
    """The instance is in this state, or the command is refused."""
    if item.state is wanted:
        return
    suspended = item.state not in FINAL and suspension.is_suspended(run, item)
    raise Refused(
        E_SUSPENDED if suspended else E_STATE,
        f"{name_of(run, item)} is {item.state.word}, not {wanted.word}",
        item.state,
    )


def must_hold(run: Run, command: AnyCommand, wanted: frozenset[str], item: ItemState) -> None:
    """One of these case roles is held by who asks."""
    held = planning.roles_held(run, command)
    if wanted and held is not None and held.isdisjoint(wanted):
        raise Refused(E_FORBIDDEN, f"{name_of(run, item)} is not for these roles", item.state)
