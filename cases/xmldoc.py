"""The one XML parser, hardened: DOCTYPE and entities are refused.

Size, depth, elements and attributes are counted.

Schemas are validated here as well, from documents that are handed in; nothing is ever fetched. Whoever
reads XML works with `Element` and the helpers of this file, and imports no parser.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import basename
from typing import Any, TypeAlias

from lxml import etree

from cases.errors import Invalid, Problem

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no other name for its elements

_PREFIX = "bundled:///"
_SMALLEST = len("<a/>")
"""The fewest bytes of an element: a document without room for too many of them need not be counted first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be. The defaults hold every model that a person drew.

    `text` bounds one attribute, and the text of one element.
    """

    size: int = 2_000_000
    depth: int = 100
    elements: int = 50_000
    attributes: int = 250_000
    attributes_each: int = 100
    text: int = 200_000


def parse(data: bytes, *, source: str = "", limits: Limits = Limits()) -> Element:
    """The root element of a document, without its comments and processing instructions.

    `source` is the name of the file, for messages. Raises `Invalid`, with the line, for what is not
    well-formed, has a DOCTYPE or an entity of its own, or passes a limit.
    """
    if len(data) > limits.size:
        raise _invalid(
            "XML-SIZE", f"the document has {len(data)} bytes; at most {limits.size} are read", None, source
        )
    if len(data) > limits.elements * _SMALLEST:
        _count_before(data, limits, source)
    try:
        root = etree.fromstring(data, _hardened())
    except etree.XMLSyntaxError as error:
        raise _invalid("XML-SYNTAX", str(error.msg).partition(", line ")[0], error.lineno, source) from None
    except ValueError as error:
        raise _invalid("XML-SYNTAX", str(error), None, source) from None
    if root is None:
        raise _invalid("XML-SYNTAX", "the document is empty", 1, source)
    _refuse_doctype(root, source)
    _count(root, limits, source)
    return root


def validator(main: str, documents: Mapping[str, bytes]) -> Callable[[Element], list[Problem]]:
    """A check against the schema `documents[main]`; what it imports is found among `documents`, by file name.

    Raises `Invalid` when the schema itself is not usable, or imports what is not among the documents.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_Bundled(documents))
    try:
        document = etree.fromstring(documents[main], parser, base_url=_PREFIX + main)
        schema = etree.XMLSchema(document)
    except (KeyError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise _invalid("XML-SCHEMA", f"the schema {main} cannot be used: {error}", None, main) from None

    def check(element: Element) -> list[Problem]:
        if schema.validate(element):
            return []
        own = etree.XMLSchema(document)  # threads share `schema`, and a schema has one log of errors
        own.validate(element)
        log: Any = own.error_log  # iterable, though the stubs do not say so
        return [Problem("XML-INVALID", entry.message, line=entry.line) for entry in log]

    return check


def tostring(element: Element) -> bytes:
    """The element as a document of its own, UTF-8, with its declaration."""
    text: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return text


def unchanged(element: Element) -> bytes:
    """The element as a document of its own, UTF-8, with all white space as it was."""
    text: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=True)
    return text


def arranged(element: Element, is_kept: Callable[[Element], bool]) -> bytes:
    """The element as a document of its own, UTF-8, an element a line.

    Within those that are kept no white space is touched. Arranged again, a document stays as it is.
    """
    _arrange(element, is_kept, "\n")
    element.tail = None
    return unchanged(element) + b"\n"


def forget_unused_namespaces(element: Element, kept: Iterable[str] = ()) -> None:
    """Takes away the declarations of namespaces that no name uses, but those with a kept prefix."""
    etree.cleanup_namespaces(element, keep_ns_prefixes=list(kept))


def new(tag: str, namespaces: Mapping[str | None, str] | None = None) -> Element:
    """A new root element; `tag` in Clark notation (`{namespace}name`).

    `namespaces` from prefix to namespace.
    """
    nsmap: Any = dict(namespaces) if namespaces else None  # the stubs want a dictionary of their own alias
    return etree.Element(tag, nsmap=nsmap)


def add(
    parent: Element,
    tag: str,
    attributes: Mapping[str, str] | None = None,
    text: str | None = None,
    namespaces: Mapping[str | None, str] | None = None,
) -> Element:
    """A new last child of `parent`; `namespaces` are declared on it.

    Raises `Invalid`, with XML-SIGN, for a text with signs that no XML document may hold.
    """
    nsmap: Any = dict(namespaces) if namespaces else None
    child = etree.SubElement(parent, tag, nsmap=nsmap)
    try:
        for name, value in (attributes or {}).items():
            child.set(name, value)
        child.text = text
    except ValueError:
        held = f"{local_name(child)} {child.get('id') or ''}".strip()
        message = f"a text of {held} holds control characters, which XML has no way to write"
        raise Invalid([Problem("XML-SIGN", message, str(child.get("id") or ""))]) from None
    return child


def local_name(element: Element) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Element) -> str:
    """The namespace of the tag, or an empty text."""
    return str(element.tag)[1:].partition("}")[0] if str(element.tag).startswith("{") else ""


def line(element: Element) -> int | None:
    """The line on which the element begins; unknown for an element that was made, not read."""
    found: Any = element.sourceline  # the stubs leave the type open
    return int(found) if found is not None else None


def children(element: Element, *names: str) -> Iterator[Element]:
    """The child elements, or those with one of these local names, in document order."""
    if not names:
        return element.iterchildren(tag=etree.Element)
    return element.iterchildren(*(f"{{*}}{name}" for name in names))


def within(element: Element, *names: str) -> Iterator[Element]:
    """The element and all below it with one of these local names, in document order."""
    return element.iter(*(f"{{*}}{name}" for name in names))


def child(element: Element, *names: str) -> Element | None:
    """The first child element with one of these local names."""
    return next(children(element, *names), None)


def text(element: Element | None) -> str:
    """The text of an element, stripped; empty for none."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def _arrange(element: Element, is_kept: Callable[[Element], bool], margin: str) -> None:
    if is_kept(element):
        return
    held = list(element)
    element.text = f"{margin}  " if held else None
    for child in held:
        _arrange(child, is_kept, f"{margin}  ")
        child.tail = margin if child is held[-1] else f"{margin}  "


def _hardened() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )


def _count_before(data: bytes, limits: Limits, source: str) -> None:
    """Counts while the document is read, and keeps nothing: a tree of too many elements is never built."""
    counter = _Counter(limits, source)
    parser = etree.XMLParser(
        target=counter, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return  # whoever builds the tree says where


def _refuse_doctype(root: Element, source: str) -> None:
    information: Any = root.getroottree().docinfo  # the stubs do not know `doctype`
    if information.doctype or information.internalDTD is not None:
        raise _invalid("XML-DOCTYPE", "a DOCTYPE, and entities of one's own, are not read", 1, source)


def _count(root: Element, limits: Limits, source: str) -> None:
    elements = attributes = depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        elements += 1
        attributes += len(element.attrib)
        if depth > limits.depth:
            raise _invalid(
                "XML-DEPTH", f"elements are nested deeper than {limits.depth}", element.sourceline, source
            )
        if elements > limits.elements:
            raise _invalid(
                "XML-ELEMENTS", f"more than {limits.elements} elements", element.sourceline, source
            )
        if len(element.attrib) > limits.attributes_each or attributes > limits.attributes:
            raise _invalid("XML-ATTRIBUTES", "too many attributes", element.sourceline, source)
        if max(map(len, (*element.attrib.values(), element.text or ""))) > limits.text:
            raise _invalid("XML-TEXT", f"a text of more than {limits.text} signs", element.sourceline, source)


def _invalid(code: str, message: str, at: int | None, source: str) -> Invalid:
    return Invalid([Problem(code, message, line=at, file=source)])


class _Counter:
    """What a parser tells of a document while it reads it; ends the reading at the first limit."""

    def __init__(self, limits: Limits, source: str) -> None:
        self._limits = limits
        self._source = source
        self._elements = self._attributes = self._depth = 0

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:  # noqa: ARG002 - lxml's
        self._elements += 1
        self._attributes += len(attrib)
        self._depth += 1
        if self._elements > self._limits.elements:
            raise _invalid("XML-ELEMENTS", f"more than {self._limits.elements} elements", None, self._source)
        if self._attributes > self._limits.attributes or len(attrib) > self._limits.attributes_each:
            raise _invalid("XML-ATTRIBUTES", "too many attributes", None, self._source)
        if self._depth > self._limits.depth:
            deep = f"elements are nested deeper than {self._limits.depth}"
            raise _invalid("XML-DEPTH", deep, None, self._source)

    def end(self, tag: str | bytes) -> None:  # noqa: ARG002 - lxml's
        self._depth -= 1

    def data(self, data: str | bytes) -> None:
        """Text is not counted here: a document of many signs is refused for its size."""

    def comment(self, text: str | bytes) -> None:
        """Comments are left out."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:  # noqa: ARG002 - lxml's
        raise _invalid("XML-DOCTYPE", "a DOCTYPE, and entities of one's own, are not read", 1, self._source)

    def close(self) -> None:
        """The document is over, within its limits."""


class _Bundled(etree.Resolver):
    """Finds what a schema imports among the documents handed in, and nowhere else."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        super().__init__()
        self._documents = documents

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:  # noqa: ANN401, ARG002 - lxml's
        name = basename(system_url)
        if name not in self._documents:
            raise etree.XMLSchemaParseError(f"{system_url} is not among the schemas")
        return self.resolve_string(self._documents[name], context, base_url=_PREFIX + name)
