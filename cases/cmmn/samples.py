"""Values worth trying at each path of the case file: what conditions compare with, and its neighbours.

Two texts or more that a path is compared with are taken for all that it may hold; one alone gets a
neighbour that is none of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice, product

from cases.cmmn import casefile
from cases.cmmn.metamodel import CaseDefinition, PlanItem, Program, TimerEventListener, UserEventListener
from cases.cmmn.workmodel import DecisionTask
from cases.dmn import Definitions
from cases.dmn.model import Decision, DecisionTable
from cases.feel import Expression, UnaryTests
from cases.feel.syntax import (
    And,
    Between,
    Call,
    Comparison,
    ExpressionTest,
    Filter,
    In,
    ListOf,
    Literal,
    Name,
    Negation,
    Node,
    OperatorTest,
    Or,
    Path,
    walk,
)

Names = tuple[str, ...]
OTHER = "something else"
_MOST = 2048


@dataclass(frozen=True, slots=True)
class Peer:
    """The value that another path holds at that moment."""

    path: Names


@dataclass(slots=True)
class Samples:
    """What to try, by path. `given` are the values that an app says are possible: they go before others."""

    found: dict[Names, dict[str, object]] = field(default_factory=lambda: defaultdict(dict))
    given: Mapping[Names, tuple[object, ...]] = field(default_factory=dict)

    def at(self, path: Names) -> tuple[object, ...]:
        """The values for a path, peers among them."""
        if path in self.given:
            return self.given[path]
        return tuple(self.found.get(path, {}).values())

    def below(self, above: Names) -> dict[Names, tuple[object, ...]]:
        """The values for a path and all paths below it, by the rest of the path."""
        paths = dict.fromkeys([*self.found, *self.given])
        length = len(above)
        return {path[length:]: self.at(path) for path in paths if path[:length] == above}

    def add(self, path: Names, *values: object) -> None:
        """These are worth trying there."""
        for value in values:
            self.found[path].setdefault(repr(value), value)


def of_program(program: Program, given: Mapping[Names, tuple[object, ...]] | None = None) -> Samples:
    """What the conditions, rules and decision inputs of a case compare with."""
    samples = Samples(given=given or {})
    for expression, context in conditions_of(program.definition):
        _look(samples, expression.tree, context)
    for item in program.definition.items:
        if isinstance(item.definition, DecisionTask):
            _look_at_decision(samples, program, item.definition)
    _complete(samples)
    return samples


def numbers_of(program: Program) -> list[Decimal]:
    """All numbers that conditions and decisions of a case compare anything with, the smallest first."""
    found = {Decimal(0)}
    values = [value for some in of_program(program).found.values() for value in some.values()]
    cells = [
        node.value
        for definitions in program.decisions.values()
        for table in _tables(definitions)
        for rule in table.rules
        for cell in rule.tests
        if cell is not None
        for test in cell.tree.tests
        for node in walk(test.operand if isinstance(test, OperatorTest) else test.expression)
        if isinstance(node, Literal)
    ]
    for value in (*values, *cells):
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and value >= 0:
            found.add(Decimal(value))
    return sorted(found)


def of_condition(expression: Expression, context: Names | None = None) -> Samples:
    """What one condition compares with."""
    samples = Samples()
    _look(samples, expression.tree, context)
    _complete(samples)
    return samples


def conditions_of(definition: CaseDefinition) -> Iterator[tuple[Expression, Names | None]]:
    """Every condition of a case, with what `context` means in it."""
    for criterion in definition.criteria:
        if criterion.sentry.if_part is not None:
            yield criterion.sentry.if_part.condition, criterion.sentry.if_part.context
    for item in definition.items:
        yield from _rules_of(item)
    for offer in definition.discretionary:
        for rule in offer.rules:
            if rule.condition is not None:
                yield rule.condition, rule.context


def assignments(samples: Samples, values: casefile.Values) -> Iterator[dict[Names, object]]:
    """The ways to change the data, the fewest changes first, not more than a few hundred."""
    paths = sorted(samples.found)
    choices = [[_UNCHANGED, *resolved(samples.at(path), values)] for path in paths]
    if not choices:
        return
    for combination in sorted(_some(choices), key=lambda one: sum(value is not _UNCHANGED for value in one)):
        changes = {
            path: value
            for path, value in zip(paths, combination, strict=True)
            if value is not _UNCHANGED and not casefile.same(casefile.read_or_null(values, path), value)
        }
        if changes:
            yield changes


def written(values: casefile.Values, changes: Mapping[Names, object]) -> dict[str, object]:
    """The root items as they are after the changes."""
    after = dict(values)
    for path, value in changes.items():
        after = _put(after, path, value)
    return {path[0]: after[path[0]] for path in changes}


def resolved(values: Iterable[object], data: casefile.Values) -> list[object]:
    """The values, peers as they are now."""
    return [casefile.read_or_null(data, value.path) if isinstance(value, Peer) else value for value in values]


_UNCHANGED = object()


def _some(choices: list[list[object]]) -> list[tuple[object, ...]]:
    return list(islice(product(*choices), _MOST))


def _put(holder: Mapping[str, object], path: Names, value: object) -> dict[str, object]:
    step, *rest = path
    if not rest:
        return {**holder, step: value}
    inner = holder.get(step)
    return {**holder, step: _put(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}


def _rules_of(item: PlanItem) -> Iterator[tuple[Expression, Names | None]]:
    for rule in (item.required, item.manual, item.repetition):
        if rule is not None and rule.condition is not None:
            yield rule.condition, rule.context
    definition = item.definition
    available = getattr(definition, "available_condition", None)
    if isinstance(definition, UserEventListener | TimerEventListener) and available is not None:
        yield available, None


def _look(samples: Samples, tree: Node, context: Names | None) -> None:
    for node in walk(tree):
        match node:
            case Comparison():
                _look_at_pair(samples, node.left, node.right, context)
                _look_at_pair(samples, node.right, node.left, context)
            case In():
                tests = [
                    one.expression if isinstance(one, ExpressionTest) else one.operand for one in node.tests
                ]
                for test in tests:
                    for value in test.items if isinstance(test, ListOf) else (test,):
                        _look_at_pair(samples, node.value, value, context)
            case Between():
                _look_at_pair(samples, node.value, node.low, context)
                _look_at_pair(samples, node.value, node.high, context)
    _look_at_truth(samples, tree, context)


def _look_at_truth(samples: Samples, tree: Node, context: Names | None) -> None:
    """Names that stand where a truth value must stand."""
    match tree:
        case And() | Or():
            for operand in tree.operands:
                _look_at_truth(samples, operand, context)
        case Call() if tree.positional and isinstance(tree.function, Name) and tree.function.name == "not":
            _look_at_truth(samples, tree.positional[0], context)
        case _:
            path = _path(tree, context)
            if path is not None:
                samples.add(path, *_TRUTHS)


def _look_at_pair(samples: Samples, subject: Node, value: Node, context: Names | None) -> None:
    counted = _counted(subject)
    path = _path(counted or subject, context)
    if path is None:
        return
    constant = _constant(value)
    if constant is _UNCHANGED:
        peer = _path(value, context)
        if peer is not None and counted is None:
            samples.add(path, Peer(peer))
    elif counted is not None and isinstance(constant, int | Decimal):
        whole = int(constant)
        samples.add(path, *([{}] * count for count in (whole, whole + 1, whole - 1) if 0 <= count < _FEW))
    else:
        samples.add(path, constant)


_FEW = 20
_TRUTHS = (True, False)


def _counted(node: Node) -> Node | None:
    if isinstance(node, Call) and isinstance(node.function, Name) and node.function.name == "count":
        return node.positional[0] if node.positional else None
    return None


def _constant(node: Node) -> object:
    if isinstance(node, Literal):
        value = node.value
        return value if value is None or isinstance(value, bool | int | str | Decimal) else _UNCHANGED
    if isinstance(node, Negation) and isinstance(node.operand, Literal):
        value = node.operand.value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return -value
    return _UNCHANGED


def _path(node: Node, context: Names | None) -> Names | None:
    found: Names | None = None
    match node:
        case Name():
            found = (node.name,)
        case Path():
            base = _path(node.base, None)
            found = None if base is None else (*base, *node.names)
        case Filter():
            found = _path(node.base, None)
    if found is not None and found[0] == "context":
        found = (*(context or ()), *found[1:]) or None
    return None if found is None or found[0] in _NOT_DATA else found


_NOT_DATA = frozenset({"case", "event", "item", "stage", "turn", "repetitionIndex", "result", "?"})


def _complete(samples: Samples) -> None:
    """Neighbours: of numbers on both sides, of one truth value or text the other, of null something."""
    for path in list(samples.found):
        values = list(samples.found[path].values())
        for value in values:
            if isinstance(value, bool):
                samples.add(path, not value)
            elif isinstance(value, int | Decimal):
                samples.add(path, value + 1, *((value - 1,) if value > 0 or value < 0 else ()))
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) == 1 and not any(isinstance(value, Peer) for value in values):
            samples.add(path, OTHER)
        if None in values and len(samples.found[path]) == 1:
            samples.add(path, OTHER)


def _look_at_decision(samples: Samples, program: Program, task: DecisionTask) -> None:
    """What the tables of a decision compare their inputs with, where an input is a path of the case file."""
    definitions = program.decisions.get(task.decision)
    if definitions is None:
        return
    sources = {one.name: _path(one.value.tree, None) for one in task.work.inputs}
    for one in task.work.parameters.inputs:
        sources[one.name] = one.path
    for table in _tables(definitions):
        for column, clause in enumerate(table.inputs):
            path = _path(clause.expression.tree, None)
            if path is None:
                continue
            source = sources.get(path[0], (path[0],))
            if source is None:
                continue
            for rule in table.rules:
                _look_at_cell(samples, (*source, *path[1:]), rule.tests[column])


def _tables(definitions: Definitions) -> Iterator[DecisionTable]:
    for element in definitions.model.elements.values():
        if isinstance(element, Decision) and isinstance(element.logic, DecisionTable):
            yield element.logic


def _look_at_cell(samples: Samples, path: Names, cell: UnaryTests | None) -> None:
    for test in () if cell is None else cell.tree.tests:
        operand = test.operand if isinstance(test, OperatorTest) else test.expression
        for node in walk(operand):
            constant = _constant(node)
            if constant is not _UNCHANGED:
                samples.add(path, constant)
