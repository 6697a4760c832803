"""A case app as files: folder or zip -> {path: bytes}, and back; no path leaves the root."""

import io
import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cases.errors import Invalid, Problem

APP = "app.toml"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FOLDERS = ("forms", "intake", "scenarios", "data")
_ENDINGS = frozenset({".toml", ".cmmn", ".dmn", ".json", ".jsonl", ".yaml", ".yml", ".md", ".xml"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an app may hold."""

    files: int = 500
    size_each: int = 2_000_000
    size: int = 20_000_000
    ratio: int = 100


def folder(path: Path, limits: Limits = Limits()) -> dict[str, bytes]:
    """The files of a folder, or one bare `.cmmn`, by their path in it. Hidden files are left out.

    Raises Invalid for a link, a file of an ending that no app has, or what passes a limit.
    """
    if path.is_file():
        return single(path.name, path.read_bytes(), limits)
    gathering = _Gathering(limits)
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            continue
        if file.is_symlink():
            gathering.refuse("APP-LINK", "is a link; an app holds its files itself", name)
        elif file.is_file():
            gathering.add(name, file.stat().st_size, file.read_bytes)
    return gathering.result()


def unpack(data: bytes, limits: Limits = Limits()) -> dict[str, bytes]:
    """The files of a zip. One folder around everything is taken off.

    Raises Invalid for what is no zip, leaves the root, is a link or encrypted, unpacks to more than `ratio`
    times its size, or passes a limit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _unpacked(archive, limits)
    except zipfile.BadZipFile as error:
        raise Invalid([Problem("APP-ZIP", f"this is no zip that can be read: {error}")]) from None


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip; equal files give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.create_system = 3
            archive.writestr(info, files[name])
    return out.getvalue()


def single(name: str, data: bytes, limits: Limits = Limits()) -> dict[str, bytes]:
    """One bare model as an app of one file. Raises Invalid for another kind of file."""
    base = PurePosixPath(name).name
    if not base.endswith((".cmmn", ".cmmn.xml", ".dmn")):
        raise Invalid([Problem("APP-FILE", "a case app is a folder, a zip, or one .cmmn file", file=name)])
    gathering = _Gathering(limits)
    gathering.add(base, len(data), lambda: data)
    return gathering.result()


def _unpacked(archive: zipfile.ZipFile, limits: Limits) -> dict[str, bytes]:
    gathering = _Gathering(limits)
    infos = [info for info in archive.infolist() if not info.is_dir()]
    names = _without_outer_folder([info.filename.replace("\\", "/") for info in infos])
    for info, name in zip(infos, names, strict=True):
        if any(part.startswith(".") and part not in (".", "..") for part in name.split("/")):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            gathering.refuse("APP-LINK", "is a link; an app holds its files itself", name)
        elif info.flag_bits & 0x1:
            gathering.refuse("APP-ENCRYPTED", "is encrypted", name)
        elif info.file_size > limits.ratio * max(info.compress_size, 1024):
            gathering.refuse("APP-RATIO", f"unpacks to more than {limits.ratio} times its size", name)
        else:
            gathering.add(name, info.file_size, _reader(archive, info))
    return gathering.result()


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        with archive.open(info) as member:
            return member.read(info.file_size + 1)  # the header may lie about the size

    return read


def _without_outer_folder(names: list[str]) -> list[str]:
    outer = {name.split("/", 1)[0] for name in names}
    if len(outer) != 1 or any("/" not in name for name in names):
        return names
    only = outer.pop()
    if only in _FOLDERS or only in ("", ".", ".."):
        return names
    return [name.split("/", 1)[1] for name in names]


class _Gathering:
    """Files so far, and what is wrong with them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._files: dict[str, bytes] = {}
        self._problems: list[Problem] = []
        self._size = 0

    def refuse(self, code: str, message: str, name: str) -> None:
        """Note what is wrong with one file."""
        self._problems.append(Problem(code, message, file=name))

    def add(self, name: str, size: int, read: Callable[[], bytes]) -> None:
        """One more file, read only when its name and its announced size are good."""
        refusal = self._name_refused(name) or self._size_refused(size)
        if refusal is None:
            data = read()
            refusal = self._size_refused(len(data))
            self._size += len(data)
            self._files[name] = data
        if refusal is not None:
            self.refuse(*refusal, name)

    def result(self) -> dict[str, bytes]:
        """The files, by path. Raises Invalid."""
        if self._problems:
            raise Invalid(self._problems)
        if not self._files:
            raise Invalid([Problem("APP-EMPTY", "there is no file in it")])
        return dict(sorted(self._files.items()))

    def _name_refused(self, name: str) -> tuple[str, str] | None:
        parts = name.split("/")
        if name.startswith("/") or ":" in name or any(part in ("", ".", "..") for part in parts):
            return "APP-PATH", "leaves the folder of the app"
        if not name.isprintable() or len(name) > 200:
            return "APP-PATH", "is no plain file name"
        if name in self._files:
            return "APP-TWICE", "stands twice"
        if PurePosixPath(name).suffix not in _ENDINGS:
            return "APP-FILE", f"is of a kind that no app has ({', '.join(sorted(_ENDINGS))})"
        if len(self._files) >= self._limits.files:
            return "APP-FILES", f"is one file more than the {self._limits.files} that an app may hold"
        return None

    def _size_refused(self, size: int) -> tuple[str, str] | None:
        if size > self._limits.size_each:
            return "APP-SIZE", f"has more than {self._limits.size_each} bytes"
        if self._size + size > self._limits.size:
            return "APP-SIZE", f"is too much: an app may hold {self._limits.size} bytes"
        return None
