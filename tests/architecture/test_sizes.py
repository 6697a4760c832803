"""A file is one room: none is a hall, and one that is large says why."""

import re

from tests.architecture.contracts import PACKAGES, ROOT
from tests.architecture.sources import beside, product

LARGE = 300
TOO_LARGE = 500


def test_no_file_is_too_large() -> None:
    assert [f"{each.path}: {each.lines}" for each in (*product(), *beside()) if each.lines > TOO_LARGE] == []


def test_a_large_file_has_its_line_in_the_readme_of_its_package() -> None:
    silent = [
        f"{each.path}: {each.lines}" for each in product() if each.lines > LARGE and not explained(each.path)
    ]
    assert silent == [], f"over {LARGE} lines; say why in the table `Large files` of the package's README"


def test_no_line_excuses_a_file_that_is_not_large() -> None:
    large = {each.path for each in product() if each.lines > LARGE}
    for package in PACKAGES:
        excused = {
            f"{package}/{name}"
            for name in re.findall(r"^\| `([\w/]+\.py)` \|", readme(package), re.MULTILINE)
        }
        assert excused - large == set()


def explained(path: str) -> bool:
    package, _, name = path.partition("/")
    return f"| `{name}` |" in readme(package)


def readme(package: str) -> str:
    """The part of a package's README that excuses large files."""
    text = (ROOT / package / "README.md").read_text()
    return text.partition("## Large files")[2].partition("\n## ")[0]
