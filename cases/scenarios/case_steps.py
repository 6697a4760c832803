"""Steps that act on deployments and whole cases, and on who takes part in them (FORMAT 6.1, 6.2)."""

from typing import Any

from msgspec import UNSET

from cases.cmmn.commands import (
    AssignRole,
    CloseCase,
    CompleteCase,
    ReactivateCase,
    RemoveRole,
    ResumeCase,
    StartCase,
    SuspendCase,
    TerminateCase,
)
from cases.cmmn.instance import CASE
from cases.errors import NotAllowed, NotFound
from cases.policy.access import SYSTEM
from cases.scenarios import moving, selecting
from cases.scenarios.values import instant, table
from cases.scenarios.world import VIA, Mistaken, World
from cases.services import instances, properties, upgrades
from cases.services.properties import Changes
from cases.services.upgrades import Upgrade, upgrade_to

Arguments = dict[str, Any]
"""What a verb is given. `Any`: it is a YAML border."""


def deploy(world: World, given: Arguments) -> None:
    """Deploys these models together. Raises Invalid."""
    world.deploy(given["models"], given.get("tenant", ""), given.get("as"))


def start(world: World, given: Arguments) -> None:
    """Starts a case of the newest version."""
    team = given.get("team")
    members = None if team is None else {user: frozenset(roles) for user, roles in team.items()}
    for user in members or ():
        world.person(user)
    command = StartCase(
        inputs=table(given.get("vars")),
        parameters=table(given.get("inputs")),
        team=members,
        name=given.get("name"),
        business_key=given.get("business_key"),
        business_status=given.get("business_status"),
    )
    world.open(given["case"], command, given.get("tenant", ""), given.get("as"))


def find_child(world: World, given: Arguments) -> None:
    """Gives an alias to a case that another one has called. Raises Mistaken where there is none."""
    parent = world.case_id(given["of"])
    called = [link for link in world.links() if link.parent == parent]
    if "item" in given:
        task = selecting.one(world.instance(parent), given["item"])
        found = [link.child for link in called if link.item == task.iid][-1:]
    else:
        keys = {case.id: case.definition for case in world.cases()}
        found = [link.child for link in called if keys[link.child] == given["key"]]
    if len(found) != 1:
        raise Mistaken(f"{given['of']} has {len(found)} such child cases")
    world.aliases[given["as"]] = found[0]


def suspend(world: World, given: Arguments) -> None:
    """Suspends the case."""
    world.execute(world.case_id(given.get("of")), SuspendCase())


def resume(world: World, given: Arguments) -> None:
    """Brings a suspended case back."""
    world.execute(world.case_id(given.get("of")), ResumeCase())


def complete(world: World, given: Arguments) -> None:
    """Completes the case by hand."""
    world.execute(world.case_id(given.get("of")), CompleteCase())


def terminate(world: World, given: Arguments) -> None:
    """Ends the case."""
    world.execute(world.case_id(given.get("of")), TerminateCase())


def close(world: World, given: Arguments) -> None:
    """Closes the case."""
    world.execute(world.case_id(given.get("of")), CloseCase())


def delete(world: World, given: Arguments) -> None:
    """Ends the case and its child cases without any listener."""
    case_id = world.case_id(given.get("of"))
    actor = world.actor(case_id)
    world.change(lambda session: instances.delete(session, case_id, "", actor, VIA, world.now))


def terminate_many(world: World, given: Arguments) -> None:
    """Ends several cases in one transaction: all of them or none."""
    found = [world.case_id(one) for one in given["of"]]
    actor = world.actor()
    world.change(lambda session: instances.terminate_all(session, found, "", actor, VIA, world.now))


def reactivate(world: World, given: Arguments) -> None:
    """Returns an ended case to Active."""
    case_id = world.case_id(given.get("of"))
    roots = (item for item in world.instance(case_id).program.definition.items if item.stage == CASE)
    ids = {item.name: item.id for item in roots}
    command = ReactivateCase(
        activate=tuple(ids.get(name, name) for name in given.get("activate", ())),
        default=tuple(ids.get(name, name) for name in given.get("default", ())),
        vars=table(given.get("vars")),
        transient=table(given.get("transient")),
    )
    world.execute(case_id, command)


def update(world: World, given: Arguments) -> None:
    """Sets properties of the case; null removes one, those that are not named stay."""
    case_id = world.case_id(given.get("of"))
    due, owner, assignee = (given.get(word, UNSET) for word in ("due", "owner", "assignee"))
    changes = Changes(
        name=given.get("name", UNSET),
        business_key=given.get("business_key", UNSET),
        business_status=given.get("business_status", UNSET),
        due_at=instant(due) if isinstance(due, str) else due,
        owner_id=world.colleague(owner, case_id) if isinstance(owner, str) else owner,
        assignee_id=world.colleague(assignee, case_id) if isinstance(assignee, str) else assignee,
    )
    actor = world.actor(case_id)
    world.change(lambda session: properties.change(session, case_id, changes, actor, world.now))


def migrate(world: World, given: Arguments) -> None:
    """Moves the case to the version in a deployment, by definitions: what it has no place for ends."""
    case_id = world.case_id(given.get("of"))
    if given["to"] not in world.named:
        raise Mistaken(f"no deployment is called {given['to']}")
    case, deployed = world.instance(case_id), world.named[given["to"]]
    key = world.record(case_id).definition
    if key not in deployed.app.cases:
        raise NotFound(f"{given['to']} has no case {key}.")
    plan = moving.plan_of(case, deployed.app.cases[key], given)
    _move(world, case_id, upgrade_to(deployed.id, key, plan, table(given.get("vars"))))


def change_state(world: World, given: Arguments) -> None:
    """Starts new instances of definitions, in the version that the case has."""
    case_id = world.case_id(given.get("of"))
    case, record = world.instance(case_id), world.record(case_id)
    plan = moving.plan_of(case, case.program.definition, {"activate": given["activate"]})
    _move(world, case_id, upgrade_to(record.deployment_id, record.definition, plan))


def _move(world: World, case_id: int, upgrade: Upgrade) -> None:
    """Whoever takes part in the case may move it, as they may do all else (FORMAT 4); no role is asked."""
    team = world.instance(case_id).state.team
    if team is not None and world.user is not None and world.user not in team:
        raise NotAllowed(f"{world.user} is no member of the case team.")
    world.change(lambda session: upgrades.migrate(session, case_id, upgrade, SYSTEM, VIA, world.now))


def claim(world: World, given: Arguments) -> None:
    """Somebody takes the whole case; refused if another one has it."""
    case_id = world.case_id(given.get("of"))
    user, actor = world.colleague(given["user"], case_id), world.actor(case_id)
    world.change(lambda session: properties.claim(session, case_id, user, actor, world.now))


def as_user(world: World, given: Arguments) -> None:
    """Acts as this user from now on; with roles, as a member of the team with exactly these."""
    world.user = given["user"]
    if world.user is None or "roles" not in given:
        return
    world.person(world.user)
    wanted = frozenset(given["roles"])
    world.roles[world.user] = wanted
    if world.current is None and "of" not in given:
        return
    case_id = world.case_id(given.get("of"))
    case = world.instance(case_id)
    if case.state.team is None and not world.is_bare:
        return  # its roles are those of the app, which the user holds by now
    held = frozenset((case.state.team or {}).get(world.user, ()))
    declared = {role.name for role in case.program.definition.roles}
    for role in sorted((wanted - held) & declared):
        world.execute(case_id, AssignRole(user=world.user, role=role), SYSTEM)
    for role in sorted(held - wanted):
        world.execute(case_id, RemoveRole(user=world.user, role=role), SYSTEM)


def assign_role(world: World, given: Arguments) -> None:
    """Gives a case role to somebody, with full rights."""
    world.person(given["user"])
    command = AssignRole(user=given["user"], role=given["role"])
    world.execute(world.case_id(given.get("of")), command, SYSTEM)


def remove_role(world: World, given: Arguments) -> None:
    """Takes a case role from somebody, with full rights."""
    command = RemoveRole(user=given["user"], role=given["role"])
    world.execute(world.case_id(given.get("of")), command, SYSTEM)
