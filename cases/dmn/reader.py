"""DMN XML, 1.2 to 1.5 -> Definitions, or Invalid with every problem and its line."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from cases import xmldoc
from cases.dmn import types
from cases.dmn.definitions import Definitions
from cases.dmn.model import (
    Aggregation,
    Boxed,
    Conditional,
    Context,
    ContextEntry,
    Decision,
    DecisionService,
    DecisionTable,
    Element,
    Every,
    Filter,
    For,
    FunctionDefinition,
    HitPolicy,
    InputClause,
    InputData,
    Invocation,
    Knowledge,
    List,
    Literal,
    Model,
    OutputClause,
    Reference,
    Relation,
    Rule,
    Some,
)
from cases.dmn.types import ItemDefinition
from cases.errors import Invalid, Problem
from cases.feel import Expression, FeelError, UnaryTests, parse, parse_unary
from cases.feel.types import Type

Parsed = TypeVar("Parsed", Expression, UnaryTests)

_NAMESPACE = "omg.org/spec/DMN/"
_ELEMENTS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
_REQUIREMENTS = ("informationRequirement", "knowledgeRequirement")
_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")
_BARE_STEPS = re.compile(r"(?![\[(\]]).*\.\.", re.DOTALL)


def read(xml: bytes, source: str = "", imported: Sequence[Definitions] = ()) -> Definitions:
    """The decisions of a file; `imported` are the files it may import, found by their namespace.

    Raises `Invalid` with every problem and its line.
    """
    definitions, problems = read_leniently(xml, source, imported)
    if problems:
        raise Invalid(problems)
    return definitions


def read_leniently(
    xml: bytes, source: str = "", imported: Sequence[Definitions] = ()
) -> tuple[Definitions, list[Problem]]:
    """The decisions of a file, where a faulty expression is null, and what is wrong with it.

    Raises `Invalid` for what is no XML, or no DMN at all.
    """
    root = xmldoc.parse(xml, source=source)
    if xmldoc.local_name(root) != "definitions" or _NAMESPACE not in xmldoc.namespace(root):
        raise Invalid([Problem("DMN-ROOT", "this is no DMN file", line=xmldoc.line(root), file=source)])
    return _Reader(root, source, imported).read()


class _Reader:
    def __init__(self, root: xmldoc.Element, source: str, imported: Sequence[Definitions]) -> None:
        self._root = root
        self._source = source
        self._problems: list[Problem] = []
        self._imports = self._read_imports(
            {definitions.namespace: definitions.model for definitions in imported}
        )
        self._names = frozenset(self._all_names())
        self._types: dict[str, Type] = {}

    def read(self) -> tuple[Definitions, list[Problem]]:
        self._types = types.build_types(self._items(), self._imported_types())
        elements: dict[str, Element] = {}
        names: dict[str, str] = {}
        for element in xmldoc.children(self._root, *_ELEMENTS):
            read = self._element(element)
            if read.id in elements or read.name in names:
                self._problem("DMN-TWICE", f"{read.name} is there twice", element)
            elements[read.id] = read
            names[read.name] = read.id
        namespace = self._root.get("namespace") or ""
        name = self._root.get("name") or ""
        model = Model(namespace, name, elements, self._types, self._imports, self._source)
        self._check_references(model)
        return Definitions(model), self._problems

    # ---- the imports, the names and the types

    def _read_imports(self, known: dict[str, Model]) -> dict[str, Model]:
        found: dict[str, Model] = {}
        for element in xmldoc.children(self._root, "import"):
            namespace = element.get("namespace") or ""
            if namespace in known:
                found[_name(element)] = known[namespace]
            elif "DMN" in (element.get("importType") or ""):
                self._problem("DMN-IMPORT", f"the file with the namespace {namespace} is not here", element)
        return found

    def _all_names(self) -> Iterator[str]:
        for element in self._root.iter():
            for attribute in ("name", "iteratorVariable"):
                if element.get(attribute):
                    yield _normal(element.get(attribute))
        for model in self._imports.values():
            yield from _names_of(model)

    def _imported_types(self) -> dict[str, Type]:
        return {
            f"{prefix}.{name}" if prefix else name: known
            for prefix, model in self._imports.items()
            for name, known in model.types.items()
        }

    def _items(self) -> dict[str, ItemDefinition]:
        items = [self._item(element) for element in xmldoc.children(self._root, "itemDefinition")]
        return {item.name: item for item in items}

    def _item(self, element: xmldoc.Element) -> ItemDefinition:
        function = xmldoc.child(element, "functionItem")
        return ItemDefinition(
            name=_name(element),
            reference=xmldoc.text(xmldoc.child(element, "typeRef")),
            components=tuple(self._item(child) for child in xmldoc.children(element, "itemComponent")),
            is_collection=element.get("isCollection") == "true",
            allowed=self._allowed(xmldoc.child(element, "allowedValues")),
            constraint=self._allowed(xmldoc.child(element, "typeConstraint")),
            function_result=None if function is None else function.get("outputTypeRef") or "Any",
        )

    def _allowed(self, element: xmldoc.Element | None) -> UnaryTests | None:
        if element is None or not _text_of(element):
            return None
        return self._tests(element)

    def _type(self, element: xmldoc.Element | None) -> Type:
        reference = None if element is None else element.get("typeRef")
        if reference and element is not None and not types.is_known(reference, self._types):
            self._problem("DMN-TYPE", f"the type {reference} is not defined", element)
        return types.type_named(reference, self._types)

    def _variable_type(self, element: xmldoc.Element) -> Type:
        return self._type(xmldoc.child(element, "variable"))

    # ---- elements

    def _element(self, element: xmldoc.Element) -> Element:
        if not element.get("id"):
            self._problem("DMN-ID", f"{xmldoc.local_name(element)} {_name(element)} has no id", element)
        reader: Callable[[_Reader, xmldoc.Element], Element] = _ELEMENT_READERS[xmldoc.local_name(element)]
        return reader(self, element)

    def read_input_data(self, element: xmldoc.Element) -> Element:
        return InputData(_id(element), _name(element), self._variable_type(element), xmldoc.line(element))

    def read_decision(self, element: xmldoc.Element) -> Element:
        logic = self._logic(element)
        needs = self._needs(element)
        kind = self._variable_type(element)
        return Decision(_id(element), _name(element), logic, needs, kind, xmldoc.line(element))

    def read_knowledge(self, element: xmldoc.Element) -> Element:
        logic = xmldoc.child(element, "encapsulatedLogic")
        function = None if logic is None else self.read_function(logic)
        needs = self._needs(element)
        kind = self._variable_type(element)
        return Knowledge(_id(element), _name(element), function, needs, kind, xmldoc.line(element))

    def read_service(self, element: xmldoc.Element) -> Element:
        return DecisionService(
            _id(element),
            _name(element),
            outputs=self._references(element, "outputDecision"),
            input_decisions=self._references(element, "inputDecision"),
            input_data=self._references(element, "inputData"),
            type=self._variable_type(element),
            line=xmldoc.line(element),
        )

    def _needs(self, element: xmldoc.Element) -> tuple[Reference, ...]:
        return tuple(
            reference
            for requirement in xmldoc.children(element, *_REQUIREMENTS)
            for reference in self._references(requirement, *_REQUIRED)
        )

    def _references(self, element: xmldoc.Element, *names: str) -> tuple[Reference, ...]:
        return tuple(_reference(child.get("href") or "") for child in xmldoc.children(element, *names))

    def _check_references(self, model: Model) -> None:
        for element in self._root.iter():
            if isinstance(element.tag, str) and xmldoc.local_name(element) in (*_REQUIRED, "outputDecision"):
                reference = _reference(element.get("href") or "")
                if model.find(reference) is None:
                    self._problem("DMN-REFERENCE", f"{reference.id} is not defined", element)
        for cycle in _cycles(model):
            self._problems.append(
                Problem("DMN-CYCLE", f"{cycle.name} needs itself", cycle.name, cycle.line, self._source)
            )

    # ---- boxed expressions

    def _logic(self, element: xmldoc.Element | None) -> Boxed | None:
        """The boxed expression in an element."""
        if element is None:
            return None
        found = xmldoc.child(element, *_BOXED_READERS)
        return None if found is None else self._boxed(found)

    def _boxed(self, element: xmldoc.Element) -> Boxed:
        reader: Callable[[_Reader, xmldoc.Element], Boxed] = _BOXED_READERS[xmldoc.local_name(element)]
        return reader(self, element)

    def _required_logic(self, element: xmldoc.Element, name: str) -> Boxed:
        found = self._logic(xmldoc.child(element, name))
        if found is not None:
            return found
        self._problem("DMN-EMPTY", f"{xmldoc.local_name(element)} has no {name}", element)
        return Literal(None)

    def read_literal(self, element: xmldoc.Element) -> Boxed:
        return Literal(self._expression(element), self._type(element), xmldoc.line(element))

    def read_context(self, element: xmldoc.Element) -> Boxed:
        entries = []
        for entry in xmldoc.children(element, "contextEntry"):
            variable = xmldoc.child(entry, "variable")
            name = "" if variable is None else _name(variable)
            entries.append(ContextEntry(name, self._logic(entry) or Literal(None), self._type(variable)))
        return Context(tuple(entries), self._type(element), xmldoc.line(element))

    def read_list(self, element: xmldoc.Element) -> Boxed:
        return List(self._all_boxed(element), self._type(element), xmldoc.line(element))

    def _all_boxed(self, element: xmldoc.Element) -> tuple[Boxed, ...]:
        return tuple(self._boxed(child) for child in xmldoc.children(element, *_BOXED_READERS))

    def read_relation(self, element: xmldoc.Element) -> Boxed:
        columns = tuple(_name(column) for column in xmldoc.children(element, "column"))
        rows = []
        for row in xmldoc.children(element, "row"):
            cells = self._all_boxed(row)
            if len(cells) != len(columns):
                self._problem("DMN-CELLS", f"the row has {len(cells)} cells for {len(columns)} columns", row)
                continue
            rows.append(cells)
        return Relation(columns, tuple(rows), self._type(element), xmldoc.line(element))

    def read_invocation(self, element: xmldoc.Element) -> Boxed:
        bindings = []
        for binding in xmldoc.children(element, "binding"):
            parameter = xmldoc.child(binding, "parameter")
            name = "" if parameter is None else _name(parameter)
            bindings.append((name, self._logic(binding) or Literal(None)))
        function = self._logic(element) or Literal(None)
        return Invocation(function, tuple(bindings), self._type(element), xmldoc.line(element))

    def read_function(self, element: xmldoc.Element) -> FunctionDefinition:
        parameters = tuple(
            (_name(parameter), self._type(parameter))
            for parameter in xmldoc.children(element, "formalParameter")
        )
        foreign = element.get("kind") in ("Java", "PMML")
        body = None if foreign else self._logic(element)
        return FunctionDefinition(parameters, body, self._type(element), xmldoc.line(element))

    def read_conditional(self, element: xmldoc.Element) -> Boxed:
        condition, then, otherwise = (self._required_logic(element, name) for name in ("if", "then", "else"))
        return Conditional(condition, then, otherwise, self._type(element), xmldoc.line(element))

    def read_filter(self, element: xmldoc.Element) -> Boxed:
        source, match = (self._required_logic(element, name) for name in ("in", "match"))
        return Filter(source, match, self._type(element), xmldoc.line(element))

    def read_for(self, element: xmldoc.Element) -> Boxed:
        return For(*self._loop(element, "return"), self._type(element), xmldoc.line(element))

    def read_some(self, element: xmldoc.Element) -> Boxed:
        return Some(*self._loop(element, "satisfies"), self._type(element), xmldoc.line(element))

    def read_every(self, element: xmldoc.Element) -> Boxed:
        return Every(*self._loop(element, "satisfies"), self._type(element), xmldoc.line(element))

    def _loop(self, element: xmldoc.Element, body: str) -> tuple[str, Boxed, Boxed]:
        variable = _normal(element.get("iteratorVariable") or "")
        holder = xmldoc.child(element, "in")
        literal = None if holder is None else xmldoc.child(holder, "literalExpression")
        if literal is not None and _BARE_STEPS.match(_text_of(literal)):
            steps = f"for item in {_text_of(literal)} return item"
            source: Boxed = Literal(self._parsed(parse, steps, literal))
        else:
            source = self._required_logic(element, "in")
        return variable, source, self._required_logic(element, body)

    # ---- tables

    def read_table(self, element: xmldoc.Element) -> Boxed:
        inputs = tuple(self._input_clause(child) for child in xmldoc.children(element, "input"))
        outputs = tuple(self._output_clause(child) for child in xmldoc.children(element, "output"))
        rules = tuple(
            self._rule(child, len(inputs), len(outputs)) for child in xmldoc.children(element, "rule")
        )
        if not outputs:
            self._problem("DMN-OUTPUT", "the table has no output", element)
        return DecisionTable(
            inputs,
            outputs,
            tuple(rule for rule in rules if rule is not None),
            self._policy(element),
            self._aggregation(element),
            self._type(element),
            xmldoc.line(element),
        )

    def _policy(self, element: xmldoc.Element) -> HitPolicy:
        text = element.get("hitPolicy") or "UNIQUE"
        if text in set(HitPolicy):
            return HitPolicy(text)
        self._problem("DMN-HIT-POLICY", f"{text} is no hit policy", element)
        return HitPolicy.UNIQUE

    def _aggregation(self, element: xmldoc.Element) -> Aggregation | None:
        text = element.get("aggregation")
        if not text:
            return None
        if text in set(Aggregation):
            return Aggregation(text)
        self._problem("DMN-HIT-POLICY", f"{text} is no aggregation", element)
        return None

    def _input_clause(self, element: xmldoc.Element) -> InputClause:
        expression = xmldoc.child(element, "inputExpression")
        found = None if expression is None else self._expression(expression)
        if found is None:
            self._problem("DMN-EMPTY", "the input has no expression", element)
        label = element.get("label") or _text_of(expression)
        allowed = self._allowed(xmldoc.child(element, "inputValues"))
        return InputClause(_normal(label), found or parse("null"), self._type(expression), allowed)

    def _output_clause(self, element: xmldoc.Element) -> OutputClause:
        values = xmldoc.child(element, "outputValues")
        default = xmldoc.child(element, "defaultOutputEntry")
        listed = None
        if values is not None and _text_of(values):
            listed = self._parsed(parse, f"[{_text_of(values)}]", values)
        return OutputClause(
            _normal(element.get("name") or element.get("label")),
            self._type(element),
            listed,
            None if default is None else self._expression(default),
        )

    def _rule(self, element: xmldoc.Element, inputs: int, outputs: int) -> Rule | None:
        tests = [self._cell(cell) for cell in xmldoc.children(element, "inputEntry")]
        answers = [self._answer(cell) for cell in xmldoc.children(element, "outputEntry")]
        if len(tests) != inputs or len(answers) != outputs:
            self._problem(
                "DMN-CELLS",
                f"the rule has {len(tests)} + {len(answers)} cells, not {inputs} + {outputs}",
                element,
            )
            return None
        return Rule(tuple(tests), tuple(answers), xmldoc.line(element))

    def _cell(self, element: xmldoc.Element) -> UnaryTests | None:
        return None if _text_of(element) in ("", "-") else self._tests(element)

    def _answer(self, element: xmldoc.Element) -> Expression | None:
        return None if _text_of(element) == "-" else self._expression(element)

    # ---- expressions

    def _expression(self, element: xmldoc.Element) -> Expression | None:
        text = _text_of(element)
        return self._parsed(parse, text, element) if text else None

    def _tests(self, element: xmldoc.Element) -> UnaryTests:
        return self._parsed(parse_unary, _text_of(element), element) or parse_unary("null")

    def _parsed(self, reader: Callable[..., Parsed], text: str, element: xmldoc.Element) -> Parsed | None:
        try:
            return reader(text, self._names, self._types)
        except FeelError as error:
            line = _line_of_text(element, text, error.position)
            self._problems.append(Problem(error.code, str(error), _owner(element), line, self._source))
            return None

    def _problem(self, code: str, message: str, element: xmldoc.Element) -> None:
        problem = Problem(code, message, _owner(element), xmldoc.line(element), self._source)
        self._problems.append(problem)


_ELEMENT_READERS: dict[str, Any] = {
    "inputData": _Reader.read_input_data,
    "decision": _Reader.read_decision,
    "businessKnowledgeModel": _Reader.read_knowledge,
    "decisionService": _Reader.read_service,
}
_BOXED_READERS: dict[str, Any] = {
    "literalExpression": _Reader.read_literal,
    "decisionTable": _Reader.read_table,
    "context": _Reader.read_context,
    "list": _Reader.read_list,
    "relation": _Reader.read_relation,
    "invocation": _Reader.read_invocation,
    "functionDefinition": _Reader.read_function,
    "conditional": _Reader.read_conditional,
    "filter": _Reader.read_filter,
    "for": _Reader.read_for,
    "some": _Reader.read_some,
    "every": _Reader.read_every,
}


def _normal(name: str | None) -> str:
    return " ".join((name or "").split())


def _name(element: xmldoc.Element) -> str:
    return _normal(element.get("name"))


def _id(element: xmldoc.Element) -> str:
    return element.get("id") or _name(element)


def _text_of(element: xmldoc.Element | None) -> str:
    return "" if element is None else xmldoc.text(xmldoc.child(element, "text"))


def _line_of_text(element: xmldoc.Element, text: str, position: int) -> int | None:
    """The line of a place in the text of an element, whose blank beginning was cut off."""
    holder = xmldoc.child(element, "text")
    if holder is None:
        holder = element
    first, whole = xmldoc.line(holder), holder.text or ""
    blank = whole[: len(whole) - len(whole.lstrip())]
    return None if first is None else first + blank.count("\n") + text.count("\n", 0, position)


def _reference(href: str) -> Reference:
    namespace, _, identity = href.rpartition("#")
    return Reference(identity, namespace)


def _owner(element: xmldoc.Element) -> str:
    """The name of the decision or function around an element."""
    current: xmldoc.Element | None = element
    while current is not None:
        if xmldoc.local_name(current) in (*_ELEMENTS, "itemDefinition"):
            return _name(current)
        current = current.getparent()
    return ""


def _names_of(model: Model) -> Iterator[str]:
    for element in model.elements.values():
        yield element.name
    for imported in model.imports.values():
        yield from _names_of(imported)


def _cycles(model: Model) -> Iterator[Decision | Knowledge]:
    """The elements that need themselves, directly or through others of this file."""
    for element in model.elements.values():
        if isinstance(element, Decision | Knowledge) and _reaches(model, element):
            yield element


def _reaches(model: Model, start: Decision | Knowledge) -> bool:
    seen: set[str] = set()
    waiting = [reference.id for reference in start.needs]
    while waiting:
        current = waiting.pop()
        element = model.elements.get(current)
        if current == start.id:
            # A function may call itself; a decision may not need itself.
            return isinstance(start, Decision) or len(seen) > 0
        if current not in seen and isinstance(element, Decision | Knowledge):
            seen.add(current)
            waiting.extend(reference.id for reference in element.needs)
    return False
