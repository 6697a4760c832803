"""A draft as it lies with its task."""

from datetime import UTC, datetime

from cases.persistence import codec, drafts
from cases.persistence.drafts import Draft


def test_a_draft_comes_back_with_who_kept_it_and_when() -> None:
    draft = Draft({"notes": "Half", "by": "a field of this name"}, 7, datetime(2026, 3, 2, 9, tzinfo=UTC))
    assert drafts.unpack(drafts.pack(draft)) == draft


def test_a_draft_of_an_older_version_has_its_answers_and_no_name() -> None:
    assert drafts.unpack(codec.pack({"notes": "Half"})) == Draft({"notes": "Half"})


def test_where_there_is_none_it_is_empty() -> None:
    assert drafts.unpack(None) == Draft()
