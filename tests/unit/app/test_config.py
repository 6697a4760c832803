"""Settings: what is read from the environment, and what is refused."""

import stat
from pathlib import Path

import pytest

from app.config import Environment, Settings, UnsafeSettings, shipped

KEY = "k" * 48


def production(data_dir: Path, **changes: str) -> dict[str, str]:
    safe = {
        "CASEWRIGHT_ENV": "production",
        "CASEWRIGHT_SECRET_KEY": KEY,
        "CASEWRIGHT_PUBLIC_URL": "https://cases.example.org",
        "CASEWRIGHT_DATA_DIR": str(data_dir),
    }
    return safe | {f"CASEWRIGHT_{name}": value for name, value in changes.items()}


def test_without_a_word_it_is_a_demo_on_this_machine_alone(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CASEWRIGHT_DATA_DIR": str(tmp_path / "data")})
    assert settings.env is Environment.DEMO
    assert (settings.host, settings.port, settings.services_port) == ("127.0.0.1", 8000, 8090)
    assert settings.database_url == f"sqlite:///{tmp_path}/data/casewright.db"
    assert settings.sqlite_synchronous == "FULL"
    assert settings.services_url == "http://127.0.0.1:8090"


def test_a_demo_makes_its_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    env = {"CASEWRIGHT_DATA_DIR": str(tmp_path / "data")}
    first, second = Settings.from_environment(env), Settings.from_environment(env)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret.key"]


def test_every_setting_is_read(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        production(
            tmp_path,
            HOST="0.0.0.0",
            PORT="9001",
            SERVICES_PORT="9002",
            DATABASE_URL="postgresql://me@db/casewright",
        )
    )
    assert settings.is_production
    assert (settings.host, settings.port, settings.services_port) == ("0.0.0.0", 9001, 9002)
    assert settings.database_url == "postgresql+psycopg://me@db/casewright"
    assert not settings.is_sqlite
    assert settings.public_url == "https://cases.example.org"


def test_several_facts_files_are_separated_by_colons(tmp_path: Path) -> None:
    env = {"CASEWRIGHT_DATA_DIR": str(tmp_path), "CASEWRIGHT_FACTS": "a.jsonl:b.jsonl"}
    assert Settings.from_environment(env).facts == (Path("a.jsonl"), Path("b.jsonl"))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"PUBLIC_URL": "http://cases.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"CLOCK_FILE": "clock"}, "CLOCK_FILE"),
        ({"FACTS": "facts.jsonl"}, "FACTS"),
    ],
)
def test_production_refuses_what_is_unsafe(tmp_path: Path, changes: dict[str, str], word: str) -> None:
    with pytest.raises(UnsafeSettings, match=word):
        Settings.from_environment(production(tmp_path, **changes))


def test_a_broker_that_nothing_would_ring_is_refused(tmp_path: Path) -> None:
    env = {"CASEWRIGHT_DATA_DIR": str(tmp_path), "CASEWRIGHT_BROKER_URL": "amqp://mq"}
    for given in (env, production(tmp_path, BROKER_URL="amqp://mq")):
        with pytest.raises(UnsafeSettings, match="BROKER_URL"):
            Settings.from_environment(given)


def test_production_refuses_the_data_of_a_demo(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    with pytest.raises(UnsafeSettings, match="demo"):
        Settings.from_environment(production(tmp_path))


def test_production_makes_no_key_of_its_own(tmp_path: Path) -> None:
    Settings.from_environment(production(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_demo_binds_to_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSettings, match="this machine alone"):
        Settings.from_environment({"CASEWRIGHT_DATA_DIR": str(tmp_path), "CASEWRIGHT_HOST": "0.0.0.0"})
    for host in ("localhost", "127.0.0.2", "::1"):
        env = {"CASEWRIGHT_DATA_DIR": str(tmp_path), "CASEWRIGHT_HOST": host}
        assert Settings.from_environment(env).host == host


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENV", "staging"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("SERVICES_PORT", "65536"),
        ("DATABASE_URL", "mysql://db"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, value: str) -> None:
    env = {"CASEWRIGHT_DATA_DIR": str(tmp_path), f"CASEWRIGHT_{name}": value}
    with pytest.raises(UnsafeSettings, match=name):
        Settings.from_environment(env)


def test_a_data_directory_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnsafeSettings, match="data directory"):
        Settings.from_environment({"CASEWRIGHT_DATA_DIR": str(tmp_path / "file" / "data")})


def test_templates_and_migrations_of_a_checkout_lie_beside_the_code() -> None:
    assert shipped("templates") == Path(__file__).resolve().parents[3] / "templates"
