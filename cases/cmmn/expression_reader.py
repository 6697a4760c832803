"""Texts of a model -> expressions, whatever language they are written in.

FEEL is taken as it is. `${...}` and `#{...}` of other engines are translated into FEEL, which is what runs.
"""

from collections.abc import Callable

from cases import xmldoc
from cases.cmmn import extensions
from cases.cmmn.controlmodel import Action, Assignment, Scope, Value
from cases.cmmn.reading import Reading, shortened
from cases.errors import Problem
from cases.feel import Expression, FeelError, juel, parse
from cases.xmldoc import Element

_FEEL = (
    "feel",
    "http://www.omg.org/spec/feel/",
    "https://www.omg.org/spec/feel/",
    "http://www.omg.org/spec/dmn/",
    "https://www.omg.org/spec/dmn/",
)
_JUEL = (
    "juel",
    "http://java.sun.com/products/el",
    "http://www.jcp.org/en/jsr/detail?id=245",
    "https://jcp.org/en/jsr/detail?id=245",
    "http://docs.oracle.com/javaee/6/api/javax/el/",
)
FEEL = "https://www.omg.org/spec/DMN/20211108/FEEL/"
JUEL = "http://www.jcp.org/en/jsr/detail?id=245"
"""How the two languages are named where a document is written."""
_OWN = "computedHere"
_UNSAID = ("http://www.w3.org/1999/xpath", "http://www.omg.org/spec/cmmn/expressionlanguage/unspecified")
"""What the schema puts where nothing was said: the language is then known by the text alone."""


def condition(element: Element | None, reading: Reading) -> Expression | None:
    """The `<condition>` of a rule or if-part, None where there is none or it is empty.

    Reports V-39 and V-40.
    """
    held = None if element is None else xmldoc.child(element, "condition")
    if held is None or not _text(held):
        return None
    return condition_of(_text(held), held, reading)


def expression(element: Element, reading: Reading) -> Expression | None:
    """The expression of a `tExpression`. Reports V-39 for another language, V-40 for what does not parse."""
    return _read(_text(element), element, _value, reading)


def condition_of(text: str, element: Element, reading: Reading) -> Expression | None:
    """The condition that a text says. Reports V-39 and V-40."""
    return _read(text, element, _condition, reading)


def value_of(text: str, element: Element, reading: Reading) -> Value:
    """A text as a literal, or as an expression when it begins with `=` or holds `${...}`. Reports V-40."""
    if text.startswith("=") or not is_juel(text):
        return extensions.value_of(text, element, reading.report)
    found = _translated(text, element, _value, reading)
    return Value(text) if found is None else Value(f"= {found.text}", found)


def value_or_text(text: str, element: Element, reading: Reading) -> Value:
    """A text as `value_of` takes it; one that calls a program stays as it is, with a remark."""
    if not is_juel(text):
        return Value(text)
    try:
        found = juel.translate(text).value or "null"
        return Value(f"= {found}", parse(found))
    except FeelError as error:
        reading.ignore("I-04", f"{shortened(text)} is handed over as text: {error}", element)
        return Value(text)


def named(text: str, element: Element, reading: Reading) -> Expression | None:
    """The value of the variable that a text names, or of the expression in it. Reports V-40."""
    return _translated(text if is_juel(text) else f"${{{text}}}", element, _value, reading)


def text_or_value(text: str, element: Element, reading: Reading) -> Expression | None:
    """The expression in a text, or the text itself as one. Reports V-40."""
    if is_juel(text):
        return _translated(text, element, _value, reading)
    return extensions.feel(quoted(text), element, reading.report)


def entry_of_result(name: str, element: Element, reading: Reading) -> Expression | None:
    """The value of that name in what was called gave back. Reports V-40."""
    return extensions.feel(f"get value(result, {quoted(name)})", element, reading.report)


def over_result(text: str, element: Element, reading: Reading) -> Expression | None:
    """An expression of another engine whose names are those of what was called gave back. Reports V-40."""
    found = named(text, element, reading)
    if found is None:
        return None
    names = sorted({path[0] for path in found.names if path})
    if not all(name.isidentifier() for name in names):
        reading.report("V-40", f"{text} reads a name that nothing gives back", element)
        return None
    entries = [f"{name}: get value(result, {quoted(name)})" for name in names]
    return extensions.feel(
        f"{{{', '.join([*entries, f'{_OWN}: {found.text}'])}}}.{_OWN}", element, reading.report
    )


def computed(text: str, element: Element, reading: Reading) -> Value:
    """A text of FEEL as a value. Reports V-40."""
    return Value(f"= {text}", extensions.feel(text, element, reading.report))


def quoted(text: str) -> str:
    """A text as FEEL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def action(text: str, element: Element, reading: Reading) -> Action | None:
    """What an expression of another engine does and says; None, with a remark, where it is not known."""
    try:
        found = juel.translate(text)
        return Action(
            tuple(
                Assignment(Scope(scope), parse(name), None if value is None else parse(value))
                for scope, name, value in found.assignments
            ),
            None if found.value is None else parse(found.value),
        )
    except FeelError as error:
        reading.ignore("I-04", f"{shortened(text)} is not carried out: {error}", element)
        return None


def is_juel(text: str) -> bool:
    """Whether an expression of another engine stands in a text."""
    return "${" in text or "#{" in text


def is_unsaid(language: str) -> bool:
    """Whether this is what tools write where nobody has said a language."""
    return language.strip().lower().startswith(_UNSAID)


def is_constant(found: Expression) -> bool:
    """Whether an expression reads nothing, so that its value is known now."""
    return not found.names and not found.reads_clock


Translate = Callable[[str], str | None]


def _value(text: str) -> str | None:
    return juel.translate(text).value


def _condition(text: str) -> str | None:
    return juel.translate_condition(text)


def _read(text: str, element: Element, translate: Translate, reading: Reading) -> Expression | None:
    language = str(element.get("language") or "").strip().lower()
    inherited = reading.language.strip().lower()
    said = language or inherited
    if said.startswith(_FEEL):
        return extensions.feel(text, element, reading.report)
    if said.startswith(_JUEL):
        return _translated(text if is_juel(text) else f"${{{text}}}", element, translate, reading)
    if is_juel(text) and (reading.is_vendor or text.startswith(("${", "#{"))):
        return _translated(text, element, translate, reading)
    if language or (inherited and not inherited.startswith(_UNSAID)):
        reading.report("V-39", f"the expression language {said} is not supported", element)
        return None
    if reading.is_vendor and not _is_feel(text):
        reading.upgrade("I-07", f"{shortened(text)} is read as if it stood in ${{...}}", element)
        return _translated(f"${{{text}}}", element, translate, reading)
    return extensions.feel(text, element, reading.report)


def _is_feel(text: str) -> bool:
    try:
        parse(text)
    except FeelError:
        return False
    return True


def _translated(text: str, element: Element, translate: Translate, reading: Reading) -> Expression | None:
    try:
        found = translate(text)
        if found is not None:
            return parse(found)
        reason = "it has no value"
    except FeelError as error:
        reason = str(error)
    named_by = next((one for one in (element, *element.iterancestors()) if one.get("id")), element)
    message = f"{shortened(text)} in {xmldoc.local_name(element)} is not understood: {reason}"
    reading.add(Problem("V-40", message, str(named_by.get("id") or ""), xmldoc.line(element)))
    return None


def _text(element: Element) -> str:
    """The text of an expression without that of its documentation and extensions."""
    parts = [str(element.text or "")]
    for child in element:
        if isinstance(child.tag, str) and xmldoc.local_name(child) == "body":
            parts.append(xmldoc.text(child))
        parts.append(str(child.tail or ""))
    return "".join(parts).strip()
