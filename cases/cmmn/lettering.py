"""How wide a text is in the face that pages are set in, and what of it fits; no browser is asked.

The widths are those of Inter at one em, rounded up: a label that is measured too wide leaves a little room,
one measured too narrow would stand outside its box.
"""

_NARROW, _SLIM, _WIDE, _BROAD = "ijl.,:;'|!I", 'frt()[]{}-/ "', "mwMW@%", "ABCDEFGHKLNOPQRSTUVXYZ&+=<>_"
_EMS = (
    dict.fromkeys(_NARROW, 0.30)
    | dict.fromkeys(_SLIM, 0.42)
    | dict.fromkeys(_WIDE, 0.95)
    | dict.fromkeys(_BROAD, 0.74)
)
_PLAIN = 0.61
_DOTS = "\N{HORIZONTAL ELLIPSIS}"


def width(text: str, size: float) -> float:
    """How wide a text is at this size."""
    return sum(_EMS.get(character, _PLAIN) for character in text) * size


def fit(text: str, size: float, room: float) -> str:
    """The text, or as much of its beginning as there is room for, with an ellipsis."""
    if width(text, size) <= room:
        return text
    kept = text
    while kept and width(kept.rstrip() + _DOTS, size) > room:
        kept = kept[:-1]
    return kept.rstrip(" ,:;\N{MIDDLE DOT}") + _DOTS


def lines(text: str, size: float, room: float) -> tuple[str, str]:
    """The text in at most two lines, broken between words."""
    if width(text, size) <= room:
        return text, ""
    words, head = text.split(" "), ""
    while words and width(f"{head} {words[0]}".strip(), size) <= room:
        head = f"{head} {words.pop(0)}".strip()
    if not head:
        return fit(text, size, room), ""
    return head, fit(" ".join(words), size, room)
