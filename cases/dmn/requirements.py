"""What a decision needs is decided first, each element once; imports and services (DMN 1.5, 6.3, 7.3.1)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from cases.dmn import boxed
from cases.dmn.model import (
    Boxed,
    Decision,
    DecisionService,
    DecisionTable,
    Element,
    InputData,
    Knowledge,
    Literal,
    Model,
    Reference,
)
from cases.dmn.tables import Log
from cases.dmn.types import result_type
from cases.feel import Expression, UnaryTests
from cases.feel.scope import Frame, Run
from cases.feel.types import coerce
from cases.feel.values import Function


class Evaluation:
    """The values of the elements of one model, from one set of inputs."""

    def __init__(self, model: Model, inputs: Mapping[str, object], run: Run, log: Log) -> None:
        self._model = model
        self._inputs = inputs
        self._run = run
        self._log = log
        self._values: dict[str, object] = {}
        self._deciding: set[str] = set()
        self._imported: dict[str, Evaluation] = {}

    def value(self, element: Element) -> object:
        """The value of an element of this model; of a function, the function."""
        if element.id in self._values:
            return self._values[element.id]
        if element.id in self._deciding:
            self._run.note(f"{element.name} needs itself")
            return None
        self._deciding.add(element.id)
        value = self._value(element)
        self._deciding.discard(element.id)
        self._values[element.id] = value
        return value

    def _value(self, element: Element) -> object:
        match element:
            case InputData():
                return self._input(element)
            case Decision():
                return self._decision(element)
            case Knowledge():
                return self._knowledge(element)
            case DecisionService():
                return self._service(element)
            case _:
                assert_never(element)

    def _input(self, element: InputData) -> object:
        if element.name in self._inputs:
            given = self._inputs[element.name]
        elif element.id in self._inputs:
            given = self._inputs[element.id]
        else:
            self._run.note(f"the input {element.name} is not given")
            return None
        return boxed.fitted(given, element.type, element.name, self._run)

    def _decision(self, element: Decision) -> object:
        if element.logic is None:
            self._run.note(f"{element.name} has no logic")
            return None
        frame = self._frame(self._needed(element.needs))
        if self._model.is_open:
            frame = Frame(self._run, {}, None, (*frame.layers, self._outputs(element.needs), self._inputs))
        outer, self._log.decision = self._log.decision, element.id
        value = boxed.evaluate(element.logic, frame, self._log)
        self._log.decision = outer
        return boxed.fitted(value, element.type, element.name, self._run)

    def _knowledge(self, element: Knowledge) -> object:
        if element.function is None:
            self._run.note(f"{element.name} has no logic")
            return None
        needed = self._needed(element.needs)
        function = boxed.function_of(element.function, self._frame(needed), self._log, element.name)
        needed[element.name] = self._typed(function, element)
        return needed[element.name]

    def _service(self, element: DecisionService) -> object:
        parameters = [found[2] for found in self._found((*element.input_data, *element.input_decisions))]
        names = [parameter.name for parameter in parameters]
        outputs = [found[2] for found in self._found(element.outputs)]

        def invoke(run: Run, positional: Sequence[object], named: Mapping[str, object] | None) -> object:
            given = dict(zip(names, positional, strict=False)) if named is None else named
            if (named is None and len(positional) != len(names)) or set(given) - set(names):
                run.note(f"{element.name} cannot be called so")
                return None
            values = {}
            for parameter in parameters:
                argument = given.get(parameter.name)
                values[parameter.id] = coerce(argument, parameter.type)
                if values[parameter.id] is None and argument is not None:
                    run.note(f"{parameter.name} is not of its type")
                    return None
            inner = Evaluation(self._model, self._inputs if self._model.is_open else {}, run, self._log)
            inner._values.update(values)
            decided = {output.name: inner.value(output) for output in outputs}
            return next(iter(decided.values())) if len(decided) == 1 else decided

        return self._typed(Function(element.name, names, invoke), element)

    def _typed(self, function: Function, element: Knowledge | DecisionService) -> Function:
        """The function, whose result is of the type that its variable declares."""
        expected = result_type(element.type)

        def invoke(run: Run, positional: Sequence[object], named: Mapping[str, object] | None) -> object:
            value = function.invoke(run, positional, named)
            return boxed.fitted(value, expected, f"what {element.name} gives", run)

        return Function(element.name, function.parameters, invoke)

    def _needed(self, references: Sequence[Reference]) -> dict[str, object]:
        """The values of what is needed, by name; of imported elements, in a context under their prefix."""
        needed: dict[str, object] = {}
        for prefix, model, element in self._found(references):
            if prefix is None:
                needed[element.name] = self.value(element)
                continue
            value = self._of_import(prefix, model).value(element)
            holder = needed.setdefault(prefix, {}) if prefix else needed
            if isinstance(holder, dict):
                holder[element.name] = value
        return needed

    def _outputs(self, references: Sequence[Reference]) -> dict[str, object]:
        """The outputs of the tables among what is needed, by the names of their columns."""
        found: dict[str, object] = {}
        for _, _, element in self._found(references):
            logic = element.logic if isinstance(element, Decision) else None
            value = self.value(element)
            if isinstance(logic, DecisionTable) and len(logic.outputs) == 1:
                found[logic.outputs[0].name] = value
            elif isinstance(value, Mapping):
                found.update(value)
        return found

    def _found(self, references: Sequence[Reference]) -> Iterator[tuple[str | None, Model, Element]]:
        for reference in references:
            found = self._model.find(reference)
            if found is None:
                self._run.note(f"{reference.id} is not defined")
            else:
                yield found

    def _of_import(self, prefix: str, model: Model) -> "Evaluation":
        if prefix not in self._imported:
            inputs = {
                name.removeprefix(f"{prefix}."): value
                for name, value in self._inputs.items()
                if prefix and name.startswith(f"{prefix}.")
            }
            nested = self._inputs.get(prefix)
            own = nested if isinstance(nested, Mapping) else {}
            self._imported[prefix] = Evaluation(
                model, {**self._inputs, **own, **inputs}, self._run, self._log
            )
        return self._imported[prefix]

    def _frame(self, needed: Mapping[str, object]) -> Frame:
        return Frame(self._run, {}, None, (needed,))


def inputs_of(model: Model, element: Element) -> tuple[str, ...]:
    """The names of the input data that an element needs, directly or through others, in the order of need."""
    found: dict[str, None] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(model, "", element)]
    while waiting:
        home, prefix, current = waiting.pop()
        if (home.namespace, current.id) in seen:
            continue
        seen.add((home.namespace, current.id))
        if isinstance(current, InputData):
            found[prefix + current.name] = None
            continue
        if home.is_open:
            found.update(dict.fromkeys(prefix + name for name in _undeclared(home, current)))
        for reference in reversed(_all_needs(home, current)):
            target = home.find(reference)
            if target is not None:
                further = prefix if not target[0] else f"{prefix}{target[0]}."
                waiting.append((target[1], further, target[2]))
    return tuple(found)


def _all_needs(model: Model, element: Element) -> tuple[Reference, ...]:
    match element:
        case InputData():
            return ()
        case DecisionService(input_data=data, input_decisions=decisions, outputs=outputs):
            return (*data, *decisions, *(outputs if model.is_open else ()))
        case _:
            return element.needs


def _undeclared(model: Model, element: Element) -> list[str]:
    """The names that the table or expression of a decision reads, and that nothing in the model gives."""
    logic = element.logic if isinstance(element, Decision) else None
    given = {other.name for other in model.elements.values()}
    read: set[str] = set()
    for parsed in _expressions(logic):
        read.update(path[0] for path in parsed.names)
    for other in model.elements.values():
        if isinstance(other, Decision) and isinstance(other.logic, DecisionTable) and other is not element:
            given.update(output.name for output in other.logic.outputs)
    return sorted(read - given)


def _expressions(logic: Boxed | None) -> Iterator[Expression | UnaryTests]:
    match logic:
        case Literal(expression=expression) if expression is not None:
            yield expression
        case DecisionTable(inputs=inputs, rules=rules):
            yield from (clause.expression for clause in inputs)
            for rule in rules:
                yield from (cell for cell in (*rule.tests, *rule.outputs) if cell is not None)
