"""What planning tables offer, and to whom (SPEC 5.4.9, Table 8.13; cmmn-semantics 4.6).

Nothing is planned here: `command_handlers` does that, on what is offered.
"""

from collections.abc import Iterable, Iterator

from cases.cmmn import rules
from cases.cmmn.agenda import Run
from cases.cmmn.commands import Command
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Discretionary
from cases.cmmn.workmodel import HumanTask

_OF_CASE = frozenset({State.ACTIVE, State.FAILED, State.SUSPENDED, State.COMPLETED, State.TERMINATED})
_OF_STAGE = frozenset(
    {State.AVAILABLE, State.ENABLED, State.DISABLED, State.ACTIVE, State.FAILED, State.SUSPENDED}
)
_OF_TASK = frozenset({State.ACTIVE})


def roles_held(run: Run, command: Command) -> frozenset[str] | None:
    """The case roles of who asks, None for all of them: the house, or anybody where there is no team."""
    team = run.state.team
    if team is None or command.roles is None:
        return None
    return frozenset(team.get(command.actor, ()))


def takes_plans(run: Run, holder: ItemState) -> bool:
    """Whether the state of a stage, human task or case lets anything be planned from its table."""
    if holder.iid == CASE:
        return holder.state in _OF_CASE
    is_task = isinstance(run.definition.items[holder.number].definition, HumanTask)
    return holder.state in (_OF_TASK if is_task else _OF_STAGE)


def is_for(offer: Discretionary, roles: frozenset[str] | None) -> bool:
    """Whether these roles may plan it: one of each table around it, and one of its own."""
    return roles is None or not any(roles.isdisjoint(wanted) for wanted in offer.roles)


def applies(run: Run, offer: Discretionary, holder: ItemState) -> bool:
    """Whether all its rules hold now; one that cannot be computed does not, and an incident says so (3.8)."""
    return all(rules.applies(run, rule, holder) for rule in offer.rules)


def offered(run: Run, holder: ItemState, roles: frozenset[str] | None) -> Iterator[Discretionary]:
    """What somebody with these roles could plan now from the table of this instance."""
    if takes_plans(run, holder):
        for offer in run.wiring.tables.get(holder.number, ()):
            if is_for(offer, roles) and applies(run, offer, holder):
                yield offer


def offered_anywhere(run: Run, roles: frozenset[str] | None) -> Iterator[tuple[int, Discretionary]]:
    """The same over all tables of the case, each with the instance that holds its table."""
    for number in run.wiring.tables:
        for iid in (CASE,) if number == CASE else run.live.get(number, ()):
            for offer in offered(run, run.item(iid), roles):
                yield iid, offer


def is_plannable(run: Run, holder: ItemState) -> bool:
    """Whether the table of this container offers anything to any member of the team, whoever asks (4.4)."""
    return any(
        any(is_for(offer, roles) for roles in _everybody(run)) and applies(run, offer, holder)
        for offer in run.wiring.tables.get(holder.number, ())
    )


def _everybody(run: Run) -> Iterable[frozenset[str] | None]:
    team = run.state.team
    return (None,) if team is None else [frozenset(roles) for roles in team.values()]
