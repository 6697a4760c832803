"""Incidents: one group a cause, nothing secret, and no success before the job has run."""

from cases.persistence.jobs import IncidentRow
from cases.queries import incident_rows, incidents
from cases.services import incidents as incident_service
from tests.integration.cases.queries.conftest import Claims


def test_incidents_of_one_cause_stand_together(claims: Claims) -> None:
    for number in range(1, 4):
        claims.incident(claims.new(number), "SV1", fingerprint="policy-timeout")
    claims.incident(claims.new(4), "SV2", fingerprint="mail-down", code="refused")
    with claims.transaction() as session:
        causes = incidents.by_cause(session, claims.staff["cora"])
        assert incidents.count(session, claims.staff["cora"]).number == 4
    assert {(cause.sample.step, cause.number) for cause in causes} == {
        ("Look up policy", 3),
        ("Acknowledge to claimant", 1),
    }


def test_a_retry_is_under_way_until_the_job_has_run(claims: Claims) -> None:
    turn = claims.new()
    claims.job(turn, "SV1", kind="message")  # a job of no step: its retry moves no plan item
    claims.incident(turn, "SV1", kind="message", plan_item=None)
    with claims.transaction() as session:
        (cause,) = incidents.by_cause(session, claims.staff["cora"])
        assert not cause.incidents[0].is_retrying
        number = cause.incidents[0].id
        incident_service.retry(session, number, claims.staff["cora"], claims.now, "the system is back")
    with claims.transaction() as session:
        (cause,) = incidents.by_cause(session, claims.staff["cora"])
        assert cause.incidents[0].is_retrying
        incident_service.helped(session, session.get_one(IncidentRow, number).job_id or 0, claims.now)
    with claims.transaction() as session:
        assert incidents.by_cause(session, claims.staff["cora"]) == ()


def test_an_adjuster_sees_no_incident(claims: Claims) -> None:
    claims.incident(claims.new(), "SV1")
    with claims.transaction() as session:
        assert incidents.by_cause(session, claims.staff["adam"]) == ()
        assert not incidents.count(session, claims.staff["adam"])


def test_who_audits_sees_incidents_only_with_the_role_for_it(claims: Claims) -> None:
    claims.incident(claims.new(), "SV1")
    with claims.transaction() as session:
        (cause,) = incidents.by_cause(session, claims.staff["paul"])
    assert cause.incidents[0].may_resolve


def test_secrets_are_dots_wherever_they_stand() -> None:
    shown = incident_rows.masked(
        {
            "request": {"headers": {"Authorization": "Bearer x", "X-Api-Key": "y", "Accept": "json"}},
            "tries": [{"client_secret": "z", "status": 503}],
        }
    )
    assert shown == {
        "request": {
            "headers": {
                "Authorization": incident_rows.HIDDEN,
                "X-Api-Key": incident_rows.HIDDEN,
                "Accept": "json",
            }
        },
        "tries": [{"client_secret": incident_rows.HIDDEN, "status": 503}],
    }
