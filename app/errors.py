"""The families of errors, translated once: a page for people, a problem document (RFC 9457) for programs."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import flask
import flask_login
from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException

from app import log
from cases.errors import CaseError, Conflict, Invalid, NotAllowed, NotFound, Problem
from forms.errors import InvalidAnswers

_STATUS: tuple[tuple[type[CaseError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Invalid, 422),
)
_PROGRAMS = ("/api/", "/hooks/", "/health/")


class SignInWanted(Exception):
    """Nobody is signed in here."""


class Refused(BadRequest):
    """A request that makes no sense; its description is a sentence for who sent it."""


def init_app(app: Flask) -> None:
    """Answer every error in one voice."""
    app.register_error_handler(SignInWanted, _sign_in_first)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(CaseError, _case_error)
    app.register_error_handler(InvalidAnswers, _invalid_answers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def _sign_in_first(_error: SignInWanted) -> ResponseReturnValue:
    if _is_program() or request.headers.get("HX-Request") or request.headers.get("X-Live"):
        return _answer(401, "")
    # Flask-Login leaves the token of a session that has run out in the cookie; signing out clears it.
    has_ended = request.method != "GET" or "_user_id" in flask.session
    return redirect(url_for("auth.sign_in", ended=1 if has_ended else None, next=_wanted()), 303)


def _wanted() -> str | None:
    """The page that somebody wanted, or whose form they sent; where the sign-in leads, it decides itself."""
    return request.full_path.rstrip("?") if request.method == "GET" else _referrer()


def _referrer() -> str | None:
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return None
    if page.netloc != request.host:
        return None
    return f"{page.path}?{page.query}" if page.query else page.path


_NEVER_KEPT = frozenset({"csrf_token", "password"})


def _stale_form(error: CSRFError) -> ResponseReturnValue:
    is_signed_in = bool(flask_login.current_user.is_authenticated)
    if not is_signed_in and request.endpoint != "auth.enter":
        return _sign_in_first(SignInWanted(str(error)))
    if not is_signed_in or _is_program() or not _is_from_here():
        return _answer(400, "stale_form")
    if request.endpoint == "auth.enter":
        # Signed in meanwhile on another page: nothing is to be sent again, and no password is shown.
        return redirect("/", 303)
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _NEVER_KEPT]
    page = render_template("errors/stale.html", kept=kept, action=request.full_path.rstrip("?"), back=_back())
    return page, 400


def _is_from_here() -> bool:
    """Whether a browser says that a page of ours sent this: nobody is to confirm what another site wrote."""
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    return request.headers.get("Sec-Fetch-Site", "") == "same-origin" or origin == request.host


def _back() -> str | None:
    """The page of ours from which somebody came, if it is another one."""
    page = _wanted() if request.method != "GET" else _referrer()
    return None if page == request.full_path.rstrip("?") else page


def _case_error(error: CaseError) -> ResponseReturnValue:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    problems = error.problems if isinstance(error, Invalid) else ()
    return _answer(status, "" if problems else str(error), problems)


def _invalid_answers(error: InvalidAnswers) -> ResponseReturnValue:
    problems = [
        Problem(code="ANSWER", message=message, where=field)
        for field, messages in error.errors.items()
        for message in messages
    ]
    return _answer(422, "", problems)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    detail = error.description if isinstance(error, Refused) else None
    return _answer(error.code or 500, detail or "")


def _bug(error: Exception) -> ResponseReturnValue:
    log.LOGGER.error("bug", exc_info=error, extra={"fields": {"request": log.request_id()}})
    return _answer(500, "")


def _answer(status: int, detail: str, problems: Sequence[Problem] = ()) -> ResponseReturnValue:
    """A page or a problem document. `detail` is the sentence of whoever refused, and may be empty."""
    if _is_program():
        document: dict[str, object] = {"type": "about:blank", "status": status, "id": log.request_id()}
        if detail:
            document["detail"] = detail
        if problems:
            document["errors"] = [
                {"code": problem.code, "field": problem.where, "message": problem.message}
                for problem in problems
            ]
        answer = flask.jsonify(document)
        answer.mimetype = "application/problem+json"
        return answer, status
    seen = {"status": status, "detail": detail, "problems": problems, "request_id": log.request_id()}
    return render_template("errors/error.html", **seen, back=_back()), status


def _is_program() -> bool:
    return request.path.startswith(_PROGRAMS)
