"""What goes over the wire: built files as the build compressed them, pages as gzip."""

import gzip
import io
import mimetypes
import os.path
import secrets
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from werkzeug.security import safe_join

_FOR_EVER = 31536000
"""Seconds: the names of built files change with what is in them."""

_TWINS = (("br", ".br"), ("gzip", ".gz"))
_TEXTS = frozenset({"text/html", "application/json", "application/problem+json"})
_WORTH_IT = 1_000
_LONGEST_NAME = 100


def init_app(app: Flask) -> None:
    """Serve static files by their compressed twins, and compress what is drawn for each request."""
    folder = Path(str(app.static_folder))

    def static(filename: str) -> Response:
        return _file(folder, filename)

    app.view_functions["static"] = static
    app.after_request(_compressed)


def _file(folder: Path, name: str) -> Response:
    """A file, or its twin in what the browser reads. Raises NotFound."""
    age = _FOR_EVER if name.startswith("dist/") else None
    for encoding, suffix in _TWINS:
        twin = safe_join(str(folder), name + suffix)
        if twin is not None and request.accept_encodings[encoding] > 0 and _is_file(twin):
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            answer = send_from_directory(folder, name + suffix, mimetype=kind, max_age=age)
            answer.headers["Content-Encoding"] = encoding
            answer.vary.add("Accept-Encoding")
            return answer
    answer = send_from_directory(folder, name, max_age=age)
    answer.vary.add("Accept-Encoding")
    return answer


def _is_file(path: str) -> bool:
    # A `Path` raises OSError for a name that is too long, before Python 3.13.
    return os.path.isfile(path)  # noqa: PTH113 - see above


def _compressed(answer: Response) -> Response:
    """The answer as gzip, where that is worth it and the reader takes it.

    A file name of random length in its head hides how well a guessed text was compressed beside a token
    of the page (BREACH).
    """
    if answer.mimetype not in _TEXTS or answer.direct_passthrough or "Content-Encoding" in answer.headers:
        return answer
    answer.vary.add("Accept-Encoding")
    body = answer.get_data()
    if len(body) < _WORTH_IT or request.accept_encodings["gzip"] <= 0:
        return answer
    packed = io.BytesIO()
    name = secrets.token_hex(_LONGEST_NAME)[: secrets.randbelow(_LONGEST_NAME) + 1]
    with gzip.GzipFile(filename=name, mode="wb", fileobj=packed, compresslevel=6, mtime=0) as file:
        file.write(body)
    answer.set_data(packed.getvalue())
    answer.headers["Content-Encoding"] = "gzip"
    tag, _ = answer.get_etag()
    if tag is not None:
        answer.set_etag(tag, weak=True)
    return answer
