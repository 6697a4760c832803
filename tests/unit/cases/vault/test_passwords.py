"""Passwords at rest (S1, S4)."""

from argon2 import PasswordHasher, extract_parameters

from cases.vault import passwords


def test_a_password_is_known_again_and_another_is_not() -> None:
    stored = passwords.hash_of("correct horse battery")
    assert passwords.verify(stored, "correct horse battery")
    assert not passwords.verify(stored, "correct horse batterz")
    assert not passwords.verify("no hash at all", "correct horse battery")


def test_the_parameters_are_those_of_the_house() -> None:
    parameters = extract_parameters(passwords.hash_of("x" * 128))
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65_536, 3, 1)


def test_a_hash_of_weaker_parameters_is_outdated() -> None:
    assert not passwords.is_outdated(passwords.hash_of("some password"))
    assert passwords.is_outdated(PasswordHasher(memory_cost=8_192, time_cost=1).hash("some password"))
    assert passwords.is_outdated("nonsense")


def test_a_password_typed_in_another_normal_form_is_the_same() -> None:
    assert passwords.verify(passwords.hash_of("Zoe\u0308 und Jose\u0301"), "Zo\u00eb und Jos\u00e9")


def test_nobody_has_a_password() -> None:
    assert not passwords.verify_nobody("anything")
