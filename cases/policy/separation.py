"""Four eyes: who may not complete a task because of what they did before; persons, not accounts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan item stands: its stage by name, and which run of that stage it belongs to."""

    stage: str
    run: int


@dataclass(frozen=True, slots=True)
class Deed:
    """Somebody completed a plan item, for themselves or in the name of another."""

    item: str
    user_id: int
    place: Place
    on_behalf_of: int | None = None


def in_the_way(
    user_id: int,
    four_eyes: Collection[str],
    deeds: Iterable[Deed],
    place: Place,
    persons: Mapping[int, int] | None = None,
) -> tuple[Deed, ...]:
    """The deeds for which this user may not complete a task at `place`; empty where nothing is in the way.

    A deed counts when its item is one of `four_eyes`. One in the task's own stage counts only in the same
    run of that stage, since a new run is a new round; one elsewhere counts in the whole case. Who acted for
    another acted as themselves, and neither of the two is the second pair of eyes. `persons` leads from an
    account to the person behind it, where somebody has several.
    """
    known = persons or {}
    who = known.get(user_id, user_id)
    return tuple(
        deed
        for deed in deeds
        if deed.item in four_eyes
        and (deed.place.stage != place.stage or deed.place.run == place.run)
        and who in {known.get(doer, doer) for doer in (deed.user_id, deed.on_behalf_of) if doer is not None}
    )
