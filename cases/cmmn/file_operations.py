"""What may be done to the case file, and the transitions that each operation raises (cmmn-semantics 6.1).

An operation that changes nothing raises nothing. All that one operation raises belongs to one wave.
"""

from collections.abc import Iterator, Mapping

from cases.cmmn import casefile
from cases.cmmn.agenda import Run
from cases.cmmn.casefile import NoSuchPath, Path
from cases.cmmn.commands import E_ARGUMENT, E_STATE, Refused
from cases.cmmn.events import FileTransitioned
from cases.cmmn.filemodel import FileItem, WriteMode
from cases.cmmn.lifecycle import FileTransition

Raised = tuple[Path, FileTransition, object]


def create(run: Run, path: Path, value: object) -> None:
    """A new item; on a collection one more element.

    Raises Refused where a single item is there already or its parent is not.
    """
    item = _declared(run, path)
    if item is not None and _is_collection(path, item):
        for element in value if isinstance(value, list) else [value]:
            where = (*path, casefile.place(_length(run, path)))
            _add(run, where, _shaped(element, item, where), item)
        return
    if casefile.holds(run.state.file.values, path):
        raise Refused(E_STATE, f"{casefile.written(path)} is there already")
    _add(run, path, _shaped(value, item, path), item)


def replace(run: Run, path: Path, value: object) -> None:
    """The whole content is replaced, an absent item created. Raises Refused where the path leads nowhere."""
    nearest = _nearest_item(run, path)
    if len(nearest) < len(path):
        _set_property(run, nearest, path, value)
        return
    if not casefile.holds(run.state.file.values, path):
        create(run, path, value)
        return
    item = _declared(run, path)
    old = casefile.read(run.state.file.values, path)
    _record(run, _replaced(path, old, _shaped(value, item, path), item))


def update(run: Run, path: Path, patch: object) -> None:
    """An object is merged into the item, anything else replaces its content.

    Raises Refused for an absent item.
    """
    nearest = _nearest_item(run, path)
    if not casefile.holds(run.state.file.values, nearest):
        raise Refused(E_STATE, f"there is no {casefile.written(path)}")
    if len(nearest) < len(path):
        old = casefile.read_or_null(run.state.file.values, path)
        is_merged = isinstance(old, Mapping) and isinstance(patch, Mapping)
        _set_property(run, nearest, path, {**old, **patch} if is_merged else patch)  # type: ignore[dict-item]
        return
    item = _declared(run, path)
    old = casefile.read(run.state.file.values, path)
    _record(run, _updated(path, old, _shaped(patch, item, path), item))


def append(run: Run, path: Path, value: object) -> None:
    """One more element of a list, which is made where there is none.

    Raises Refused where there is something else.
    """
    item = _declared(run, path)
    if item is not None and item.multiplicity.is_many:
        create(run, path, [value])
        return
    old = casefile.read_or_null(run.state.file.values, path)
    if not isinstance(old, list | None):
        raise Refused(E_STATE, f"{casefile.written(path)} is no list")
    replace(run, path, [*(old or ()), value])


def delete(run: Run, path: Path) -> None:
    """The item is discarded with all it contains. Raises Refused for an absent item."""
    if not casefile.holds(run.state.file.values, path):
        raise Refused(E_STATE, f"there is no {casefile.written(path)}")
    nearest = _nearest_item(run, path)
    if len(nearest) < len(path):
        kept = casefile.without(run.state.file.values, path)
        _record(run, [(nearest, FileTransition.UPDATE, casefile.read(kept, nearest))])
        return
    value = casefile.read(run.state.file.values, path)
    raised = list(_deleted(path, value, _declared(run, path)))
    if _parent_item(path):
        raised.append((_parent_item(path), FileTransition.REMOVE_CHILD, None))
    target = casefile.key(path)
    _record(run, raised)
    for source, targets in list(run.state.file.references.items()):
        if target in targets:
            _record(run, [(tuple(source.split(".")), FileTransition.REMOVE_REFERENCE, target)])


def add_reference(run: Run, path: Path, target: Path) -> None:
    """The item refers to another one. Raises Refused where one of them is absent."""
    for one in (path, target):
        if not casefile.holds(run.state.file.values, one):
            raise Refused(E_STATE, f"there is no {casefile.written(one)}")
    if casefile.key(target) not in run.state.file.references.get(casefile.key(path), ()):
        _record(run, [(path, FileTransition.ADD_REFERENCE, casefile.key(target))])


def remove_reference(run: Run, path: Path, target: Path) -> None:
    """The item no longer refers to the other one."""
    if casefile.key(target) in run.state.file.references.get(casefile.key(path), ()):
        _record(run, [(path, FileTransition.REMOVE_REFERENCE, casefile.key(target))])


def put(run: Run, path: Path, value: object, mode: WriteMode) -> None:
    """What work writes: create where there is nothing, else as the mode says (6.4). Raises Refused."""
    _make_parents(run, path)
    if mode is WriteMode.APPEND:
        if value is not None:
            append(run, path, value)
        return
    if mode is WriteMode.MERGE:
        set_variable(run, path, value)
        return
    if mode is WriteMode.UPDATE:
        if value is None:
            return
        old = casefile.read_or_null(run.state.file.values, path)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            update(run, path, value)
            return
    replace(run, path, value)


def set_variable(run: Run, path: Path, value: object) -> None:
    """Create, merge an object into an object, or replace (6.5). Raises Refused."""
    old = casefile.read_or_null(run.state.file.values, path)
    if isinstance(old, Mapping) and isinstance(value, Mapping):
        update(run, path, value)
    else:
        replace(run, path, value)


def _shaped(value: object, item: FileItem | None, path: Path) -> object:
    """The value with a list wherever the model declares a collection; one value is its only element."""
    if item is None:
        return value
    if _is_collection(path, item):
        return [_shaped(element, item, (*path, casefile.place(0))) for element in _elements(value)]
    if not isinstance(value, Mapping):
        return value
    inside = [child for child in item.children if child.name in value]
    return {**value, **{child.name: _shaped(value[child.name], child, child.path) for child in inside}}


def _add(run: Run, path: Path, value: object, item: FileItem | None) -> None:
    above = _parent_item(path)
    if above and not casefile.holds(run.state.file.values, above):
        raise Refused(E_STATE, f"there is no {casefile.written(above)}")
    raised = list(_created(path, value, item))
    if above:
        raised.append((above, FileTransition.ADD_CHILD, None))
    _record(run, raised)


def _make_parents(run: Run, path: Path) -> None:
    for length in range(1, len(path)):
        above = path[:length]
        is_absent = not casefile.holds(run.state.file.values, above)
        if is_absent and _declared(run, path) is not None:
            _add(run, above, {}, _declared(run, above))


def _set_property(run: Run, nearest: Path, path: Path, value: object) -> None:
    """A path below what the model declares is a property: its item is updated, or created with it."""
    values = run.state.file.values
    if casefile.holds(values, path) and casefile.same(casefile.read(values, path), value):
        return
    transition = FileTransition.UPDATE if casefile.holds(values, nearest) else FileTransition.CREATE
    try:
        item = casefile.read(casefile.with_value(values, path, value), nearest)
    except NoSuchPath:
        raise Refused(E_ARGUMENT, f"{casefile.written(path)} leads nowhere") from None
    _record(run, [(nearest, transition, item)])


def _record(run: Run, raised: Iterator[Raised] | list[Raised]) -> None:
    for path, transition, value in list(raised):
        try:
            run.record(FileTransitioned(run.seq(), run.wave, list(path), transition, value))
        except NoSuchPath:
            raise Refused(E_ARGUMENT, f"{casefile.written(path)} leads nowhere") from None
        run.changed.append(path)


def _created(path: Path, value: object, item: FileItem | None) -> Iterator[Raised]:
    yield path, FileTransition.CREATE, value
    for child, inner, content in _children(path, value, item):
        yield from _created(inner, content, child)


def _deleted(path: Path, value: object, item: FileItem | None) -> Iterator[Raised]:
    for child, inner, content in reversed(list(_children(path, value, item))):
        yield from _deleted(inner, content, child)
    yield path, FileTransition.DELETE, None


def _replaced(path: Path, old: object, new: object, item: FileItem | None) -> Iterator[Raised]:
    if casefile.same(old, new):
        return
    had = {inner: (child, content) for child, inner, content in _children(path, old, item)}
    has = {inner: (child, content) for child, inner, content in _children(path, new, item)}
    vanished, born = [one for one in had if one not in has], [one for one in has if one not in had]
    for inner in reversed(vanished):
        yield from _deleted(inner, had[inner][1], had[inner][0])
    for inner in born:
        yield from _created(inner, has[inner][1], has[inner][0])
    for inner, (child, content) in has.items():
        if inner in had:
            yield from _replaced(inner, had[inner][1], content, child)
    yield path, FileTransition.REPLACE, new
    container = _parent_item(path) if _is_collection(path, item) else path
    if container:
        yield from [(container, FileTransition.ADD_CHILD, None)] * len(born)
        yield from [(container, FileTransition.REMOVE_CHILD, None)] * len(vanished)


def _updated(path: Path, old: object, patch: object, item: FileItem | None) -> Iterator[Raised]:
    if item is not None and _is_collection(path, item):
        yield from _changed_child(path, old, patch, item)
        return
    if not (isinstance(old, Mapping) and isinstance(patch, Mapping)):
        if not casefile.same(old, patch):
            yield path, FileTransition.UPDATE, patch
        return
    children = {child.name: child for child in (item.children if item is not None else ())}
    merged = {**old, **patch}
    for name, child in children.items():
        if name in patch and name in old:
            merged[name] = _merged(old[name], patch[name])
            yield from _changed_child((*path, name), old[name], patch[name], child)
        elif name in patch:
            for element, where, content in _children(path, {name: patch[name]}, item):
                yield from _created(where, content, element)
            yield path, FileTransition.ADD_CHILD, None
    own = [name for name in patch if name not in children]
    if any(name not in old or not casefile.same(old[name], patch[name]) for name in own):
        yield path, FileTransition.UPDATE, merged


def _changed_child(path: Path, old: object, new: object, child: FileItem) -> Iterator[Raised]:
    if not child.multiplicity.is_many:
        yield from _updated(path, old, new, child)
        return
    before, after = _elements(old), _elements(new)
    for position in reversed(range(len(after), len(before))):
        yield from _deleted((*path, casefile.place(position)), before[position], child)
    for position, element in enumerate(after):
        where = (*path, casefile.place(position))
        if position < len(before):
            yield from _updated(where, before[position], element, child)
        else:
            yield from _created(where, element, child)


def _merged(old: object, patch: object) -> object:
    if isinstance(old, Mapping) and isinstance(patch, Mapping):
        return {**old, **{name: _merged(old.get(name), value) for name, value in patch.items()}}
    return patch


def _children(path: Path, value: object, item: FileItem | None) -> Iterator[tuple[FileItem, Path, object]]:
    """The declared children that a value holds, elements of collections one by one.

    A collection itself holds its elements.
    """
    if item is not None and _is_collection(path, item):
        for position, element in enumerate(_elements(value)):
            yield item, (*path, casefile.place(position)), element
        return
    if item is None or not isinstance(value, Mapping):
        return
    for child in item.children:
        if child.name not in value:
            continue
        inner = (*path, child.name)
        if child.multiplicity.is_many:
            for position, element in enumerate(_elements(value[child.name])):
                yield child, (*inner, casefile.place(position)), element
        else:
            yield child, inner, value[child.name]


def _is_collection(path: Path, item: FileItem | None) -> bool:
    """Whether the path leads to a whole collection, not to one of its elements."""
    return item is not None and item.multiplicity.is_many and not path[-1].startswith("[")


def _elements(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _declared(run: Run, path: Path) -> FileItem | None:
    return run.wiring.file_items.get(casefile.names_of(path))


def _nearest_item(run: Run, path: Path) -> Path:
    """The longest beginning of the path that is an item: a root, or one that the model declares."""
    if not path or path[0].startswith("["):
        raise Refused(E_ARGUMENT, "a path begins with the name of an item")
    for length in range(len(path), 1, -1):
        if casefile.names_of(path[:length]) in run.wiring.file_items:
            return path[:length]
    return path[:1]


def _parent_item(path: Path) -> Path:
    """The item that contains this one, empty for a root item."""
    return path[:-2] if path[-1].startswith("[") else path[:-1]


def _length(run: Run, path: Path) -> int:
    held = casefile.read_or_null(run.state.file.values, path)
    return len(held) if isinstance(held, list) else 0
