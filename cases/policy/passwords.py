"""What makes a password acceptable: length, and that nobody would guess it; no composition (ASVS 6.2)."""

import unicodedata
from collections.abc import Collection, Iterable
from itertools import pairwise

SHORTEST = 12
LONGEST = 128


def faults(password: str, context: Iterable[str] = (), common: Collection[str] = ()) -> list[str]:
    """What is wrong with a password; nothing, where it may be used.

    `context` are words that an attacker tries first: the name, the address, the product, the organisation.
    `common` are passwords that leaked, in lower case. A password is counted in characters after normalisation
    (NFC), so that it is equally long on every keyboard; it is never cut.
    """
    normal = unicodedata.normalize("NFC", password)
    if len(normal) < SHORTEST:
        return [f"Use {SHORTEST} characters or more."]
    if len(normal) > LONGEST:
        return [f"Use {LONGEST} characters or fewer."]
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in normal):
        return ["Leave out control characters."]
    plain = normal.casefold()
    found = []
    if len(set(plain)) < 4 or _is_sequence(plain):
        found.append("Use more than a few characters, and no plain sequence.")
    if plain in common or _trimmed(plain) in common:
        found.append("This password is known from others' leaks.")
    if any(_is_built_of(plain, word) for word in context):
        found.append("Leave out your name and that of the product.")
    return found


def _is_sequence(text: str) -> bool:
    """Nearly all of it one step up or one down, or one piece over and over."""
    steps = [ord(right) - ord(left) for left, right in pairwise(text)]
    if max(steps.count(1), steps.count(-1)) * 4 >= len(steps) * 3:
        return True
    return text in (text + text)[1:-1]


def _trimmed(text: str) -> str:
    """Without what people put around a word to please a rule."""
    return text.strip("0123456789!?.,#*$@_- ")


def _is_built_of(text: str, word: str) -> bool:
    """Whether a word of four letters or more makes up most of the password."""
    plain = unicodedata.normalize("NFC", word).casefold().strip()
    return len(plain) >= 4 and plain in text and len(text.replace(plain, "")) < SHORTEST - 4
