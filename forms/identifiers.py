"""Numbers with a shape and a check digit: what `format` of a text field may name."""

from collections.abc import Callable, Mapping
from re import ASCII
from re import compile as compile_fixed

_IBAN = compile_fixed(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", ASCII)
_LEI = compile_fixed(r"[A-Z0-9]{18}[0-9]{2}", ASCII)
_VIN = compile_fixed(r"[A-HJ-NPR-Z0-9]{17}", ASCII)
_BIC = compile_fixed(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", ASCII)
_ROUTING = compile_fixed(r"[0-9]{9}", ASCII)
_EMAIL = compile_fixed(r"[^@\s]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}", ASCII)

_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def is_iban(text: str) -> bool:
    """ISO 13616: moved four to the back and read as a number, the rest by 97 is 1. Spaces may group it."""
    iban = text.replace(" ", "").upper()
    return bool(_IBAN.fullmatch(iban)) and _modulo_97(iban[4:] + iban[:4]) == 1


def is_lei(text: str) -> bool:
    """ISO 17442: twenty places, of which the last two make the rest by 97 equal to 1."""
    return bool(_LEI.fullmatch(text)) and _modulo_97(text) == 1


def is_vin(text: str) -> bool:
    """ISO 3779 with the check digit of North America in the ninth place."""
    if not _VIN.fullmatch(text):
        return False
    total = sum(int(_VIN_VALUES.get(c, c)) * weight for c, weight in zip(text, _VIN_WEIGHTS, strict=True))
    return text[8] == "0123456789X"[total % 11]


def is_bic(text: str) -> bool:
    """ISO 9362: bank, country, place, and perhaps branch. It has no check digit."""
    return bool(_BIC.fullmatch(text))


def is_routing_number(text: str) -> bool:
    """A routing number of the American Bankers Association: weights 3, 7, 1, divisible by 10."""
    if not _ROUTING.fullmatch(text) or text == "000000000":
        return False
    return sum(int(digit) * weight for digit, weight in zip(text, (3, 7, 1) * 3, strict=True)) % 10 == 0


def is_email(text: str) -> bool:
    """One address with a domain name, up to the 254 characters that mail allows."""
    return len(text) <= 254 and bool(_EMAIL.fullmatch(text))


def _modulo_97(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "bic": is_bic,
    "email": is_email,
    "iban": is_iban,
    "lei": is_lei,
    "routing_number": is_routing_number,
    "vin": is_vin,
}
