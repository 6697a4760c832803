"""A condition as people say it: what the common FEEL compares, by the titles of forms and items, as data.

Doors put it into sentences. What is not common stays unsaid, and keeps its FEEL for who can read that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cases.caseapp.document import CaseApp
from cases.cmmn.metamodel import CaseDefinition, Milestone, PlanItem
from cases.cmmn.workmodel import HumanTask
from cases.feel import Expression
from cases.feel.errors import FeelError
from cases.feel.syntax import (
    And,
    Between,
    Call,
    Compare,
    Comparison,
    ExpressionTest,
    Filter,
    In,
    ListOf,
    Literal,
    Name,
    Negation,
    Node,
    Or,
    Path,
)
from forms.definition import Field

_MIRRORED = {
    Compare.EQ: Compare.EQ,
    Compare.NE: Compare.NE,
    Compare.LT: Compare.GT,
    Compare.LE: Compare.GE,
    Compare.GT: Compare.LT,
    Compare.GE: Compare.LE,
}
_OPPOSITES = {
    "=": "!=",
    "!=": "=",
    "known": "unknown",
    "unknown": "known",
    "reached": "unreached",
    "unreached": "reached",
    "true": "false",
    "false": "true",
    "in": "not in",
    "not in": "in",
}
_CURRENCIES = frozenset({"usd", "eur", "gbp", "chf", "jpy"})
_MARKS = frozenset({"at", "approvals", "version"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is about. `owner` is whose value it is, `value` what it is now, `counted` how many."""

    title: str
    owner: str
    owner_id: str
    value: object
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One comparison. `verb` is an operator or a word such as `known` or `in`; `values` as they are shown."""

    subject: Subject
    verb: str
    values: tuple[object, ...] = ()
    other: Subject | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """All of the parts, or any of them."""

    parts: "tuple[Said, ...]"
    is_any: bool = False


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A condition that has no words here, as it is written in the model."""

    text: str


Said = Told | Group | Unsaid


@dataclass(frozen=True, slots=True)
class Glossary:
    """How the values of a case are called: by its forms, its items, and the names of its file."""

    app: CaseApp
    definition: CaseDefinition

    def subject(self, path: tuple[str, ...], value: object, *, counted: bool = False) -> Subject:
        """What stands at a path, as people call it."""
        item, field = self.item(path[0]), self.field(path)
        owner = item.name if item else humanised(path[0])
        if len(path) == 1:
            return Subject(owner, "", item.id if item else "", value, counted)
        title = field.label if field and path[-1] not in _MARKS else humanised(path[-1])
        return Subject(title, owner, item.id if item else "", self.shown(path, value), counted)

    def shown(self, path: tuple[str, ...], value: object) -> object:
        """A value as people call it: an answer by its label, a code by its words."""
        if isinstance(value, list):
            return [self.shown(path, one) for one in value]
        if isinstance(value, Mapping):
            return {humanised(str(key)): self.shown((*path, str(key)), one) for key, one in value.items()}
        if not isinstance(value, str):
            return value
        field = self.field(path)
        labels = {choice.value: choice.label for choice in field.choices} if field else {}
        if value in self.app.roles:
            return self.app.roles[value].title or said(value)
        return labels.get(value) or self._label(value) or said(value)

    def item(self, root: str) -> PlanItem | None:
        """The plan item that writes this root of the case file."""
        return next((item for item in self.definition.items if item.number and item.answer_to == root), None)

    def field(self, path: tuple[str, ...]) -> Field | None:
        """The field of a form that asks for what stands at a path."""
        item = self.item(path[0])
        if item is None or not isinstance(item.definition, HumanTask) or len(path) < 2:
            return None
        form = self.app.forms.get(item.definition.form or "")
        found = next((one for one in form.fields if one.key == path[1]), None) if form else None
        for key in path[2:]:
            found = next((one for one in found.columns if one.key == key), None) if found else None
        return found

    def _label(self, value: str) -> str | None:
        """What all forms that offer this code call it, where they agree and it is plainly a code."""
        if "_" not in value:
            return None
        labels = {
            choice.label
            for form in self.app.forms.values()
            for field in form.fields
            for choice in field.choices
            if choice.value == value
        }
        return labels.pop() if len(labels) == 1 else None


def tell(condition: Expression, glossary: Glossary, scope: Mapping[str, object]) -> Said:
    """A condition in words, with the values that its paths have in `scope`."""
    return _Telling(glossary, scope, condition.text).said(condition.tree) or Unsaid(condition.text)


def conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """The parts that must all be true."""
    tree = condition.tree
    if not isinstance(tree, And):
        return (condition,)
    return tuple(Expression(condition.text, part, {}) for part in tree.operands)


def humanised(name: str) -> str:
    """A name of the case file as a person would write it: `lossAt` is "Loss at", `netUsd` "Net (USD)"."""
    words: list[str] = [""]
    for character in name.replace("_", " "):
        if character == " " or (character.isupper() and words[-1] and not words[-1][-1].isupper()):
            words.append("")
        words[-1] += "" if character == " " else character
    found = [word if word.isupper() and len(word) > 1 else word.lower() for word in words if word]
    if len(found) > 1 and found[-1] in _CURRENCIES:
        found[-1] = f"({found[-1].upper()})"
    text = " ".join(found)
    return text[:1].upper() + text[1:]


def said(code: str) -> str:
    """A code without the signs that only programs read."""
    is_code = "_" in code and code.replace("_", "").isalnum() and code == code.lower()
    return code.replace("_", " ") if is_code else code


@dataclass(frozen=True, slots=True)
class _Telling:
    glossary: Glossary
    scope: Mapping[str, object]
    text: str

    def said(self, node: Node) -> Said | None:
        """The words of a node; None where there are none."""
        match node:
            case And() | Or():
                parts = tuple(self.said(part) or Unsaid(self.text) for part in node.operands)
                all_unsaid = all(isinstance(part, Unsaid) for part in parts)
                return None if all_unsaid else Group(parts, isinstance(node, Or))
            case Comparison():
                return self._compared(node)
            case Call():
                return self._called(node)
            case In():
                return self._within(node)
            case Between():
                return self._between(node)
            case Path() | Name():
                subject = self._subject(node)
                return Told(subject, "true") if subject else None
            case _:
                return None

    def _compared(self, node: Comparison) -> Said | None:
        left, operator, right = node.left, node.operator, node.right
        if isinstance(left, Literal):
            left, operator, right = right, _MIRRORED[operator], left
        subject = self._subject(left)
        if subject is None:
            return None
        value = _literal(right)
        if value is _NONE:
            other = self._subject(right)
            if operator is Compare.EQ and other and self._is_kept_for_programs(left, right):
                return Told(subject, "present", (), other)
            return Told(subject, operator.value, (), other) if other else None
        if value is None:
            return self._known(left, subject, operator)
        if isinstance(value, bool) and operator in (Compare.EQ, Compare.NE):
            return Told(subject, "true" if value == (operator is Compare.EQ) else "false")
        shown = self.glossary.shown(_path(left) or ("",), value)
        return Told(subject, operator.value, (shown,))

    def _is_kept_for_programs(self, *nodes: Node) -> bool:
        """Whether a value is one that a form keeps off its page: a version that must not have changed."""
        fields = [self.glossary.field(path) for path in map(_path, nodes) if path]
        return any(field is not None and field.hidden for field in fields)

    def _known(self, node: Node, subject: Subject, operator: Compare) -> Said | None:
        if operator not in (Compare.EQ, Compare.NE):
            return None
        path = _path(node) or ("",)
        item = self.glossary.item(path[0])
        if item is not None and isinstance(item.definition, Milestone) and path[1:] == ("at",):
            reached = Subject(item.name, "", item.id, subject.value)
            return Told(reached, "unreached" if operator is Compare.EQ else "reached")
        return Told(subject, "unknown" if operator is Compare.EQ else "known")

    def _called(self, node: Call) -> Said | None:
        if isinstance(node.function, Name) and node.function.name == "not" and len(node.positional) == 1:
            return _opposite(self.said(node.positional[0]))
        return None

    def _within(self, node: In) -> Said | None:
        subject = self._subject(node.value)
        tests = [test.expression if isinstance(test, ExpressionTest) else None for test in node.tests]
        if len(tests) == 1 and isinstance(tests[0], ListOf):
            tests = list(tests[0].items)
        values = [_NONE if test is None else _literal(test) for test in tests]
        if subject is None or _NONE in values:
            return None
        path = _path(node.value) or ("",)
        return Told(subject, "in", tuple(self.glossary.shown(path, value) for value in values))

    def _between(self, node: Between) -> Said | None:
        subject, low, high = self._subject(node.value), _literal(node.low), _literal(node.high)
        return None if subject is None or _NONE in (low, high) else Told(subject, "between", (low, high))

    def _subject(self, node: Node) -> Subject | None:
        counted = isinstance(node, Call)
        if isinstance(node, Call):
            if not (isinstance(node.function, Name) and node.function.name == "count" and node.positional):
                return None
            inner = node.positional[0]
        else:
            inner = node
        path = _path(inner)
        if path is None:
            return None
        return self.glossary.subject(path, self._value(node), counted=counted)

    def _value(self, node: Node) -> object:
        try:
            return Expression(self.text, node, {}).evaluate(self.scope)
        except FeelError:
            return None


_NONE = object()


def _literal(node: Node) -> object:
    """The value of a literal, `_NONE` where it is something else."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Negation) and isinstance(node.operand, Literal):
        value = node.operand.value
        return -value if isinstance(value, int | Decimal) and not isinstance(value, bool) else _NONE
    return _NONE


def _path(node: Node) -> tuple[str, ...] | None:
    """The names of a path; a selection from a list does not count."""
    match node:
        case Name():
            return (node.name,)
        case Path():
            base = _path(node.base)
            return None if base is None else (*base, *node.names)
        case Filter():
            return _path(node.base)
        case _:
            return None


def _opposite(told: Said | None) -> Said | None:
    """The words of a denial, where there are any."""
    match told:
        case Told() if told.verb in _OPPOSITES:
            return Told(told.subject, _OPPOSITES[told.verb], told.values, told.other)
        case Group():
            parts = tuple(_opposite(part) for part in told.parts)
            return None if None in parts else Group(tuple(one for one in parts if one), not told.is_any)
        case _:
            return None
