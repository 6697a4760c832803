"""Tokens: long enough, recognisable, and kept only as hashes."""

from cases.vault import tokens


def test_tokens_differ_and_are_long_enough() -> None:
    made = {tokens.new_session() for _ in range(100)} | {tokens.new_reply() for _ in range(100)}
    assert len(made) == 200
    assert all(len(token) >= 22 for token in made)


def test_a_token_for_programs_is_recognised_and_a_typing_error_is_found() -> None:
    token = tokens.new_api_token()
    assert tokens.looks_like_api_token(token)
    for position in range(3, len(token)):
        other = "A" if token[position] != "A" else "B"
        assert not tokens.looks_like_api_token(token[:position] + other + token[position + 1 :])
    assert not tokens.looks_like_api_token("")
    assert not tokens.looks_like_api_token(token.removeprefix("cw_"))


def test_the_hash_does_not_give_the_token_back() -> None:
    token = tokens.new_session()
    assert tokens.hash_of(token) == tokens.hash_of(token)
    assert token not in tokens.hash_of(token)
