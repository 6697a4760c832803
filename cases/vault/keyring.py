"""Secrets at rest: encrypted with keys that never lie in the database, and bound to the row that holds them.

AES-256-GCM with the row's name as associated data: a ciphertext copied to another row does not open there.
The keys are derived from the secret key of the installation, which all its hosts share anyway.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_NONCE_BYTES = 12


class Unreadable(Exception):
    """A secret cannot be opened: its key is missing, or it is not what was stored in this row."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted secret, and the key that opens it."""

    key_id: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by their ids: `current` seals, all of them open."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def seal(self, text: str, row: str) -> Sealed:
        """Encrypt a secret for one row, named as it will be asked for (`connection/3/bearer`)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), _binding(row))
        return Sealed(self.current, nonce + sealed)

    def open(self, sealed: Sealed, row: str) -> str:
        """The secret again. Raises Unreadable for an unknown key, another row's secret, or a changed one."""
        key = self._key(sealed.key_id)
        nonce, ciphertext = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, _binding(row)).decode()
        except (InvalidTag, ValueError):
            raise Unreadable(f"the secret of {row} was changed, or belongs elsewhere") from None

    def derived(self, key_id: str, purpose: str) -> bytes:
        """32 bytes for another purpose, such as signing. Raises Unreadable for an unknown key."""
        return _derived(self._key(key_id), purpose)

    def _key(self, key_id: str) -> bytes:
        key = self.keys.get(key_id)
        if key is None:
            raise Unreadable(f"the key {key_id} is not on the ring")
        return key


def ring(secret_key: str, *older: str) -> Keyring:
    """The ring of an installation: its secret key seals, and the ones it had before still open.

    Raises ValueError when the secret key is empty.
    """
    if not secret_key:
        raise ValueError("an installation without a secret key keeps no secrets")
    keys = {}
    for text in (secret_key, *older):
        key = _derived(text.encode(), "secrets at rest")
        keys[hashlib.sha256(key).hexdigest()[:8]] = key
    return Keyring(next(iter(keys)), keys)


def _derived(material: bytes, purpose: str) -> bytes:
    info = f"casewright/1/{purpose}".encode()
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(material)


def _binding(row: str) -> bytes:
    return f"casewright/1/{row}".encode()
