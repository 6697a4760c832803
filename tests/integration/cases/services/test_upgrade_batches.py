"""Many running cases go on by another version: each for itself, with a result, and once."""

import pytest

from cases.cmmn.commands import Complete
from cases.cmmn.migration_plan import Plan
from cases.errors import Invalid, NotAllowed, NotFound
from cases.persistence.base import Transaction
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.definitions import DeploymentRow
from cases.persistence.instances import CaseInstanceRow
from cases.policy.access import SYSTEM, RoleRule
from cases.services import identity, people, upgrade_batches
from cases.services.upgrade_batches import Result
from tests.integration.cases.services import loans
from tests.integration.cases.services.calls import World, case
from tests.integration.cases.services.test_upgrades import ONE, TWO


class Upgrading(World):
    """A world with cases of an app, and a batch that moves them."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, case("m", ONE))
        self.heard: list[Result] = []
        family = str(self.rows(DeploymentRow)[0].family)
        with transaction() as session:
            user = people.create_user(session, "olga", "Olga", None, self.now)
            rule = RoleRule("boss", supervisor=True, administrator=True)
            people.declare_role(session, family, rule, "Boss")
            people.grant(session, user, family, "boss", self.now)
            self.olga = identity.actor_in_force(session, user, self.now)

    @property
    def app(self) -> str:
        return str(self.rows(DeploymentRow)[0].app_key)

    def ask(self, plan: Plan | None = None) -> int:
        app = self.app
        with self.transaction() as session:
            return upgrade_batches.ask(session, app, "latest", plan or Plan(), self.olga, self.now)

    def run(self, batch_id: int) -> list[tuple[int, str]]:
        self.heard.clear()
        upgrade_batches.run(self.transaction, batch_id, self.now, self.heard.append)
        return [(one.place, one.state) for one in self.heard]

    def deployments(self) -> list[int]:
        cases = sorted(self.rows(CaseInstanceRow), key=lambda row: row.id)
        return [row.deployment_id for row in cases]


@pytest.fixture
def world(transaction: Transaction) -> Upgrading:
    return Upgrading(transaction)


def test_each_case_moves_or_says_why_not_and_those_that_have_ended_stay(world: Upgrading) -> None:
    first, second, third = (world.start("m") for _ in range(3))
    world.do(third, Complete(item=1))
    target = world.deploy(case("m", TWO.replace('"A"', '"Z"').replace('"d.A"', '"d.Z"')))
    batch = world.ask()
    assert world.run(batch) == [(1, "refused"), (2, "refused")]
    assert "M-03" in world.heard[0].message
    assert world.deployments() == [world.deployment] * 3
    again = world.ask(Plan(map={"A": "Z"}))
    assert world.run(again) == [(1, "done"), (2, "done")]
    assert "A is Z from now on" in world.heard[0].message
    assert world.deployments() == [target, target, world.deployment]
    assert {row.state for row in world.rows(BatchRow)} == {"done"}
    assert first < second


def test_what_was_interrupted_goes_on_with_what_still_waits(world: Upgrading) -> None:
    for _ in range(3):
        world.start("m")
    world.deploy(case("m", TWO))
    batch = world.ask()

    def stop(_: Result) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upgrade_batches.run(world.transaction, batch, world.now, stop)
    assert [row.state for row in sorted(world.rows(BatchItemRow), key=lambda row: row.position)] == [
        "done",
        "waiting",
        "waiting",
    ]
    assert world.run(batch) == [(2, "done"), (3, "done")]
    assert world.run(batch) == []
    with world.transaction() as session:
        assert upgrade_batches.outcome(session, batch) == {"done": 3}


def test_a_trial_of_many_changes_nothing(world: Upgrading) -> None:
    world.start("m")
    world.deploy(case("m", TWO))
    told = list(upgrade_batches.trials(world.transaction, world.app, "latest", Plan(), world.olga, world.now))
    assert [words for _, words in told] == ["B is new, Active; E is new, Available"]
    assert world.rows(BatchRow) == []
    assert world.deployments() == [world.deployment]


def test_where_nothing_is_to_be_moved_nothing_is_asked(world: Upgrading) -> None:
    world.start("m")
    with pytest.raises(Invalid):
        world.ask()
    with pytest.raises(NotFound):
        world.run(4_711)


def test_who_asks_administers_the_family(transaction: Transaction) -> None:
    loans.deploy(transaction)
    loans.open_loan(transaction)
    ann = loans.person(transaction, "ann", "clerk")
    with transaction() as session, pytest.raises(NotAllowed):
        upgrade_batches.ask(session, "loans", "latest", Plan(), ann, loans.NOW)


def test_a_batch_belongs_to_somebody(world: Upgrading) -> None:
    app = world.app
    with world.transaction() as session, pytest.raises(Invalid):
        upgrade_batches.ask(session, app, "latest", Plan(), SYSTEM, world.now)
