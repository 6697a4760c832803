"""The marks of a view: who may come in. The application refuses to start with a view that has none.

Rights on one case or task are asked where its row is known, in services and queries; here only the door is
kept.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask

from app.auth.session import current_actor, must_be_signed_in
from cases.errors import NotAllowed
from cases.policy.access import Never, Permission, condition

P = ParamSpec("P")
R = TypeVar("R")

_MARK = "__casewright_door__"
_FLASKS_OWN = frozenset({"static"})


class UnmarkedView(RuntimeError):
    """A view says not who may come in."""


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Let in whoever is signed in. The view raises `SignInWanted` for everybody else."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        must_be_signed_in()
        return view(*args, **kwargs)

    return _marked(guarded, "signed_in")


def needs(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let in who has this permission on anything; the view raises `SignInWanted` or `NotAllowed`."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            must_be_signed_in()
            if isinstance(condition(current_actor(), permission), Never):
                raise NotAllowed("Your roles do not include this page.", code=permission)
            return view(*args, **kwargs)

        return _marked(guarded, f"needs {permission}")

    return guard


def open_door(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody in. A test compares these views with a short list."""

    @wraps(view)
    def opened(*args: P.args, **kwargs: P.kwargs) -> R:
        return view(*args, **kwargs)

    return _marked(opened, "open")


def doors(app: Flask) -> dict[str, str | None]:
    """The mark of each endpoint, None where it has none."""
    return {
        endpoint: getattr(view, _MARK, None)
        for endpoint, view in app.view_functions.items()
        if endpoint not in _FLASKS_OWN
    }


def must_all_be_marked(app: Flask) -> None:
    """Raise `UnmarkedView`, naming every view that carries no mark."""
    unmarked = sorted(endpoint for endpoint, mark in doors(app).items() if mark is None)
    if unmarked:
        raise UnmarkedView(f"These views say not who may come in: {', '.join(unmarked)}.")


def _marked(view: Callable[P, R], mark: str) -> Callable[P, R]:
    setattr(view, _MARK, mark)
    return view
