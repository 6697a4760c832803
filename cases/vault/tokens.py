"""Tokens that are shown once: sessions, API access, single-use replies. Only their hash is kept."""

import hashlib
import secrets
import zlib

API_PREFIX = "cw_"
_CHECK_DIGITS = 6
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_session() -> str:
    """256 random bits for a session's cookie (ASVS 7.2.3)."""
    return secrets.token_urlsafe(32)


def new_reply() -> str:
    """128 random bits for an address where one reply may arrive."""
    return secrets.token_urlsafe(16)


def new_api_token() -> str:
    """A token for programs: `cw_`, 256 random bits, and a checksum that finds typing errors."""
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(43))
    return f"{API_PREFIX}{secret}{_checksum(secret)}"


def looks_like_api_token(text: str) -> bool:
    """Whether the text can be one of ours at all, without asking the database."""
    secret, check = text.removeprefix(API_PREFIX)[:-_CHECK_DIGITS], text[-_CHECK_DIGITS:]
    return text.startswith(API_PREFIX) and len(secret) == 43 and _checksum(secret) == check


def hash_of(token: str) -> str:
    """What is stored of a token. It has 128 random bits or more, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(secret: str) -> str:
    rest, digits = zlib.crc32(secret.encode()), []
    for _ in range(_CHECK_DIGITS):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)
