"""The elements of a DMN file: imports, types, inputs, decisions, functions, services; and references."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cases import xmldoc
from cases.dmn import types
from cases.dmn.model import Decision, DecisionService, Element, InputData, Knowledge, Model, Reference
from cases.dmn.reader.boxed import BoxedReader
from cases.dmn.reader.source import ELEMENTS, name_of, normal
from cases.dmn.types import ItemDefinition
from cases.errors import Problem
from cases.feel.types import Type

_REQUIREMENTS = ("informationRequirement", "knowledgeRequirement")
_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")


class ModelReader(BoxedReader):
    """Reads a file whole; `known` are the models that it may import, by their namespace."""

    def __init__(self, root: xmldoc.Element, source: str, known: Mapping[str, Model]) -> None:
        super().__init__(root, source)
        self.imports = self._read_imports(known)
        self.names = frozenset(self._all_names())

    def read(self) -> Model:
        self.types = types.build_types(self._items(), self._imported_types())
        elements: dict[str, Element] = {}
        names: dict[str, str] = {}
        for element in xmldoc.children(self.root, *ELEMENTS):
            read = self._element(element)
            if read.id in elements or read.name in names:
                self.problem("DMN-TWICE", f"{read.name} is there twice", element)
            elements[read.id] = read
            names[read.name] = read.id
        namespace = self.root.get("namespace") or ""
        name = self.root.get("name") or ""
        # Other products declare no inputs: their decisions see all variables by name.
        is_open = not self.imports and not any(isinstance(one, InputData) for one in elements.values())
        model = Model(namespace, name, elements, self.types, self.imports, self.source, is_open)
        self._check_references(model)
        return model

    def _read_imports(self, known: Mapping[str, Model]) -> dict[str, Model]:
        found: dict[str, Model] = {}
        for element in xmldoc.children(self.root, "import"):
            namespace = element.get("namespace") or ""
            if namespace in known:
                found[name_of(element)] = known[namespace]
            elif "DMN" in (element.get("importType") or ""):
                self.problem("DMN-IMPORT", f"the file with the namespace {namespace} is not here", element)
        return found

    def _all_names(self) -> Iterator[str]:
        for element in self.root.iter():
            for attribute in ("name", "iteratorVariable"):
                if element.get(attribute):
                    yield normal(element.get(attribute))
        for model in self.imports.values():
            yield from _names_of(model)

    def _imported_types(self) -> dict[str, Type]:
        return {
            f"{prefix}.{name}" if prefix else name: known
            for prefix, model in self.imports.items()
            for name, known in model.types.items()
        }

    def _items(self) -> dict[str, ItemDefinition]:
        items = [self._item(element) for element in xmldoc.children(self.root, "itemDefinition")]
        return {item.name: item for item in items}

    def _item(self, element: xmldoc.Element) -> ItemDefinition:
        function = xmldoc.child(element, "functionItem")
        return ItemDefinition(
            name=name_of(element),
            reference=xmldoc.text(xmldoc.child(element, "typeRef")),
            components=tuple(self._item(child) for child in xmldoc.children(element, "itemComponent")),
            is_collection=element.get("isCollection") == "true",
            allowed=self.allowed(xmldoc.child(element, "allowedValues")),
            constraint=self.allowed(xmldoc.child(element, "typeConstraint")),
            function_result=None if function is None else function.get("outputTypeRef") or "Any",
        )

    def _variable_type(self, element: xmldoc.Element) -> Type:
        return self.type_of(xmldoc.child(element, "variable"))

    def _element(self, element: xmldoc.Element) -> Element:
        if not _id(element):
            self.problem("DMN-ID", f"a {xmldoc.local_name(element)} has neither id nor name", element)
        reader: Callable[[ModelReader, xmldoc.Element], Element] = _ELEMENT_READERS[
            xmldoc.local_name(element)
        ]
        return reader(self, element)

    def read_input_data(self, element: xmldoc.Element) -> Element:
        return InputData(_id(element), name_of(element), self._variable_type(element), xmldoc.line(element))

    def read_decision(self, element: xmldoc.Element) -> Element:
        logic = self.logic(element)
        needs = self._needs(element)
        kind = self._variable_type(element)
        return Decision(_id(element), name_of(element), logic, needs, kind, xmldoc.line(element))

    def read_knowledge(self, element: xmldoc.Element) -> Element:
        logic = xmldoc.child(element, "encapsulatedLogic")
        function = None if logic is None else self.read_function(logic)
        needs = self._needs(element)
        kind = self._variable_type(element)
        return Knowledge(_id(element), name_of(element), function, needs, kind, xmldoc.line(element))

    def read_service(self, element: xmldoc.Element) -> Element:
        return DecisionService(
            _id(element),
            name_of(element),
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
        for element in self.root.iter():
            if isinstance(element.tag, str) and xmldoc.local_name(element) in (*_REQUIRED, "outputDecision"):
                reference = _reference(element.get("href") or "")
                if model.find(reference) is None:
                    self.problem("DMN-REFERENCE", f"{reference.id} is not defined", element)
        for cycle in _cycles(model):
            self.problems.append(
                Problem("DMN-CYCLE", f"{cycle.name} needs itself", cycle.name, cycle.line, self.source)
            )


_ELEMENT_READERS: dict[str, Any] = {
    "inputData": ModelReader.read_input_data,
    "decision": ModelReader.read_decision,
    "businessKnowledgeModel": ModelReader.read_knowledge,
    "decisionService": ModelReader.read_service,
}


def _id(element: xmldoc.Element) -> str:
    return element.get("id") or name_of(element)


def _reference(href: str) -> Reference:
    namespace, _, identity = href.rpartition("#")
    return Reference(identity, namespace)


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
