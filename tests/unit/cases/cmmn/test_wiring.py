from cases.cmmn import wiring
from cases.feel import parse
from tests.builders import case, file_item, human_task, milestone, on, stage, timer, user_listener, when


def paths(text, context=None):
    return wiring.static_paths(parse(text), context)


def test_an_expression_names_the_data_that_it_reads_and_nothing_else():
    assert paths("claim.amount > 5 and D2.track = case.key") == (("D2", "track"), ("claim", "amount"))
    assert paths('event.code = "A" and item.index < 2 and repetitionIndex = 0') == ()
    assert paths("context.value < 3", ("loan", "collateral")) == (("loan", "collateral", "value"),)
    assert paths("context.x.value < 3") == (("x", "value"),)
    assert paths("count(context) > 3") is None


def test_two_paths_meet_when_one_is_the_beginning_of_the_other():
    assert wiring.meet(("claim",), ("claim", "amount"))
    assert wiring.meet(("claim", "amount"), ("claim",))
    assert not wiring.meet(("claim", "amount"), ("claim", "date"))


def test_a_condition_is_looked_at_for_its_own_data_and_one_without_paths_for_all():
    definition = case(
        milestone("a", entry=[when(condition="claim.amount > 5")]),
        milestone("b", entry=[when(condition="x = 1 and claim.date = null")]),
        milestone("c", entry=[when(condition="count(context) > 0")]),
    )
    conditions = wiring.wiring_of(definition).conditions
    assert set(conditions.touched(("claim", "amount"))) == {0, 2}
    assert set(conditions.touched(("claim",))) == {0, 1, 2}
    assert set(conditions.touched(("y",))) == {2}


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
