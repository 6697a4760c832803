"""The language and time zone of a reader. Every word comes through `gettext`; English is the key."""

from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request

_FOLDER = Path(__file__).resolve().parents[1] / "translations"
_DOMAIN = "messages"
_FALLBACK = "en"


def init_app(app: Flask) -> None:
    """Put `_`, `gettext` and `ngettext` into the templates, each escaping what it is given.

    They are for words that stand in a template: their text is markup, and its `%` are places. A message that
    comes from elsewhere goes through the filter `translated`, which takes it as it is, to be escaped.
    """
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters["translated"] = gettext
    app.context_processor(lambda: {"locale": locale()})


def gettext(text: str) -> str:
    """The text in the reader's language."""
    return str(_catalogue().ugettext(text))


def ngettext(singular: str, plural: str, number: int) -> str:
    """The text for this number of things, in the reader's language."""
    return str(_catalogue().ungettext(singular, plural, number))


def locale() -> Locale:
    """What the reader's browser asks for, as far as we have it; English otherwise."""
    if not has_request_context():
        return Locale.parse(_FALLBACK)
    if "locale" not in g:
        wanted = request.accept_languages.best_match(languages(), default=_FALLBACK)
        g.locale = Locale.parse(wanted or _FALLBACK, sep="-")
    kept: Locale = g.locale
    return kept


def languages() -> list[str]:
    """The languages that there is a catalogue of, English first."""
    found = [
        folder.name.replace("_", "-") for folder in _FOLDER.glob("*") if (folder / "LC_MESSAGES").is_dir()
    ]
    return [_FALLBACK, *sorted(found)]


def zone() -> ZoneInfo:
    """The zone in which times are shown: that of the case app at hand, which a page puts into `g.zone`."""
    name = g.get("zone", "UTC") if has_request_context() else "UTC"
    return ZoneInfo(name)


def _catalogue() -> NullTranslations:
    if not has_request_context():
        return NullTranslations()
    if "catalogue" not in g:
        g.catalogue = Translations.load(_FOLDER, [locale()], _DOMAIN)
    kept: NullTranslations = g.catalogue
    return kept
