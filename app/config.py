"""Settings: one frozen value, read once from the environment; refuses what is unsafe in production."""

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

EXIT_CONFIG = 78
"""What a process answers whose settings are refused (`EX_CONFIG` of sysexits.h)."""

_PREFIX = "CASEWRIGHT_"
_SHORTEST_KEY = 32
_PACKAGE = Path(__file__).resolve().parent


class UnsafeSettings(ValueError):
    """Settings with which nothing must start. The message is one sentence for the person who set them."""


class Environment(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation is told from outside. Without a word, it is a demo on this machine alone."""

    data_dir: Path
    database_url: str
    secret_key: str
    env: Environment = Environment.DEMO
    host: str = "127.0.0.1"
    port: int = 8000
    services_port: int = 8090
    public_url: str = "http://127.0.0.1:8000"
    facts: tuple[Path, ...] = ()
    broker_url: str | None = None
    clock_file: Path | None = None
    sqlite_synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Read the `CASEWRIGHT_*` variables; raise `UnsafeSettings` for one that is unreadable or unsafe.

        A demo without a `SECRET_KEY` makes one, once, in its data directory, for web, worker and commands.
        """
        kind = _environment(env)
        data_dir = Path(env.get(_PREFIX + "DATA_DIR") or ".casewright").absolute()
        port = _port(env, "PORT", 8000)
        settings = cls(
            env=kind,
            host=env.get(_PREFIX + "HOST") or "127.0.0.1",
            port=port,
            services_port=_port(env, "SERVICES_PORT", 8090),
            data_dir=data_dir,
            database_url=_database_url(env.get(_PREFIX + "DATABASE_URL") or "", data_dir),
            secret_key=env.get(_PREFIX + "SECRET_KEY") or _kept_key(kind, data_dir),
            public_url=(env.get(_PREFIX + "PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
            facts=tuple(Path(name) for name in (env.get(_PREFIX + "FACTS") or "").split(":") if name),
            broker_url=env.get(_PREFIX + "BROKER_URL") or None,
            clock_file=_path_or_none(env.get(_PREFIX + "CLOCK_FILE")),
        )
        must_be_safe(settings)
        return settings

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def demo_file(self) -> Path:
        """Where a demo keeps its address and its logins."""
        return self.data_dir / "demo.json"

    @property
    def services_url(self) -> str:
        return f"http://127.0.0.1:{self.services_port}"


def must_be_safe(settings: Settings) -> None:
    """Raise `UnsafeSettings` with the first reason why these settings must not run."""
    for unsafe, sentence in _reasons(settings):
        if unsafe:
            raise UnsafeSettings(sentence)


def shipped(folder: str) -> Path:
    """Return a folder (`templates`, `migrations`): beside the code, or inside an installed wheel."""
    installed = _PACKAGE / "shipped" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


def _reasons(settings: Settings) -> list[tuple[bool, str]]:
    no_broker = "CASEWRIGHT_BROKER_URL is refused: this version rings no broker, the worker looks by itself."
    reasons = [(settings.broker_url is not None, no_broker)]
    if not settings.is_production:
        sentence = f"A demo binds to this machine alone: {settings.host} needs CASEWRIGHT_ENV=production."
        return [*reasons, (not _is_loopback(settings.host), sentence)]
    return [
        *reasons,
        (
            len(settings.secret_key) < _SHORTEST_KEY,
            f"CASEWRIGHT_SECRET_KEY must be set in production, with {_SHORTEST_KEY} characters or more.",
        ),
        (
            urlsplit(settings.public_url).scheme != "https",
            "CASEWRIGHT_PUBLIC_URL must be an https address in production: cookies are sent over TLS only.",
        ),
        (
            settings.clock_file is not None,
            "CASEWRIGHT_CLOCK_FILE is refused in production: nobody moves its clock.",
        ),
        (
            bool(settings.facts),
            "CASEWRIGHT_FACTS is refused in production: the outside services are those of the demo.",
        ),
        (
            settings.demo_file.exists(),
            f"{settings.data_dir} holds the passwords of a demo: set another CASEWRIGHT_DATA_DIR.",
        ),
    ]


def _environment(env: Mapping[str, str]) -> Environment:
    text = env.get(_PREFIX + "ENV") or Environment.DEMO
    try:
        return Environment(text)
    except ValueError:
        raise UnsafeSettings(f"CASEWRIGHT_ENV is demo or production, not {text!r}.") from None


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(_PREFIX + name) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**16):
        raise UnsafeSettings(f"{_PREFIX}{name} is a port between 1 and 65535, not {text!r}.")
    return int(text)


def _database_url(text: str, data_dir: Path) -> str:
    """Name the driver, so that whoever writes the usual `postgresql://` gets the one that is installed."""
    if not text:
        return f"sqlite:///{data_dir / 'casewright.db'}"
    for plain in ("postgresql://", "postgres://"):
        if text.startswith(plain):
            return "postgresql+psycopg://" + text.removeprefix(plain)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise UnsafeSettings("CASEWRIGHT_DATABASE_URL begins with sqlite:/// or postgresql://.")
    return text


def _path_or_none(text: str | None) -> Path | None:
    return Path(text).absolute() if text else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _kept_key(kind: Environment, data_dir: Path) -> str:
    if kind is Environment.PRODUCTION:
        return ""
    file = data_dir / "secret.key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_key(file)
        return file.read_text()
    except OSError as error:
        raise UnsafeSettings(f"The data directory {data_dir} cannot be used: {error.strerror}.") from None


def _make_key(file: Path) -> None:
    """Write a key unless one is there. Of processes that start at once, the first to link its file wins."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48))
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()
