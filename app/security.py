"""What keeps a browser safe: headers, content policy, CSRF, sizes, hosts, and where a redirect may lead."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wsgi import get_host

from app.config import Environment, Settings
from app.errors import Refused

csrf = CSRFProtect()

MAX_BODY = 16 * 1024 * 1024
MAX_PARTS = 1_000
MAX_FIELD = 500_000

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

WITHOUT_COOKIE = frozenset({"messages"})
"""Blueprints whose callers prove themselves by a signature or token in the request, and never by a cookie."""

BY_ADDRESS = frozenset({"health.live", "health.ready", "telemetry.metrics"})
"""Doors for probes and scrapers, which know a process by its address alone. They name nobody."""

_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000; includeSubDomains"


class RowNumber(IntegerConverter):
    """A number in an address: one that no row can have is no address, before a store is asked for it."""

    largest = 2**63 - 1

    def __init__(self, map_: Map) -> None:
        super().__init__(map_, max=self.largest)


class Serial(RowNumber):
    """The number of a row that the database counts by itself, in four bytes."""

    largest = 2**31 - 1


def init_app(app: Flask, settings: Settings) -> None:
    """Set what Flask leaves open, and guard every request and answer."""
    is_demo = settings.env is Environment.DEMO
    app.secret_key = settings.secret_key
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_PARTS=MAX_PARTS,
        MAX_FORM_MEMORY_SIZE=MAX_FIELD,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SESSION_COOKIE_HTTPONLY=True,
        # On loopback there is no TLS, and a browser refuses `__Host-` and `Secure` without it.
        SESSION_COOKIE_NAME="casewright" if is_demo else "__Host-casewright",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not is_demo,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # a form may lie open for a day; its token ends with the session
        WTF_CSRF_SSL_STRICT=False,  # the origin is checked below, for http and https alike
    )
    app.url_map.converters.update({"int": RowNumber, "serial": Serial})
    csrf.init_app(app)
    hosts = _hosts(settings)

    @app.before_request
    def must_be_called_by_its_name() -> None:
        """Raise SecurityError where the host is not ours. Not by Flask's setting, which asks it of probes."""
        if request.endpoint not in BY_ADDRESS:
            get_host(request.environ, hosts)

    app.before_request(_must_be_text)
    app.before_request(_must_come_from_here)

    @app.after_request
    def harden(response: Response) -> Response:
        return _hardened(response, is_demo)


def safe_target(target: str | None, default: str) -> str:
    """Give back a path on this site that a redirect may lead to, or the default."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    # Browsers read a backslash as a slash, and drop control characters from addresses.
    if "\\" in target or any(ord(character) < 0x20 or ord(character) == 0x7F for character in target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else target


def _must_be_text() -> None:
    """Raise Refused for a NUL in an address or a form: no person types one, and PostgreSQL keeps none."""
    texts = [request.path, *(value for values in request.args.listvalues() for value in values)]
    if request.blueprint not in WITHOUT_COOKIE:
        texts += [value for values in request.form.listvalues() for value in values]
    if any("\x00" in text for text in texts):
        raise Refused("This holds a character that no text may hold. Nothing was changed.")


def _must_come_from_here() -> None:
    """Raise Refused for a write that carries a cookie but no token of ours, or comes from another site."""
    if request.method not in _WRITING or request.blueprint in WITHOUT_COOKIE:
        return
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        raise Refused("This form was sent from another site.")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(origin):
        raise Refused("This form was sent from another site.")
    csrf.protect()


def _is_ours(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:
        return False


def _hardened(response: Response, is_demo: bool) -> Response:  # noqa: FBT001 - a fact of the installation
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not is_demo:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("Cookie")
    return response


def _hosts(settings: Settings) -> list[str]:
    named = urlsplit(settings.public_url).hostname
    local = [] if settings.is_production else ["127.0.0.1", "localhost"]
    return [*local, *([named] if named else [])]
