"""Templates: a folder for each place, of the same name; what is included begins with an underscore."""

import re
from pathlib import Path

from tests.architecture.contracts import ROOT

TEMPLATES = ROOT / "templates"
NOT_OF_A_PLACE = {"macros", "auth", "errors", "email", "evidence"}
INCLUDED = re.compile(r"{%-?\s*include\s+['\"]([^'\"]+)['\"]")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\son\w+=|\bhx-on|javascript:", re.IGNORECASE)


def test_a_folder_of_templates_belongs_to_a_place() -> None:
    places = {file.stem for file in (ROOT / "app" / "web").glob("*.py")}
    folders = {folder.name for folder in TEMPLATES.iterdir() if folder.is_dir() and any(folder.iterdir())}
    assert folders - places - NOT_OF_A_PLACE == set()


def test_a_page_of_a_place_is_drawn_from_its_own_folder() -> None:
    drawn = re.compile(r"render_template\(\s*['\"]([^'\"]+)['\"]")
    astray = [
        f"{file.name}: {name}"
        for file in (ROOT / "app" / "web").glob("*.py")
        for name in drawn.findall(file.read_text())
        if not name.startswith((f"{file.stem}/", "errors/"))
    ]
    assert astray == []


def test_every_template_that_is_named_exists() -> None:
    named = re.compile(
        r"(?:render_template\(\s*|{%-?\s*(?:extends|include|import|from)\s+)['\"]([^'\"]+)['\"]"
    )
    sources = [
        *TEMPLATES.rglob("*.html"),
        *(ROOT / "app").glob("*.py"),
        *(ROOT / "app" / "web").rglob("*.py"),
    ]
    missing = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sources
        for name in named.findall(file.read_text())
        if not (TEMPLATES / name).is_file()
    ]
    assert missing == []


def test_what_is_included_begins_with_an_underscore() -> None:
    names = (name for file in TEMPLATES.rglob("*.html") for name in INCLUDED.findall(file.read_text()))
    assert [name for name in names if not Path(name).name.startswith("_")] == []


def test_no_template_holds_a_script_or_a_style_of_its_own() -> None:
    """The content security policy would refuse it."""
    assert [
        str(file.relative_to(ROOT)) for file in TEMPLATES.rglob("*.html") if INLINE.search(file.read_text())
    ] == []
