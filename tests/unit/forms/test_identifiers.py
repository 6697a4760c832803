import pytest

from forms.identifiers import FORMATS

GOOD = {
    "iban": ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "nl91abna0417164300"],
    "lei": ["5493001KJTIIGC8Y1R12", "213800D1EI4B9WTWWD28"],
    "vin": ["1M8GDM9AXKP042788", "11111111111111111"],
    "bic": ["DEUTDEFF", "DEUTDEFF500"],
    "routing_number": ["021000021", "111000025"],
    "email": ["a@example.org", "first.last+tag@sub.example.co.uk"],
}
BAD = {
    "iban": ["DE88370400440532013000", "DE89", "", "XX!!"],
    "lei": ["5493001KJTIIGC8Y1R13", "5493001KJTIIGC8Y1R1"],
    "vin": ["1M8GDM9A0KP042788", "1M8GDM9AXKP04278", "IOQ11111111111111"],
    "bic": ["DEUTDEF", "DEUTDEFF50", "12345678"],
    "routing_number": ["021000022", "000000000", "02100002"],
    "email": ["a@b", "@example.org", "a b@example.org", "a@example..org", "a@" + "b" * 250 + ".org"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_number_with_a_check_digit_is_checked(name: str) -> None:
    for text in GOOD[name]:
        assert FORMATS[name](text), text
    for text in BAD[name]:
        assert not FORMATS[name](text), text


@pytest.mark.parametrize("name", ["iban", "lei", "vin", "routing_number"])
def test_a_wrong_digit_anywhere_is_found(name: str) -> None:
    good = GOOD[name][0]
    for place, character in enumerate(good):
        if character.isdigit() and not (name == "vin" and place == 8):
            wrong = good[:place] + str((int(character) + 1) % 10) + good[place + 1 :]
            assert not FORMATS[name](wrong), wrong
