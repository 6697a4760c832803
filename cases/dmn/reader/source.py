"""A DMN file while it is read: its root, what its names and types are, and what is wrong with it."""

from collections.abc import Callable
from typing import TypeVar

from cases import xmldoc
from cases.dmn import types
from cases.dmn.reader import vendor
from cases.errors import Problem
from cases.feel import Expression, FeelError, UnaryTests, parse, parse_unary
from cases.feel.types import Type

Parsed = TypeVar("Parsed", Expression, UnaryTests)

ELEMENTS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")


class SourceReader:
    """Reads expressions and types, and gathers problems."""

    def __init__(self, root: xmldoc.Element, source: str) -> None:
        self.root = root
        self.source = source
        self.problems: list[Problem] = []
        self.names: frozenset[str] = frozenset()
        self.types: dict[str, Type] = {}

    def type_of(self, element: xmldoc.Element | None) -> Type:
        """The type that a `typeRef` names."""
        reference = None if element is None else element.get("typeRef")
        if reference and not types.is_known(reference, self.types):
            reference = vendor.type_name(reference)
        if reference and element is not None and not types.is_known(reference, self.types):
            self.problem("DMN-TYPE", f"the type {reference} is not defined", element)
        return types.type_named(reference, self.types)

    def expression(self, element: xmldoc.Element) -> Expression | None:
        """The expression in an element, if it has one; null where it is faulty."""
        text = text_of(element)
        return self.parsed(parse, text, element, vendor.expression) if text else None

    def tests(self, element: xmldoc.Element) -> UnaryTests:
        """The tests in an element."""
        return self.parsed(parse_unary, text_of(element), element, vendor.tests) or parse_unary("null")

    def parsed(
        self,
        reader: Callable[..., Parsed],
        text: str,
        element: xmldoc.Element,
        translated: Callable[[str], str] | None = None,
    ) -> Parsed | None:
        """What a parser makes of a text, or of its translation; None, and a problem, where it is faulty."""
        try:
            try:
                return reader(text, self.names, self.types)
            except FeelError:
                if translated is None or not vendor.is_vendor_text(text):
                    raise
                return reader(translated(text), self.names, self.types)
        except FeelError as error:
            line = _line_of_text(element, text, error.position)
            self.problems.append(Problem(error.code, str(error), owner_of(element), line, self.source))
            return None

    def problem(self, code: str, message: str, element: xmldoc.Element) -> None:
        """Remember a problem, and where it is."""
        problem = Problem(code, message, owner_of(element), xmldoc.line(element), self.source)
        self.problems.append(problem)

    def allowed(self, element: xmldoc.Element | None) -> UnaryTests | None:
        """The allowed values in an element, if there are some."""
        if element is None or not text_of(element):
            return None
        return self.tests(element)


def normal(name: str | None) -> str:
    """The name with single spaces."""
    return " ".join((name or "").split())


def name_of(element: xmldoc.Element) -> str:
    """The name of an element."""
    return normal(element.get("name"))


def text_of(element: xmldoc.Element | None) -> str:
    """The text in an element."""
    return "" if element is None else xmldoc.text(xmldoc.child(element, "text"))


def owner_of(element: xmldoc.Element) -> str:
    """The name of the decision or function around an element."""
    current: xmldoc.Element | None = element
    while current is not None:
        if xmldoc.local_name(current) in (*ELEMENTS, "itemDefinition"):
            return name_of(current)
        current = current.getparent()
    return ""


def _line_of_text(element: xmldoc.Element, text: str, position: int) -> int | None:
    """The line of a place in the text of an element, whose blank beginning was cut off."""
    holder = xmldoc.child(element, "text")
    if holder is None:
        holder = element
    first, whole = xmldoc.line(holder), holder.text or ""
    blank = whole[: len(whole) - len(whole.lstrip())]
    return None if first is None else first + blank.count("\n") + text.count("\n", 0, position)
