"""Every word of a page comes out of a catalogue: what stands in a template beside the tags is no word."""

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.functional.app.conftest import Office

TEMPLATES = Path(__file__).parents[4] / "templates"
NAMES = {"Casewright", "Enter", "Ctrl"}
"""Proper names, and the letters on keys."""

_CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
_SPOKEN = re.compile(r"""\b(?:aria-label|title|placeholder|alt)=["']([^"']*)["']""")
_KEYS = re.compile(r'<span class="kbd[^>]*>.*?</span>', re.S)
_TAG = re.compile(r"<[^>]*>", re.S)
_NOT_QUOTED = re.compile(r"""\b(?:_|n?gettext)\(\s*[^"'\s]""")
_WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.html")), ids=lambda file: file.name)
def test_no_template_speaks_by_itself(file: Path) -> None:
    bare = _CODE.sub("", file.read_text())
    spoken = " ".join(_SPOKEN.findall(bare))
    written = _TAG.sub(" ", _KEYS.sub(" ", bare))
    assert set(_WORD.findall(f"{written} {spoken}")) <= NAMES


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.html")), ids=lambda file: file.name)
def test_only_words_of_a_template_are_markup_and_formatted(file: Path) -> None:
    assert not _NOT_QUOTED.findall(file.read_text()), "What a variable says goes through `|translated`."


def test_a_message_is_shown_as_it_is_whatever_it_says(app: Flask) -> None:
    drawn = app.jinja_env.from_string("{{ message|translated }}").render(message="At most 50%. <b>%(x)s")
    assert drawn == "At most 50%. &lt;b&gt;%(x)s"
    assert _NOT_QUOTED.findall("{{ _(message) }} {{ _( one.message ) }} {{ ngettext(a, b, 1) }}")


def test_a_text_outside_of_the_catalogue_would_be_found() -> None:
    assert _WORD.findall(_TAG.sub(" ", _CODE.sub("", "<p>{{ _('fine') }} Forgotten</p>"))) == ["Forgotten"]


def test_numbers_and_times_are_written_as_the_reader_does(office: Office) -> None:
    turn = office.triaged()
    page = office.browser("adam").get(f"/cases/{turn.business_key}", **{"Accept-Language": "xx, de;q=0.5"})
    assert page.tree.get("lang") == "en"
