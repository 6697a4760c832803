"""How it looks and goes out, in one place: words, dates, icons, built files, the menu."""

from flask import Flask

from app.presentation import (
    assets,
    case_words,
    filters,
    item_words,
    language,
    navigation,
    notice_words,
    plan_words,
    sentences,
    wire,
)


def init_app(app: Flask) -> None:
    """Give the templates their words and helpers."""
    language.init_app(app)
    assets.init_app(app)
    filters.init_app(app)
    sentences.init_app(app)
    plan_words.init_app(app)
    case_words.init_app(app)
    item_words.init_app(app)
    notice_words.init_app(app)
    navigation.init_app(app)
    wire.init_app(app)
