"""How somebody wants their pages: room between lines, and which keys do something."""

from dataclasses import dataclass
from enum import StrEnum


class Density(StrEnum):
    """How close the lines of a list stand."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"


class Keys(StrEnum):
    """Whether single keys do something: a person who speaks to the machine presses them unawares."""

    ON = "on"
    MODIFIER = "modifier"  # only together with Alt
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one person chose, or what is so until they choose."""

    density: Density = Density.COMFORTABLE
    keys: Keys = Keys.ON


def of(kept: object) -> Preferences:
    """The preferences among what is kept of a person; what is not understood is as if it were not there."""
    found = kept if isinstance(kept, dict) else {}
    density, keys = found.get("density"), found.get("keys")
    return Preferences(
        density=Density(density) if density in set(Density) else Density.COMFORTABLE,
        keys=Keys(keys) if keys in set(Keys) else Keys.ON,
    )
