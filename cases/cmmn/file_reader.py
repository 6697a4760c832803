"""The case file of a model, with what its items are and refer to (SPEC 5.1.4, 5.3.3) -> the metamodel."""

from collections.abc import Iterator
from dataclasses import replace

from cases import xmldoc
from cases.cmmn import extensions
from cases.cmmn.filemodel import FileItem, FileModel, Multiplicity
from cases.cmmn.reading import Reading
from cases.xmldoc import Element


def name_of(element: Element) -> str:
    """The name, or the id where there is none."""
    return str(element.get("name") or element.get("id") or "").strip()


def context(element: Element, file: FileModel, reading: Reading) -> tuple[str, ...] | None:
    """The path that `contextRef` names. Reports V-42."""
    reference = element.get("contextRef")
    if reference is None:
        return None
    item = file.by_id.get(str(reference))
    if item is None:
        reading.report("V-42", f"contextRef {reference} is not a case file item", element)
        return None
    return item.path


def file_model(case: Element, reading: Reading) -> FileModel:
    """The declared case file. Reports V-56 for two of one name side by side, V-06 for references."""
    holder = xmldoc.child(case, "caseFileModel")
    by_id: dict[str, FileItem] = {}
    found = () if holder is None else _file_items(holder, (), by_id, reading)
    references = {} if holder is None else dict(_references(holder, by_id, reading))
    if not any(references.values()):
        return FileModel(tuple(found), by_id)
    pointed = [_pointing(item, references) for item in found]
    return FileModel(tuple(pointed), {item.id: item for root in pointed for item in _below(root)})


def _file_items(
    holder: Element, above: tuple[str, ...], by_id: dict[str, FileItem], reading: Reading
) -> list[FileItem]:
    found: list[FileItem] = []
    names: set[str] = set()
    for element in xmldoc.children(holder, "caseFileItem"):
        extensions.check_attributes(element, reading.report)
        name, id_ = name_of(element), str(element.get("id") or "")
        if name in names:
            reading.report("V-56", f"two case file items are named {name} side by side", element)
        names.add(name)
        inner = xmldoc.child(element, "children")
        path = (*above, name)
        declared = reading.elements.get(str(element.get("definitionRef") or "").rpartition(":")[2])
        item = FileItem(
            id=id_,
            name=name,
            path=path,
            multiplicity=Multiplicity(str(element.get("multiplicity") or Multiplicity.UNSPECIFIED)),
            type=str(element.get("definitionRef") or ""),
            definition_type=str(declared.get("definitionType") or "") if declared is not None else "",
            structure=str(declared.get("structureRef") or "") if declared is not None else "",
            children=() if inner is None else tuple(_file_items(inner, path, by_id, reading)),
            visible_to=_visible(element),
            masked=extensions.is_true(element, "masked"),
        )
        by_id[id_] = item
        found.append(item)
    return found


def _visible(element: Element) -> frozenset[str] | None:
    names = extensions.names(element, "visible")
    return frozenset(names) if names else None


def _references(
    holder: Element, by_id: dict[str, FileItem], reading: Reading
) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """What `targetRefs` name, by the id of the item that refers. Reports V-05, V-06."""
    for element in holder.iter():
        if not isinstance(element.tag, str) or xmldoc.local_name(element) != "caseFileItem":
            continue
        id_, paths = str(element.get("id") or ""), []
        for reference in str(element.get("targetRefs") or "").split():
            target = by_id.get(reference)
            if target is not None:
                paths.append(target.path)
                continue
            is_known = reference in reading.lines
            reading.report(
                "V-06" if is_known else "V-05",
                f"targetRefs {reference} of case file item {id_}"
                f" {'is not a case file item' if is_known else 'does not exist'}",
                element,
            )
        yield id_, tuple(paths)


def _pointing(item: FileItem, references: dict[str, tuple[tuple[str, ...], ...]]) -> FileItem:
    children = tuple(_pointing(child, references) for child in item.children)
    return replace(item, targets=references.get(item.id, ()), children=children)


def _below(item: FileItem) -> Iterator[FileItem]:
    yield item
    for child in item.children:
        yield from _below(child)
