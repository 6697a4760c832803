"""Who a task is offered to: the roles that the model names, those above; whose authority suffices."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from cases.policy.access import Actor, Grant, RoleRule


def offered_roles(
    named: str | Collection[str] | None, or_higher: str | Collection[str], rules: Mapping[str, RoleRule]
) -> frozenset[str]:
    """The roles that a task is offered to, as names with spaces between them or as a collection.

    Where the model names none it is every role of the case app that may act. A role that only looks, or
    that is somebody's outside, is never offered a task by not being named.
    """
    roles = _names(named)
    if not roles:
        roles = frozenset(name for name, rule in rules.items() if not rule.read_only and not rule.external)
    return roles | _names(or_higher)


def covering(
    grants: Iterable[Grant], family: str, offered: Collection[str], amount: object
) -> tuple[Grant, ...]:
    """The grants by which a person may complete a task that was offered to these roles, of this amount.

    No amount asks for no authority; a role without a limit covers every amount. Something that is no number
    is covered by nobody: an amount that could not be worked out is no reason to let everybody decide.
    """
    return tuple(
        grant
        for grant in grants
        if grant.family == family
        and grant.role in offered
        and not grant.read_only
        and not grant.external
        and covers(grant.authority, amount)
    )


def has_authority(actor: Actor, family: str, offered: Collection[str], amount: object) -> bool:
    """Whether one of the actor's roles that the task is offered to covers the amount."""
    return bool(covering(actor.grants, family, offered, amount))


def covers(authority: Decimal | None, amount: object) -> bool:
    """Whether an authority reaches as far as an amount. Equal is enough."""
    if amount is None:
        return True
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
        return False
    number = Decimal(amount)
    return number.is_finite() and (authority is None or number <= authority)


def _names(roles: str | Collection[str] | None) -> frozenset[str]:
    if roles is None:
        return frozenset()
    return frozenset(roles.split() if isinstance(roles, str) else roles)
