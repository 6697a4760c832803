"""What tables of Flowable and Camunda write otherwise: cells in Java's expression language, types, policies.

A text is read as FEEL first; only what is no FEEL is looked at here.
"""

import re

from cases import xmldoc
from cases.feel import FeelError
from cases.feel.juel import translate

_VALUE = "cellValue__"
"""The value under test while a cell is translated; `?` is no name there."""
_OPERATOR = re.compile(r"(?:==|!=|<=|>=|<|>)")
_NOTATION = re.compile(r"[$#]\{|==|&&|\|\||'|\w:\w+\s*\(|\.\w+\s*\(|^!")
_TRUTH = re.compile(
    r"[=!<>]=|[<>]|&&|\|\||^\w.*\.(?:startsWith|endsWith|contains|equals|equalsIgnoreCase|matches|isEmpty)\("
)
_OPEN = re.compile(r"\s*[$#]\{")
_TYPES = {
    **dict.fromkeys(("integer", "int", "long", "short", "double", "float"), "number"),
    **dict.fromkeys(("list", "collection", "json", "map", "object"), "Any"),
    "datetime": "date and time",
    "text": "string",
    "bool": "boolean",
}


def is_vendor_text(text: str) -> bool:
    """Whether a text that is no FEEL has the look of Java's expression language."""
    return _NOTATION.search(text) is not None


def expression(text: str) -> str:
    """FEEL for an expression. Raises `FeelError` where there is no translation."""
    found = translate(text if _OPEN.match(text) else f"${{{text}}}")
    if found.value is None or found.assignments:
        raise FeelError("FEEL-JUEL", "a decision cannot write variables", text)
    return found.value


def tests(text: str) -> str:
    """FEEL for a cell: an operator and a value, a method of the value, a condition, or a value to equal.

    Raises `FeelError` where there is no translation.
    """
    if _OPEN.match(text):
        written = text
    elif _OPERATOR.match(text):
        written = f"${{{_VALUE} {text}}}"
    elif text.startswith("."):
        written = f"${{{_VALUE}{text}}}"
    elif _is_condition(text):
        written = f"${{{text}}}"
    else:
        written = f"${{{_VALUE} == ({text})}}"
    condition = expression(written).replace(_VALUE, "?")
    return f"(? = ?) and juel truth({condition})"


def type_name(name: str) -> str:
    """The name that a type of a vendor has in FEEL."""
    return _TYPES.get(name.strip().rpartition(":")[2].lower(), name)


def attribute(element: xmldoc.Element, name: str) -> str | None:
    """An attribute, in whatever namespace it is written."""
    plain = element.get(name)
    if plain is not None:
        return plain
    found = (value for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name)
    return next(map(str, found), None)


def word(text: str) -> str:
    """`RULE_ORDER`, `first` and the like as the standard writes them."""
    return " ".join(text.replace("_", " ").upper().split())


def _is_condition(text: str) -> bool:
    """Whether a cell is true or false by itself: it compares, or asks a collection or a value."""
    return text.startswith(("collection:", "!")) or _TRUTH.search(text) is not None
