"""Sign and verify checkpoints of the journal (Ed25519), with keys that come from the ring."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cases.vault.keyring import Keyring, Unreadable

_PURPOSE = "checkpoint signature"
_SCHEME = "ed25519"


def sign(ring: Keyring, data: bytes) -> str:
    """The signature with the current key: `ed25519:<key id>:<base64>`."""
    signature = _private(ring, ring.current).sign(data)
    return f"{_SCHEME}:{ring.current}:{base64.b64encode(signature).decode()}"


def verify(ring: Keyring, data: bytes, signature: str) -> bool:
    """Whether the signature is ours and fits the data.

    False also where its key is not on the ring any more.
    """
    scheme, _, rest = signature.partition(":")
    key_id, _, text = rest.partition(":")
    try:
        return scheme == _SCHEME and verify_with(_private(ring, key_id).public_key(), data, text)
    except Unreadable:
        return False


def verify_with(key: Ed25519PublicKey, data: bytes, text: str) -> bool:
    """Whether a base64 signature fits, for who has the public key alone."""
    try:
        key.verify(base64.b64decode(text, validate=True), data)
    except (InvalidSignature, binascii.Error):
        return False
    return True


def public_key(ring: Keyring, key_id: str) -> str:
    """The public key (base64 of its 32 bytes), to be kept elsewhere by who wants to verify without us."""
    return base64.b64encode(_private(ring, key_id).public_key().public_bytes_raw()).decode()


def _private(ring: Keyring, key_id: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(ring.derived(key_id, _PURPOSE))
