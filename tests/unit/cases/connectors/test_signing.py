"""Standard Webhooks: what is accepted, and every way of not being accepted."""

import base64
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from cases.connectors import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 3, 2, 14, 2, 11, tzinfo=UTC)
STAMP = int(NOW.timestamp())
BODY = '{"externalId": "MOB-1", "name": "Zoë"}'.encode()


def test_the_published_example_has_the_published_signature() -> None:
    # The example of the Standard Webhooks specification.
    signature = signing.sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_signed_is_accepted_and_gives_its_id() -> None:
    assert signing.verify([SECRET], signing.headers(SECRET, "m-1", STAMP, BODY), BODY, NOW) == "m-1"


def test_openssl_makes_the_same_signature() -> None:
    key = signing.key_of(SECRET).hex()
    digest = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-binary"],
        input=f"m-1.{STAMP}.".encode() + BODY,
        capture_output=True,
        check=True,
    ).stdout
    assert signing.sign(SECRET, "m-1", STAMP, BODY) == "v1," + base64.b64encode(digest).decode()


def test_while_a_secret_is_changed_both_are_accepted() -> None:
    other = signing.new_secret()
    for secret in (SECRET, other):
        headers = signing.headers(secret, "m-1", STAMP, BODY)
        assert signing.verify([SECRET, other], headers, BODY, NOW) == "m-1"


def test_a_sender_that_changes_its_secret_sends_two_signatures() -> None:
    headers = signing.headers(SECRET, "m-1", STAMP, BODY)
    other = signing.sign(signing.new_secret(), "m-1", STAMP, BODY)
    headers[signing.SIGNATURE] = f"v1a,unknown {other} {headers[signing.SIGNATURE]}"
    assert signing.verify([SECRET], headers, BODY, NOW) == "m-1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"webhook-id": ""}, "UNSIGNED"),
        ({"webhook-timestamp": ""}, "UNSIGNED"),
        ({"webhook-signature": ""}, "UNSIGNED"),
        ({"webhook-id": "m-2"}, "BAD_SIGNATURE"),
        ({"webhook-id": "m" * 201}, "BAD_ID"),
        ({"webhook-id": "m\x00"}, "BAD_ID"),
        ({"webhook-timestamp": "soon"}, "BAD_TIMESTAMP"),
        ({"webhook-timestamp": "-5"}, "BAD_TIMESTAMP"),
        ({"webhook-timestamp": "١٢٣"}, "BAD_TIMESTAMP"),
        ({"webhook-timestamp": "9" * 400}, "BAD_TIMESTAMP"),
        ({"webhook-timestamp": str(STAMP + 1)}, "BAD_SIGNATURE"),
        ({"webhook-signature": "v1,AAAA"}, "BAD_SIGNATURE"),
        ({"webhook-signature": "v1,ü"}, "BAD_SIGNATURE"),
        ({"webhook-signature": "v2,"}, "BAD_SIGNATURE"),
    ],
)
def test_a_message_with_something_changed_is_refused(change: dict[str, str], code: str) -> None:
    headers = {**signing.headers(SECRET, "m-1", STAMP, BODY), **change}
    with pytest.raises(signing.BadSignature) as refused:
        signing.verify([SECRET], headers, BODY, NOW)
    assert refused.value.code == code


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(signing.BadSignature):
        signing.verify([SECRET], signing.headers(SECRET, "m-1", STAMP, BODY), BODY + b" ", NOW)


def test_an_endpoint_without_secrets_accepts_nobody() -> None:
    with pytest.raises(signing.BadSignature):
        signing.verify([], signing.headers(SECRET, "m-1", STAMP, BODY), BODY, NOW)


@pytest.mark.parametrize(("off", "accepted"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_message_may_be_five_minutes_off_and_no_more(off: int, accepted: bool) -> None:
    headers = signing.headers(SECRET, "m-1", STAMP, BODY)
    now = NOW + timedelta(seconds=off)
    if accepted:
        assert signing.verify([SECRET], headers, BODY, now) == "m-1"
    else:
        with pytest.raises(signing.BadSignature, match="300 seconds"):
            signing.verify([SECRET], headers, BODY, now)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64!", "ü"])
def test_a_secret_that_is_not_base64_is_named_as_such(secret: str) -> None:
    with pytest.raises(ValueError, match="the secret is"):
        signing.key_of(secret)


def test_new_secrets_have_32_bytes_and_differ() -> None:
    one, other = signing.new_secret(), signing.new_secret()
    assert one != other
    assert len(signing.key_of(one)) == 32
