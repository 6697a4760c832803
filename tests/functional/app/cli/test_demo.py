"""A demo: made once, by the doors that everybody uses, and the same at every later start."""

import json
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli import demo, upkeep
from app.cli.demo import DemoInfo
from app.config import Settings
from app.database import Database
from cases.errors import NotAllowed
from cases.policy.access import INSTALLATION, Actor
from cases.queries import case_list, incidents, snapshot, worklist
from cases.services import connections, identity, people

FAMILY = "claims.auto"


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def settings_for(folder: Path, database_url: str) -> Settings:
    return Settings.from_environment(
        {
            "CASEWRIGHT_DATA_DIR": str(folder),
            "CASEWRIGHT_DATABASE_URL": database_url,
            "CASEWRIGHT_SERVICES_PORT": str(free_port()),
            "CASEWRIGHT_PORT": "8123",
        }
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, DemoInfo]:
    """One demo for all tests of this file: making it takes some seconds."""
    folder = tmp_path_factory.mktemp("demo")
    settings = settings_for(folder, f"sqlite:///{folder / 'demo.db'}")
    upkeep.upgrade(settings)
    return settings, demo.make(settings)


@pytest.fixture
def settings(shared: tuple[Settings, DemoInfo]) -> Settings:
    return shared[0]


@pytest.fixture
def made(shared: tuple[Settings, DemoInfo]) -> DemoInfo:
    """The demo as it is now: a test before may have made it anew."""
    return demo.make(shared[0])


@pytest.fixture
def look(settings: Settings) -> Iterator["Look"]:
    with Database(settings.database_url, secret_key=settings.secret_key) as database:
        yield Look(database)


class Look:
    """The demo's database, seen with somebody's eyes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime.now(UTC)

    def actor(self, name: str) -> Actor:
        with self.database.reading() as session:
            user = people.user_id(session, name)
            return Actor(user, name, name, identity.grants_of(session, user, self.now))

    def case(self, number: int, name: str = "cora") -> Mapping[str, object]:
        year = self.now.year
        actor = self.actor(name)
        with self.database.reading() as session:
            for key in (f"CLM-{year}-{number:06d}", f"CLM-{year - 1}-{number:06d}"):
                for line in case_list.find(session, actor).lines:
                    if line.key == key:
                        return snapshot.of(session, key, actor, self.now)
        raise KeyError(number)

    def waiting(self, number: int) -> set[object]:
        tasks = self.case(number)["tasks"]
        assert isinstance(tasks, list)
        return {task["definition"] for task in tasks if task["ended_at"] is None}


def must_stand_as_told(look: Look) -> None:
    assert [look.case(number)["state"] for number in (1, 2, 14, 21)] == ["completed"] * 4
    expected = {3: {"T3"}, 4: {"T3"}, 5: {"T4"}, 6: {"T5"}, 7: {"T5"}, 8: {"T1"}, 9: {"T1"}, 10: {"T2"}}
    expected |= {11: {"NY4"}, 12: {"T8"}, 13: {"T10", "T3"}}
    expected |= {15: {"T4"}, 16: {"T4"}, 17: {"T8"}, 18: {"T1"}, 19: {"T5"}, 20: {"T3"}, 22: {"T1"}}
    expected |= {23: {"T3"}, 24: {"T4"}, 25: {"T8"}, 26: {"T1"}, 27: {"NY4"}, 28: {"T3"}}
    assert {number: look.waiting(number) for number in expected} == expected
    paid = look.case(1)["data"]
    assert isinstance(paid, dict)
    assert [str(payment["amount"]) for payment in paid["payments"]] == ["448.0"]
    with look.database.reading() as session:
        assert str(incidents.count(session, look.actor("cora"))) == "3"
        assert str(worklist.mine_count(session, look.actor("adam"))) == "3"


@pytest.mark.usefixtures("made")
def test_the_samples_stand_where_the_story_leaves_them(look: Look) -> None:
    must_stand_as_told(look)


@pytest.mark.postgresql
def test_the_samples_stand_there_on_postgresql_too(postgresql_url: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, postgresql_url)
    demo.make(settings)
    with Database(settings.database_url, secret_key=settings.secret_key) as database:
        must_stand_as_told(Look(database))


@pytest.mark.usefixtures("made")
def test_a_suspicion_is_seen_by_those_who_may_and_by_nobody_else(look: Look) -> None:
    seen = {name: look.case(11, name)["data"] for name in ("ida", "adam", "otto")}
    assert {name: {"fraud", "SV3", "D3"} <= data.keys() for name, data in seen.items()} == {  # type: ignore[attr-defined]
        "ida": True,
        "adam": False,
        "otto": True,
    }


def test_somebody_of_every_role_can_sign_in_and_may_what_the_role_may(look: Look, made: DemoInfo) -> None:
    for user in made.users:
        with look.database.transaction() as session:
            token, _ = identity.sign_in(session, str(user["name"]), str(user["password"]), look.now)
            actor = identity.actor_of(session, token, look.now)
        assert actor is not None
        roles = user["roles"]
        assert isinstance(roles, list)
        family = INSTALLATION if roles == ["administrator"] else FAMILY
        assert actor.roles(family) == set(roles)
    with pytest.raises(NotAllowed), look.database.transaction() as session:
        identity.sign_in(session, "cora", "a guess", look.now)


def test_demo_json_is_what_the_decisions_say_and_for_its_owner_alone(
    settings: Settings, made: DemoInfo
) -> None:
    written = json.loads(settings.demo_file.read_text())
    assert set(written) == {"address", "services", "endpoints", "users"}
    assert written["address"] == "http://127.0.0.1:8123"
    assert written["services"] == settings.services_url
    assert written["endpoints"]["claims"]["url"] == "http://127.0.0.1:8123/hooks/claims"
    assert {frozenset(user) for user in written["users"]} == {frozenset({"name", "password", "roles"})}
    assert settings.demo_file.stat().st_mode & 0o077 == 0
    assert written["endpoints"]["claims"]["secret"] == made.endpoints["claims"]["secret"]


def test_a_later_start_makes_nothing_anew(settings: Settings, made: DemoInfo, look: Look) -> None:
    before = look.case(1)
    assert demo.make(settings) == made
    assert look.case(1) == before
    with pytest.raises(KeyError):
        look.case(29)


def test_a_start_at_other_ports_leads_the_connections_there(
    settings: Settings, made: DemoInfo, look: Look
) -> None:
    moved = Settings.from_environment(
        {
            "CASEWRIGHT_DATA_DIR": str(settings.data_dir),
            "CASEWRIGHT_DATABASE_URL": settings.database_url,
            "CASEWRIGHT_SERVICES_PORT": str(free_port()),
        }
    )
    again = demo.make(moved)
    assert again.users == made.users
    assert again.services == moved.services_url
    with look.database.reading() as session:
        assert connections.open_for_call(session, "pay", look.now).base_url == moved.services_url


def test_whoever_lost_demo_json_gets_new_passwords_and_the_same_cases(
    settings: Settings, made: DemoInfo, look: Look
) -> None:
    settings.demo_file.unlink()
    again = demo.make(settings)
    assert [user["name"] for user in again.users] == [user["name"] for user in made.users]
    assert all(one != other for one, other in zip(made.users, again.users, strict=True))
    with pytest.raises(KeyError):
        look.case(29)


def test_production_has_no_demo(settings: Settings, tmp_path: Path) -> None:
    production = Settings.from_environment(
        {
            "CASEWRIGHT_ENV": "production",
            "CASEWRIGHT_DATA_DIR": str(tmp_path / "production"),
            "CASEWRIGHT_DATABASE_URL": settings.database_url,
            "CASEWRIGHT_SECRET_KEY": "k" * 64,
            "CASEWRIGHT_PUBLIC_URL": "https://casewright.example.org",
        }
    )
    with pytest.raises(ValueError, match="no demo"):
        demo.make(production)
