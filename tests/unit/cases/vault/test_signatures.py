"""Signatures of checkpoints: ours, of this data, also after the key was changed."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cases.vault import keyring, signatures

RING = keyring.ring("a secret key of this installation")


def test_a_signature_fits_its_data_and_no_other() -> None:
    signature = signatures.sign(RING, b"root 17")
    assert signatures.verify(RING, b"root 17", signature)
    assert not signatures.verify(RING, b"root 18", signature)
    for broken in ("", "ed25519", "ed25519::", signature[:-4], signature.replace("ed25519", "none"), "a:b:c"):
        assert not signatures.verify(RING, b"root 17", broken)


def test_an_old_signature_is_verified_after_the_key_was_changed() -> None:
    signature = signatures.sign(RING, b"root 17")
    assert signatures.verify(keyring.ring("new", "a secret key of this installation"), b"root 17", signature)
    assert not signatures.verify(keyring.ring("new"), b"root 17", signature)


def test_who_has_the_public_key_needs_nothing_else() -> None:
    signature = signatures.sign(RING, b"root 17")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signatures.public_key(RING, RING.current)))
    assert signatures.verify_with(key, b"root 17", signature.split(":")[2])
