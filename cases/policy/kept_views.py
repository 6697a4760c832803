"""Views that somebody keeps: a list with its tab and filter, by a name of their own."""

from dataclasses import asdict, dataclass

MOST = 20
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list that somebody keeps by name: at a place (`mine`, or a queue's key), with a query."""

    name: str
    place: str
    query: str


def of(preferences: object) -> tuple[SavedView, ...]:
    """The views among what somebody prefers, in the order in which they were kept."""
    kept = preferences.get("views", ()) if isinstance(preferences, dict) else ()
    return tuple(SavedView(str(one["name"]), str(one["place"]), str(one["query"])) for one in kept)


def put(preferences: object, views: list[SavedView]) -> dict[str, object]:
    """What somebody prefers, with these views in it."""
    others = preferences if isinstance(preferences, dict) else {}
    return {**others, "views": [asdict(one) for one in views]}
