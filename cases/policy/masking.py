"""Which part of a case file a set of roles sees: whole, as its last four characters, or not at all.

The rules are the model's (`cw:visible`, `cw:masked`) and its forms' (`readable_by`). They hold wherever data
leaves: pages, search, history, exports, mail and interfaces, and for texts and traces that were made of it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cases.cmmn.filemodel import FileItem
from cases.cmmn.metamodel import CaseDefinition, PlanItem, UserEventListener
from cases.cmmn.workmodel import HumanTask

Path = tuple[str, ...]
"""The names from a root item down. Positions in lists are no part of it: a list is hidden as a whole."""

Readers = Mapping[str, Mapping[str, frozenset[str]]]
"""By form, the fields that not everybody may read, with the roles that may."""

DOTS = "••••"
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Masking:
    """Of each item that not everybody sees: the roles that do. Of those in `masked` others see a trace."""

    rules: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    masked: frozenset[Path] = frozenset()

    def visible(self, roles: Collection[str]) -> Callable[[Path], bool]:
        """A test of paths: whether these roles see what stands there. Of its parts it says nothing."""
        hidden = hidden_items(self, roles)
        return lambda path: not any(path[:length] in hidden for length in range(1, len(path) + 1))


def of(roots: Iterable[FileItem]) -> Masking:
    """The masking that the declarations of a case file ask for.

    A masked item without roles is masked for all.
    """
    rules: dict[Path, frozenset[str]] = {}
    masked: set[Path] = set()
    for item in _all(roots):
        if item.visible_to is not None or item.masked:
            rules[item.path] = item.visible_to or frozenset()
        if item.masked:
            masked.add(item.path)
    return Masking(rules, frozenset(masked))


def of_case(definition: CaseDefinition, readers: Readers) -> Masking:
    """The masking of a case: of its file, and of the answers to fields that not everybody may read.

    Where two rules speak of one place, only who fits both sees it.
    """
    declared = of(definition.file.roots)
    rules = dict(declared.rules)
    for path, seers in _answers(definition.items, readers):
        rules[path] = rules.get(path, seers) & seers
    return Masking(rules, declared.masked)


def shows_item(masking: Masking, roles: Collection[str], definition: CaseDefinition, item: PlanItem) -> bool:
    """Whether these roles see a plan item: neither it nor a stage around it answers into something hidden."""
    sees = masking.visible(roles)
    while sees((item.answer_to,)):
        if item.stage < 0:
            return True
        item = definition.items[item.stage]
    return False


def hidden_items(masking: Masking, roles: Collection[str]) -> frozenset[Path]:
    """The items that none of these roles sees, those that are masked among them."""
    held = frozenset(roles)
    return frozenset(path for path, seers in masking.rules.items() if held.isdisjoint(seers))


def mask_file(data: Mapping[str, object], masking: Masking, roles: Collection[str]) -> dict[str, object]:
    """The data without what these roles do not see: absent, not null. What is masked is there, in dots."""
    hidden = hidden_items(masking, roles)
    if not hidden:
        return dict(data)
    return dict(_shown(data, (), hidden, masking.masked))


def may_show(paths: Iterable[Path], masking: Masking, roles: Collection[str]) -> bool:
    """Whether a text, a trace or a value made of what stands at these paths may be shown to these roles.

    It may not where one of them, something around it, or a part of it is hidden or masked.
    """
    hidden = hidden_items(masking, roles)
    return not any(_meet(path, one) for path in paths for one in hidden)


def last_four(value: object) -> object:
    """That there is something, and of a text longer than four characters the last four."""
    match value:
        case None:
            return None
        case str():
            return DOTS + value[-_SHOWN:] if len(value) > _SHOWN else DOTS
        case Mapping():
            return {name: last_four(part) for name, part in value.items()}
        case list() | tuple():
            return [last_four(part) for part in value]
        case _:
            return DOTS


def _shown(
    data: Mapping[str, object], above: Path, hidden: frozenset[Path], masked: frozenset[Path]
) -> Iterator[tuple[str, object]]:
    for name, value in data.items():
        path = (*above, name)
        if path not in hidden:
            yield name, _inside(value, path, hidden, masked)
        elif path in masked:
            yield name, last_four(value)


def _inside(value: object, path: Path, hidden: frozenset[Path], masked: frozenset[Path]) -> object:
    match value:
        case Mapping():
            return dict(_shown(value, path, hidden, masked))
        case list() | tuple():
            return [_inside(part, path, hidden, masked) for part in value]
        case _:
            return value


def _answers(items: Iterable[PlanItem], readers: Readers) -> Iterator[tuple[Path, frozenset[str]]]:
    for item in items:
        form = item.definition.form if isinstance(item.definition, HumanTask | UserEventListener) else None
        for field_key, seers in readers.get(form or "", {}).items():
            yield (item.answer_to, field_key), seers


def _meet(one: Path, other: Path) -> bool:
    """Whether one path leads to, into or through the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _all(items: Iterable[FileItem]) -> Iterator[FileItem]:
    for item in items:
        yield item
        yield from _all(item.children)
