"""Compiled cases -> a document made anew: all that the standard and our own namespace have words for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cases import xmldoc
from cases.cmmn import diagram_writer
from cases.cmmn.controlmodel import FileOnPart, IfPart, OnPart, RepetitionRule, Rule
from cases.cmmn.definition_writer import MODEL, Draft, element, house, parameters
from cases.cmmn.expression_reader import FEEL
from cases.cmmn.extensions import HOUSE
from cases.cmmn.filemodel import FileItem, FileModel, Multiplicity
from cases.cmmn.item_writer import ItemWriter
from cases.cmmn.metamodel import CaseDefinition, Stage, TimerEventListener
from cases.cmmn.workmodel import ProcessTask
from cases.xmldoc import Element

_UNNAMED = "https://casewright.org/models"
_HEAD = ("id", "name", "targetNamespace", "author", "creationDate")


def document(cases: Iterable[CaseDefinition], attributes: Mapping[str, str]) -> Element:
    """The root of a document that holds these cases, as `declared` made them.

    `attributes` are those of the root. Raises Invalid for texts that XML cannot hold.
    """
    root = xmldoc.new(f"{{{MODEL}}}definitions", {None: MODEL, "cw": HOUSE})
    root.set("targetNamespace", _UNNAMED)
    for name in _HEAD:
        if attributes.get(name):
            root.set(name, attributes[name])
    root.set("expressionLanguage", FEEL)
    drafts: list[Draft] = []
    taken = {attributes["id"]} if attributes.get("id") else set()
    held = list(cases)
    _file_definitions(root, held, taken)
    for case in held:
        draft = Draft(case, taken)
        _case(root, draft)
        drafts.append(draft)
    for draft in drafts:
        _processes(root, draft)
    diagram_writer.copy(root, [case.sketch for case in held if case.sketch is not None])
    return root


def declared(case: CaseDefinition) -> CaseDefinition:
    """The case with a declared item for each path that a reference of the standard must be able to name."""
    file = case.file
    for path in _referred(case):
        file = with_path(file, path)
    return case if file is case.file else replace(case, file=file)


def with_path(file: FileModel, path: Sequence[str]) -> FileModel:
    """The case file with an item of no special kind at this path, and at all above it."""
    roots = _with_path(file.roots, tuple(path), (), set(file.by_id))
    return file if roots is file.roots else FileModel(roots, _by_id(roots))


def _with_path(
    items: tuple[FileItem, ...], path: tuple[str, ...], above: tuple[str, ...], ids: set[str]
) -> tuple[FileItem, ...]:
    if not path:
        return items
    here = (*above, path[0])
    for place, item in enumerate(items):
        if item.name == path[0]:
            children = _with_path(item.children, path[1:], here, ids)
            if children is item.children:
                return items
            return (*items[:place], replace(item, children=children), *items[place + 1 :])
    id_ = "file." + ".".join(here)
    while id_ in ids:
        id_ += "_"
    return (*items, FileItem(id_, path[0], here, children=_with_path((), path[1:], here, {*ids, id_})))


def _by_id(items: Iterable[FileItem]) -> dict[str, FileItem]:
    found: dict[str, FileItem] = {}
    for item in items:
        found |= _by_id(item.children)
        found[item.id] = item
    return found


def _referred(case: CaseDefinition) -> list[tuple[str, ...]]:
    """The paths that on-parts, contexts and parameters name."""
    parts: list[OnPart | None] = [part for one in case.criteria for part in one.sentry.on_parts]
    rules: list[Rule | RepetitionRule | IfPart | None] = [one.sentry.if_part for one in case.criteria]
    bound = [*case.inputs, *case.outputs]
    for item in case.items:
        rules += [item.required, item.repetition, item.manual]
        if isinstance(item.definition, TimerEventListener):
            parts.append(item.definition.start_trigger)
        if not isinstance(item.definition, Stage):
            own = item.definition.work.parameters
            bound += [*own.inputs, *own.outputs]
    rules += [rule for offer in case.discretionary for rule in offer.rules]
    paths = [part.path for part in parts if isinstance(part, FileOnPart)]
    paths += [rule.context for rule in rules if rule is not None and rule.context is not None]
    paths += [one.path for one in bound if one.path is not None]
    paths += [path for item in case.file.by_id.values() for path in item.targets]
    return list(dict.fromkeys(paths))


def _case(root: Element, draft: Draft) -> None:
    case = draft.case
    title = None if case.title is None else case.title.text.strip()
    name = "" if case.name == case.id else case.name
    written = element(root, "case", {"id": draft.free(case.id), "name": name} | house(title=title))
    if case.documentation:
        element(written, "documentation", text=case.documentation)
    if case.file.roots:
        _items(element(written, "caseFileModel"), case.file.roots, draft)
    ItemWriter(draft).plan(written)
    if case.roles:
        roles = element(written, "caseRoles")
        for role in case.roles:
            element(roles, "role", {"id": draft.free(role.id), "name": role.name})
    parameters(written, "input", case.inputs, draft)
    parameters(written, "output", case.outputs, draft)


def _items(parent: Element, items: Iterable[FileItem], draft: Draft) -> None:
    for item in items:
        many = "" if item.multiplicity is Multiplicity.UNSPECIFIED else str(item.multiplicity)
        attributes = {
            "id": draft.free(item.id),
            "name": "" if item.name == item.id else item.name,
            "multiplicity": many,
            "definitionRef": item.type,
            "targetRefs": " ".join(draft.file_item(path) for path in item.targets),
        }
        visible = None if item.visible_to is None else " ".join(sorted(item.visible_to))
        own = house(visible=visible, masked="true" if item.masked else None)
        written = element(parent, "caseFileItem", attributes | own)
        if item.children:
            _items(element(written, "children"), item.children, draft)


def _file_definitions(root: Element, cases: Iterable[CaseDefinition], taken: set[str]) -> None:
    """What case file items are, each once for the whole document."""
    for case in cases:
        for item in case.file.by_id.values():
            if item.type and item.type not in taken:
                taken.add(item.type)
                kinds = {"definitionType": item.definition_type, "structureRef": item.structure}
                element(root, "caseFileItemDefinition", {"id": item.type} | kinds)


def _processes(root: Element, draft: Draft) -> None:
    """The processes that are called by another name where they live."""
    for item in draft.case.items:
        task = item.definition
        if isinstance(task, ProcessTask) and task.external and task.process.text not in draft.taken:
            id_ = draft.free(task.process.text)
            element(root, "process", {"id": id_, "externalRef": task.external})
