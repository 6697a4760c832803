"""casewright connection and endpoint: what an installation says of itself, without a secret in any place."""

import pytest
from flask import Flask

from app.cli.connections import connection, endpoint
from cases.connectors import signing
from cases.services import connections
from tests.functional.app.conftest import Office

TOKEN = "a-token-of-the-house"


def test_a_service_has_an_address_a_secret_and_leave_to_be_called(app: Flask, office: Office) -> None:
    run = app.test_cli_runner().invoke
    for arguments, typed in (
        (["set", "pay", "--url", "http://10.0.0.7:8443/pay/"], ""),
        (["secret", "pay", "--name", "bearer"], f"{TOKEN}\n"),
        (["allow", "10.0.0.7", "8443", "--reason", "Our own payments"], ""),
    ):
        result = run(connection, arguments, input=typed)
        assert result.exit_code == 0, result.output
        assert TOKEN not in result.output
    with office.transaction() as session:
        opened = connections.open_for_call(session, "pay", office.now)
    assert opened.base_url == "http://10.0.0.7:8443/pay"
    assert list(opened.headers.values()) == [f"Bearer {TOKEN}"]


def test_an_endpoint_takes_what_is_signed_with_its_secret(app: Flask, office: Office) -> None:
    run = app.test_cli_runner().invoke
    secret = signing.new_secret()
    opened = run(endpoint, ["open", "partners", "--app", "claims.auto", "--intake", "claims"])
    assert opened.exit_code == 0, opened.output
    given = run(endpoint, ["secret", "partners"], input=secret)
    assert given.exit_code == 0, given.output
    body = b"{}"
    headers = signing.headers(secret, "m-1", int(office.now.timestamp()), body)
    answer = app.test_client().post("/hooks/partners", data=body, headers=headers)
    assert answer.get_json()["code"] == "INVALID"


@pytest.mark.parametrize(
    ("group", "arguments"),
    [
        (connection, ["set", "pay", "--url", "ftp://somewhere"]),
        (connection, ["secret", "pay", "--name", "password"]),
        (endpoint, ["open", "partners", "--app", "claims.auto", "--intake", "nothing"]),
        (endpoint, ["open", "partners", "--app", "nothing", "--intake", "claims"]),
    ],
)
def test_what_cannot_be_is_one_sentence(
    app: Flask, office: Office, group: object, arguments: list[str]
) -> None:
    del office
    result = app.test_cli_runner().invoke(group, arguments, input="x\n")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "Traceback" not in result.output
