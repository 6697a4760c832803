"""Secrets at rest: who opens what, and who does not."""

import dataclasses

import pytest

from cases.vault import keyring

KEY = "a secret key of this installation, long enough"


def test_what_was_sealed_for_a_row_opens_there() -> None:
    ring = keyring.ring(KEY)
    assert ring.open(ring.seal("s3cr€t", "connection/1/bearer"), "connection/1/bearer") == "s3cr€t"


def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    ring = keyring.ring(KEY)
    sealed = ring.seal("s3cret", "connection/1/bearer")
    with pytest.raises(keyring.Unreadable, match="connection/2/bearer"):
        ring.open(sealed, "connection/2/bearer")


def test_a_changed_ciphertext_does_not_open() -> None:
    ring = keyring.ring(KEY)
    sealed = ring.seal("s3cret", "row")
    changed = dataclasses.replace(sealed, ciphertext=sealed.ciphertext[:-1] + b"x")
    for broken in (
        changed,
        dataclasses.replace(sealed, ciphertext=b""),
        dataclasses.replace(sealed, key_id="?"),
    ):
        with pytest.raises(keyring.Unreadable):
            ring.open(broken, "row")


def test_after_a_change_of_keys_the_old_one_still_opens_and_the_new_one_seals() -> None:
    old = keyring.ring(KEY)
    sealed = old.seal("s3cret", "row")
    new = keyring.ring("another key", KEY)
    assert new.open(sealed, "row") == "s3cret"
    assert new.seal("s3cret", "row").key_id != sealed.key_id
    with pytest.raises(keyring.Unreadable, match="not on the ring"):
        keyring.ring("another key").open(sealed, "row")


def test_the_same_secret_is_never_sealed_the_same_way_twice() -> None:
    ring = keyring.ring(KEY)
    assert ring.seal("s3cret", "row") != ring.seal("s3cret", "row")


def test_a_ring_does_not_show_its_keys() -> None:
    ring = keyring.ring(KEY)
    assert repr(ring.keys[ring.current]) not in repr(ring)


def test_without_a_secret_key_there_is_no_ring() -> None:
    with pytest.raises(ValueError, match="without a secret key"):
        keyring.ring("")
