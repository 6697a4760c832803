import pytest

from cases.policy.passwords import faults

COMMON = frozenset({"correcthorse1234", "password", "iloveyouforever"})
CONTEXT = ["ada.lovelace", "Casewright", "al"]

GOOD = [
    "correct horse battery",
    "Tr0ub4dor&3xyz",
    "x" * 6 + "yzabcd ef",
    "пароль-не-простой",
    "🐎🔋📎 and three words",
    " spaces at the ends ",
    "aB3$" * 3 + "e",
    "al and the others went",
    "my casewright is a ship of ours",
    "zxcvbnm and more of it",
    "a" * 20 + "bcdefgh",
    "x1" * 10 + "yz" * 54,
]
BAD = [
    "",
    "short",
    "elevenchars",
    "e" * 11 + "\u0301",
    "a" * 12,
    "abababababab",
    "abcabcabcabc",
    "abcdefghijkl",
    "987654321210",
    "lkjihgfedcba",
    "abcdabcdabcdabcd",
    "correcthorse1234",
    "CorrectHorse1234",
    "password123456!",
    "!!!!password!!!!",
    "iloveyouforever2026",
    "casewright123",
    "CASEWRIGHT!!!",
    "ada.lovelace1",
    "1ADA.LOVELACE",
    "null\x00byte in it",
    "line\nbreak in it",
    "broken \ud800 text",
    "x1y2" * 33,
    "y" * 129,
]


@pytest.mark.parametrize("password", GOOD)
def test_a_good_password_has_no_fault(password: str) -> None:
    assert faults(password, CONTEXT, COMMON) == []


@pytest.mark.parametrize("password", BAD)
def test_a_bad_password_is_told_why(password: str) -> None:
    assert faults(password, CONTEXT, COMMON)


def test_the_longest_is_allowed_and_counted_after_normalisation() -> None:
    long = "".join(chr(0x4E00 + 37 * number % 400) for number in range(128))
    assert faults(long) == []
    assert faults(long + "x") == ["Use 128 characters or fewer."]
    decomposed = "u\u0308" * 4 + "abcdefxy"
    assert faults(decomposed) == []


def test_what_is_wrong_is_said_together() -> None:
    assert len(faults("casewrightcasewright", CONTEXT, {"casewrightcasewright"})) == 3
