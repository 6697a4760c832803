"""The case as a document: whole for the house, without what is hidden for a person."""

import json

import msgspec

from cases.policy.access import SYSTEM, Actor
from cases.queries import snapshot
from cases.services.execution import Turn
from tests.integration.cases.queries.conftest import Claims


def test_every_instance_stands_in_it_with_its_state_index_and_cause(claims: Claims) -> None:
    turn = claims.triaged()
    document = _document(claims, turn, SYSTEM)
    items = {(item["id"], item["index"]): item for item in document["items"]}
    assert items["S1", 0]["state"] == "completed"
    assert items["S3", 0]["criterion"] == "entry.S3.after-triage"
    assert items["T3", 0]["state"] == "active"
    assert items["M2", 0]["criterion"] == "entry.M2.triaged"
    (task,) = document["tasks"]
    assert (task["definition"], task["roles"], task["state"]) == ("T3", ["adjuster"], "open")
    assert document["data"]["D2"]["track"] == "standard"


def test_the_journal_runs_forwards_and_names_rules_and_results(claims: Claims) -> None:
    document = _document(claims, claims.triaged(), SYSTEM)
    journal = document["journal"]
    assert [line["version"] for line in journal] == sorted(line["version"] for line in journal)
    decided = next(line for line in journal if line["id"] == "D1")
    assert decided["rules"]
    assert decided["result"]["coverage"] == "covered"


def test_nothing_of_fraud_is_in_the_document_of_an_adjuster(claims: Claims) -> None:
    turn = claims.triaged(dup=True, hour=3, prior=3, shared=True)
    adjusters = json.dumps(_document(claims, turn, claims.staff["adam"])).lower()
    for hidden in ("fraud", "sv3", "d3", "ny4", "red flags", "investigation"):
        assert hidden not in adjusters, hidden
    assert "fraud" in json.dumps(_document(claims, turn, claims.staff["cora"])).lower()


def _document(claims: Claims, turn: Turn, actor: Actor) -> dict:  # type: ignore[type-arg]
    with claims.transaction() as session:
        found = snapshot.of(session, turn.business_key, actor, claims.now)
    return json.loads(msgspec.json.encode(found))  # type: ignore[no-any-return]
