"""Names of built files -> addresses, and icons of the sprite."""

import json
from functools import cache
from pathlib import Path

from flask import Flask
from markupsafe import Markup

_DIST = Path(__file__).resolve().parents[1] / "static" / "dist"
_ICON = Markup('<svg class="i {}" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>')


def init_app(app: Flask) -> None:
    """Put `asset` and `icon` into the templates."""
    app.jinja_env.globals.update(asset=asset, icon=icon)


def is_built() -> bool:
    """Whether the front end is built."""
    return (_DIST / "manifest.json").is_file()


def asset(name: str) -> str:
    """The address of a built file; its name changes with its content. Unbuilt, it is the plain name."""
    # Not `url_for`: it knows no address while a request for a forged host is being refused.
    return f"/static/dist/{_manifest().get(name, name)}"


def icon(name: str, size: int = 16) -> Markup:
    """An icon of the sprite, for the eye alone: the words stand beside it."""
    return _ICON.format(f"i-{size}", asset("icons.svg"), name)


@cache
def _manifest() -> dict[str, str]:
    file = _DIST / "manifest.json"
    if not file.is_file():
        return {}
    read = json.loads(file.read_text())
    return {str(key): str(value) for key, value in read.items()}
