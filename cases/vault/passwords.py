"""Passwords at rest: argon2id, four hashes at once, renewed when the parameters grow (ASVS 11.4.2)."""

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_SLOTS = threading.BoundedSemaphore(4)
"""64 MiB each: fifty people who sign in at once must not take three gigabytes."""
_NOBODY: list[str] = []


def hash_of(password: str) -> str:
    """The text to store. The same password typed on another keyboard (NFC) has the same hash."""
    with _SLOTS:
        return _HASHER.hash(_normal(password))


def verify(stored: str, password: str) -> bool:
    """Whether the password is the one that was stored."""
    with _SLOTS:
        try:
            return _HASHER.verify(stored, _normal(password))
        except (VerificationError, InvalidHashError):
            return False


def verify_nobody(password: str) -> bool:
    """Takes as long as `verify` and is never true: for a name that nobody has (ASVS 6.3.8)."""
    if not _NOBODY:
        _NOBODY.append(hash_of(secrets.token_urlsafe()))
    verify(_NOBODY[0], password)
    return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    try:
        return _HASHER.check_needs_rehash(stored)
    except InvalidHashError:
        return True


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
