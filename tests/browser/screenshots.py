"""Pictures of every page in both themes and sizes: `python -m tests.browser.screenshots FOLDER`.

They show a fresh demo at one moment of one working day, so that they change when the pages do and not when
they are made. Nothing compares them: they are looked at.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.acceptance.installation import Installation
from tests.browsing import chromium, sign_in

MOMENT = datetime(2026, 3, 4, 19, 30, tzinfo=UTC)
"""A Wednesday, half past two in the afternoon where the claims are."""

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as somebody sees it; `first` is a link there that is followed, `press` keys pressed then,
    until there is what `shows` names."""

    path: str
    who: str | None = None
    first: str = ""
    press: tuple[str, ...] = ()
    shows: str = ""


PANEL = "#panel"
"""The task beside a list: a phone has no room for it."""

PICTURES: Mapping[str, Picture] = {
    "sign-in": Picture("/sign-in"),
    "inbox": Picture("/work/mine", "sven", press=("j",), shows=PANEL),
    "queue": Picture("/work/queue/claims.auto:adjuster", "cora", press=("j",), shows=PANEL),
    "task": Picture("/work/mine", "adam", first="a[data-row]"),
    "cases": Picture("/cases", "cora"),
    "case": Picture("/cases/CLM-2026-000006", "cora"),
    "board": Picture("/workload", "cora"),
    "reassign": Picture("/workload", "cora", press=("j", "x", "r"), shows="dialog[open]"),
    "incidents": Picture("/incidents", "cora"),
    "incident": Picture("/incidents", "cora", first="a[data-row]"),
    "notices": Picture("/notices", "cora"),
    "keys": Picture("/work/mine", "cora", press=("?",), shows="dialog[open]"),
    "palette": Picture("/work/mine", "cora", press=("Control+k",), shows="dialog[open]"),
    "settings": Picture("/settings", "cora"),
    "not-found": Picture("/cases/CLM-2026-999999", "cora"),
}


def main(folder: Path) -> int:
    """Make all of them anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="casewright-screenshots-") as home:
        house = Installation(Path(home))
        house.move_clock((MOMENT - datetime.now(UTC)).total_seconds())
        try:
            house.prepare()
            house.start("services", "web", "worker")
            with chromium() as browser:
                for theme in THEMES:
                    for size in SIZES:
                        _take(browser, house, folder, theme, size)
        finally:
            house.close()
    made = sorted(folder.glob("*.png"))
    megabytes = sum(file.stat().st_size for file in made) / 2**20
    sys.stdout.write(f"{len(made)} pictures in {folder}, {megabytes:.1f} MB\n")
    return 0


def _take(browser: Browser, house: Installation, folder: Path, theme: str, size: str) -> None:
    width, height = SIZES[size]
    pages: dict[str | None, Page] = {}
    for name, picture in PICTURES.items():
        if picture.who not in pages:
            context = browser.new_context(
                base_url=house.address,
                viewport={"width": width, "height": height},
                color_scheme="dark" if theme == "dark" else "light",
                reduced_motion="reduce",
            )
            pages[picture.who] = context.new_page()
            if picture.who is not None:
                sign_in(pages[picture.who], house.address, picture.who, house.password(picture.who))
        page = pages[picture.who]
        page.goto(picture.path)
        if picture.first:
            page.goto(str(page.get_attribute(picture.first, "href")))
        page.evaluate("document.fonts.ready.then(() => true)")
        for key in picture.press:
            page.keyboard.press(key)
            page.wait_for_load_state("networkidle")
        if picture.shows and (size == "desk" or picture.shows != PANEL):
            page.wait_for_selector(picture.shows)
        page.screenshot(path=folder / f"{name}-{theme}-{size}.png", animations="disabled")
    for page in pages.values():
        page.context.close()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
