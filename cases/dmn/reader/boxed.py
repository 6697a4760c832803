"""Boxed expressions and tables of a DMN file (DMN 1.5, 7.3 and 8.3)."""

import re
from collections.abc import Callable
from typing import Any

from cases import xmldoc
from cases.dmn.model import (
    Aggregation,
    Boxed,
    Conditional,
    Context,
    ContextEntry,
    DecisionTable,
    Every,
    Filter,
    For,
    FunctionDefinition,
    HitPolicy,
    InputClause,
    Invocation,
    List,
    Literal,
    OutputClause,
    Relation,
    Rule,
    Some,
)
from cases.dmn.reader import vendor
from cases.dmn.reader.source import SourceReader, name_of, normal, text_of
from cases.feel import Expression, UnaryTests, parse

_BARE_STEPS = re.compile(r"(?![\[(\]]).*\.\.", re.DOTALL)


class BoxedReader(SourceReader):
    """Reads what a decision or a function is made of."""

    def logic(self, element: xmldoc.Element | None) -> Boxed | None:
        """The boxed expression in an element."""
        if element is None:
            return None
        found = xmldoc.child(element, *_BOXED_READERS)
        return None if found is None else self._boxed(found)

    def _boxed(self, element: xmldoc.Element) -> Boxed:
        reader: Callable[[BoxedReader, xmldoc.Element], Boxed] = _BOXED_READERS[xmldoc.local_name(element)]
        return reader(self, element)

    def _required_logic(self, element: xmldoc.Element, name: str) -> Boxed:
        found = self.logic(xmldoc.child(element, name))
        if found is not None:
            return found
        self.problem("DMN-EMPTY", f"{xmldoc.local_name(element)} has no {name}", element)
        return Literal(None)

    def read_literal(self, element: xmldoc.Element) -> Boxed:
        return Literal(self.expression(element), self.type_of(element), xmldoc.line(element))

    def read_context(self, element: xmldoc.Element) -> Boxed:
        entries = []
        for entry in xmldoc.children(element, "contextEntry"):
            variable = xmldoc.child(entry, "variable")
            name = "" if variable is None else name_of(variable)
            entries.append(ContextEntry(name, self.logic(entry) or Literal(None), self.type_of(variable)))
        return Context(tuple(entries), self.type_of(element), xmldoc.line(element))

    def read_list(self, element: xmldoc.Element) -> Boxed:
        return List(self._all_boxed(element), self.type_of(element), xmldoc.line(element))

    def _all_boxed(self, element: xmldoc.Element) -> tuple[Boxed, ...]:
        return tuple(self._boxed(child) for child in xmldoc.children(element, *_BOXED_READERS))

    def read_relation(self, element: xmldoc.Element) -> Boxed:
        columns = tuple(name_of(column) for column in xmldoc.children(element, "column"))
        rows = []
        for row in xmldoc.children(element, "row"):
            cells = self._all_boxed(row)
            if len(cells) != len(columns):
                self.problem("DMN-CELLS", f"the row has {len(cells)} cells for {len(columns)} columns", row)
                continue
            rows.append(cells)
        return Relation(columns, tuple(rows), self.type_of(element), xmldoc.line(element))

    def read_invocation(self, element: xmldoc.Element) -> Boxed:
        bindings = []
        for binding in xmldoc.children(element, "binding"):
            parameter = xmldoc.child(binding, "parameter")
            name = "" if parameter is None else name_of(parameter)
            bindings.append((name, self.logic(binding) or Literal(None)))
        function = self.logic(element) or Literal(None)
        return Invocation(function, tuple(bindings), self.type_of(element), xmldoc.line(element))

    def read_function(self, element: xmldoc.Element) -> FunctionDefinition:
        parameters = tuple(
            (name_of(parameter), self.type_of(parameter))
            for parameter in xmldoc.children(element, "formalParameter")
        )
        foreign = element.get("kind") in ("Java", "PMML")
        body = None if foreign else self.logic(element)
        return FunctionDefinition(parameters, body, self.type_of(element), xmldoc.line(element))

    def read_conditional(self, element: xmldoc.Element) -> Boxed:
        condition, then, otherwise = (self._required_logic(element, name) for name in ("if", "then", "else"))
        return Conditional(condition, then, otherwise, self.type_of(element), xmldoc.line(element))

    def read_filter(self, element: xmldoc.Element) -> Boxed:
        source, match = (self._required_logic(element, name) for name in ("in", "match"))
        return Filter(source, match, self.type_of(element), xmldoc.line(element))

    def read_for(self, element: xmldoc.Element) -> Boxed:
        return For(*self._loop(element, "return"), self.type_of(element), xmldoc.line(element))

    def read_some(self, element: xmldoc.Element) -> Boxed:
        return Some(*self._loop(element, "satisfies"), self.type_of(element), xmldoc.line(element))

    def read_every(self, element: xmldoc.Element) -> Boxed:
        return Every(*self._loop(element, "satisfies"), self.type_of(element), xmldoc.line(element))

    def _loop(self, element: xmldoc.Element, body: str) -> tuple[str, Boxed, Boxed]:
        variable = normal(element.get("iteratorVariable") or "")
        holder = xmldoc.child(element, "in")
        literal = None if holder is None else xmldoc.child(holder, "literalExpression")
        if literal is not None and _BARE_STEPS.match(text_of(literal)):
            steps = f"for item in {text_of(literal)} return item"
            source: Boxed = Literal(self.parsed(parse, steps, literal))
        else:
            source = self._required_logic(element, "in")
        return variable, source, self._required_logic(element, body)

    def read_table(self, element: xmldoc.Element) -> Boxed:
        inputs = tuple(self._input_clause(child) for child in xmldoc.children(element, "input"))
        outputs = tuple(self._output_clause(child) for child in xmldoc.children(element, "output"))
        rules = tuple(
            self._rule(child, len(inputs), len(outputs)) for child in xmldoc.children(element, "rule")
        )
        if not outputs:
            self.problem("DMN-OUTPUT", "the table has no output", element)
        return DecisionTable(
            inputs,
            outputs,
            tuple(rule for rule in rules if rule is not None),
            self._policy(element),
            self._aggregation(element),
            self.type_of(element),
            xmldoc.line(element),
        )

    def _policy(self, element: xmldoc.Element) -> HitPolicy:
        text = vendor.word(vendor.attribute(element, "hitPolicy") or "UNIQUE")
        if text in set(HitPolicy):
            return HitPolicy(text)
        self.problem("DMN-HIT-POLICY", f"{text} is no hit policy", element)
        return HitPolicy.UNIQUE

    def _aggregation(self, element: xmldoc.Element) -> Aggregation | None:
        text = vendor.word(vendor.attribute(element, "aggregation") or "")
        if not text:
            return None
        if text in set(Aggregation):
            return Aggregation(text)
        self.problem("DMN-HIT-POLICY", f"{text} is no aggregation", element)
        return None

    def _input_clause(self, element: xmldoc.Element) -> InputClause:
        expression = xmldoc.child(element, "inputExpression")
        found = None if expression is None else self.expression(expression)
        if found is None:
            self.problem("DMN-EMPTY", "the input has no expression", element)
        label = element.get("label") or text_of(expression)
        allowed = self.allowed(xmldoc.child(element, "inputValues"))
        return InputClause(normal(label), found or parse("null"), self.type_of(expression), allowed)

    def _output_clause(self, element: xmldoc.Element) -> OutputClause:
        values = xmldoc.child(element, "outputValues")
        default = xmldoc.child(element, "defaultOutputEntry")
        listed = None
        if values is not None and text_of(values):
            listed = self.parsed(parse, f"[{text_of(values)}]", values)
        return OutputClause(
            normal(element.get("name") or element.get("label")),
            self.type_of(element),
            listed,
            None if default is None else self.expression(default),
        )

    def _rule(self, element: xmldoc.Element, inputs: int, outputs: int) -> Rule | None:
        tests = [self._cell(cell) for cell in xmldoc.children(element, "inputEntry")]
        answers = [self._answer(cell) for cell in xmldoc.children(element, "outputEntry")]
        if len(tests) != inputs or len(answers) != outputs:
            self.problem(
                "DMN-CELLS",
                f"the rule has {len(tests)} + {len(answers)} cells, not {inputs} + {outputs}",
                element,
            )
            return None
        return Rule(tuple(tests), tuple(answers), xmldoc.line(element))

    def _cell(self, element: xmldoc.Element) -> UnaryTests | None:
        return None if text_of(element) in ("", "-") else self.tests(element)

    def _answer(self, element: xmldoc.Element) -> Expression | None:
        return None if text_of(element) == "-" else self.expression(element)


_BOXED_READERS: dict[str, Any] = {
    "literalExpression": BoxedReader.read_literal,
    "decisionTable": BoxedReader.read_table,
    "context": BoxedReader.read_context,
    "list": BoxedReader.read_list,
    "relation": BoxedReader.read_relation,
    "invocation": BoxedReader.read_invocation,
    "functionDefinition": BoxedReader.read_function,
    "conditional": BoxedReader.read_conditional,
    "filter": BoxedReader.read_filter,
    "for": BoxedReader.read_for,
    "some": BoxedReader.read_some,
    "every": BoxedReader.read_every,
}
