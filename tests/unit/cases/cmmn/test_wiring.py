from cases.cmmn import wiring
from tests.builders import case, file_item, human_task, on, stage, timer, user_listener, when


def test_the_tables_of_a_definition_are_made_once_and_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(wiring, "_KEPT", 2)
    definitions = [case(human_task("a")) for _ in range(4)]
    first = wiring.wiring_of(definitions[0])
    assert wiring.wiring_of(definitions[0]) is first
    for definition in definitions:
        wiring.wiring_of(definition)
    assert len(wiring._wirings) <= 2
    assert wiring.wiring_of(definitions[0]) is not first


def test_who_hears_whom_is_known_with_the_stages_between():
    definition = case(
        user_listener("bell"),
        timer("t", "PT1H", start=on("bell", "occur")),
        stage(
            "s",
            stage(
                "u", human_task("a", entry=[when(on("bell", "occur"))], exit=[when(on("/claim", "update"))])
            ),
        ),
        stage("v", human_task("b"), exit=[when(on("b", "complete"))]),
        file=[file_item("claim")],
    )
    wired = wiring.wiring_of(definition)
    numbers = definition.by_id
    (ear,) = wired.audience[numbers["bell"]]
    assert (ear.owner, ear.scope, ear.chain) == (numbers["a"], 0, (numbers["s"], numbers["u"]))
    assert wired.listeners_of == {numbers["a"]: (numbers["bell"],)}
    (own,) = wired.on_item[numbers["b"], "complete"]
    assert own.scope == numbers["v"]
    (start,) = wired.starts_on_item[numbers["bell"], "occur"]
    assert start.timer == numbers["t"]
    assert wired.crossing == {ear.criterion}
