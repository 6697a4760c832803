"""A case app as files: nothing leaves its root or passes a limit, and equal apps are equal bytes."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from cases.caseapp import archive
from cases.caseapp.archive import Limits
from cases.errors import Invalid

APP = {"app.toml": b"[app]", "forms/T1.json": b"{}"}


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return out.getvalue()


def codes(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_a_packed_app_is_unpacked_to_the_same_files_and_packed_to_the_same_bytes() -> None:
    packed = archive.pack(APP)
    assert archive.unpack(packed) == APP
    assert archive.pack(dict(reversed(APP.items()))) == packed


def test_one_folder_around_everything_is_taken_off() -> None:
    assert (
        archive.unpack(zipped(("loans-main/app.toml", b"[app]"), ("loans-main/forms/T1.json", b"{}"))) == APP
    )


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config.json").write_text("{}")
    (tmp_path / "app.toml").write_text("[app]")
    assert archive.folder(tmp_path) == {"app.toml": b"[app]"}
    assert archive.unpack(zipped((".DS_Store.json", b"{}"), ("app.toml", b"[app]"))) == {"app.toml": b"[app]"}


@pytest.mark.parametrize(
    "name",
    ["../app.toml", "/app.toml", "forms/../../app.toml", "C:app.toml", "forms//T1.json", "..\\app.toml"],
)
def test_a_name_that_leaves_the_root_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as error:
        archive.unpack(zipped(("app.toml", b"[app]"), (name, b"{}")))
    assert codes(error) == ["APP-PATH"]


def test_every_file_that_is_wrong_is_named() -> None:
    with pytest.raises(Invalid) as error:
        archive.unpack(zipped(("app.toml", b"[app]"), ("run.py", b"print()"), ("../up.json", b"{}")))
    assert {(problem.code, problem.file) for problem in error.value.problems} == {
        ("APP-FILE", "run.py"),
        ("APP-PATH", "../up.json"),
    }


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("app.toml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(link, "/etc/passwd")
    with pytest.raises(Invalid) as error:
        archive.unpack(out.getvalue())
    assert codes(error) == ["APP-LINK"]
    (tmp_path / "real.toml").write_text("[app]")
    (tmp_path / "app.toml").symlink_to(tmp_path / "real.toml")
    with pytest.raises(Invalid) as error:
        archive.folder(tmp_path)
    assert codes(error) == ["APP-LINK"]


def test_a_zip_that_unpacks_to_far_more_than_it_is_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(Invalid) as error:
        archive.unpack(zipped(("data.json", b"0" * 1_900_000)))
    assert codes(error) == ["APP-RATIO"]


@pytest.mark.parametrize(
    ("limits", "code"),
    [(Limits(files=1), "APP-FILES"), (Limits(size_each=3), "APP-SIZE"), (Limits(size=6), "APP-SIZE")],
)
def test_an_app_has_limits(limits: Limits, code: str) -> None:
    with pytest.raises(Invalid) as error:
        archive.unpack(archive.pack(APP), limits)
    assert code in codes(error)


def test_what_is_no_zip_and_what_is_empty_are_refused() -> None:
    for data, code in ((b"not a zip", "APP-ZIP"), (zipped(), "APP-EMPTY")):
        with pytest.raises(Invalid) as error:
            archive.unpack(data)
        assert codes(error) == [code]


def test_a_bare_model_is_an_app_of_one_file_and_another_file_is_none(tmp_path: Path) -> None:
    model = tmp_path / "loan.cmmn"
    model.write_bytes(b"<definitions/>")
    assert archive.folder(model) == {"loan.cmmn": b"<definitions/>"}
    with pytest.raises(Invalid) as error:
        archive.single("loan.txt", b"")
    assert codes(error) == ["APP-FILE"]
