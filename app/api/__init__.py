"""For programs: messages in. Their callers prove themselves by a signature or a token, never by a cookie."""

from flask import Flask

from app.api import messages


def init_app(app: Flask) -> None:
    """Open the doors for programs."""
    app.register_blueprint(messages.messages)
