"""What a door asks of the application at hand: its settings, and what time it is."""

from datetime import datetime

from flask import Flask, current_app

from app import clock
from app.config import Settings

_KEY = "casewright.settings"


def init_app(app: Flask, settings: Settings) -> None:
    """Keep the settings with the application, where every door finds them."""
    app.extensions[_KEY] = settings


def settings() -> Settings:
    """The settings of the application that serves this request, command or test."""
    kept = current_app.extensions[_KEY]
    if not isinstance(kept, Settings):
        raise TypeError(f"the application was given no settings but {kept!r}")
    return kept


def now() -> datetime:
    """The time of this installation, which a clock file may have moved."""
    return clock.now(settings())


def host_now() -> datetime:
    """The time of this machine: what the idle time of sessions is counted by."""
    return clock.host_now()
