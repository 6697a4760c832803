"""Parameters and parameter mappings of the standard (SPEC 5.4.11, 5.4.12) -> the metamodel."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from cases import xmldoc
from cases.cmmn import expression_reader
from cases.cmmn.file_reader import name_of
from cases.cmmn.filemodel import FileItem, FileModel, Handover, Parameter, Parameters
from cases.cmmn.metamodel import CaseDefinition, PlanItemDefinition
from cases.cmmn.reading import Reading
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task
from cases.feel import Expression
from cases.xmldoc import Element


def parameters(owner: Element, tag: str, file: FileModel, reading: Reading) -> tuple[Parameter, ...]:
    """The `input` or `output` parameters of a task or case. Reports V-39, V-40, V-50."""
    return tuple(
        Parameter(
            id=str(element.get("id") or ""),
            name=name_of(element),
            path=_binding(element, file, reading),
            refinement=_expression(element, "bindingRefinement", reading),
        )
        for element in xmldoc.children(owner, tag)
    )


def with_parameters(
    definition: PlanItemDefinition, element: Element, file: FileModel, reading: Reading
) -> PlanItemDefinition:
    """The definition of a task with the parameters of its element. Reports V-49 too."""
    if not isinstance(definition, HumanTask | ServiceTask | DecisionTask | CaseTask | ProcessTask | Task):
        return definition
    inputs = parameters(element, "input", file, reading)
    outputs = parameters(element, "output", file, reading)
    given, taken = _handovers(element, inputs, outputs, reading)
    if not (inputs or outputs):
        return definition
    work = replace(definition.work, parameters=Parameters(inputs, outputs, given, taken))
    return replace(definition, work=work)


def endless_calls(cases: Mapping[str, CaseDefinition]) -> Iterator[tuple[str, str]]:
    """V-48: the tasks by which cases of one document call each other for ever, each with the path."""
    calls = {id_: list(_calls(case)) for id_, case in cases.items()}
    for id_, own in calls.items():
        back = _ways_to(id_, calls)
        for task, called in own:
            if called in back:
                yield task, " > ".join((id_, *back[called]))


def _calls(case: CaseDefinition) -> Iterator[tuple[str, str]]:
    for item in case.items:
        task = item.definition
        if not isinstance(task, CaseTask) or item.is_discretionary:
            continue
        if task.is_blocking and task.case.expression is None:
            yield task.id, task.case.text


def _ways_to(home: str, calls: Mapping[str, list[tuple[str, str]]]) -> dict[str, tuple[str, ...]]:
    """From each case the shortest path of calls that leads to `home`; no case is looked at twice."""
    callers: dict[str, list[str]] = {}
    for id_, own in calls.items():
        for _, called in own:
            callers.setdefault(called, []).append(id_)
    found: dict[str, tuple[str, ...]] = {home: (home,)}
    waiting = [home]
    for here in waiting:
        for caller in callers.get(here, ()):
            if caller not in found:
                found[caller] = (caller, *found[here])
                waiting.append(caller)
    return found


def _handovers(
    task: Element, inputs: tuple[Parameter, ...], outputs: tuple[Parameter, ...], reading: Reading
) -> tuple[tuple[Handover, ...], tuple[Handover, ...]]:
    own = {one.id: one.name for one in inputs}
    back = {one.id: one.name for one in outputs}
    given: list[Handover] = []
    taken: list[Handover] = []
    for element in xmldoc.children(task, "parameterMapping"):
        source, target = str(element.get("sourceRef") or ""), str(element.get("targetRef") or "")
        how = _expression(element, "transformation", reading)
        if source in own and target and target not in own and target not in back:
            given.append(Handover(own[source], _name_at(target, reading), how))
        elif target in back and source and source not in own and source not in back:
            taken.append(Handover(_name_at(source, reading), back[target], how))
        else:
            reading.report(
                "V-49",
                f"parameter mapping {element.get('id')} lacks an endpoint, or both are on the same side",
                element,
            )
    return tuple(given), tuple(taken)


def _name_at(id_: str, reading: Reading) -> str:
    """The name of the parameter with this id, of whatever the document declares; else the id."""
    element = reading.elements.get(id_)
    return id_ if element is None else name_of(element)


def _binding(element: Element, file: FileModel, reading: Reading) -> tuple[str, ...] | None:
    reference = element.get("bindingRef")
    if reference is None:
        return None
    item = file.by_id.get(str(reference))
    if item is None:
        reading.report("V-50", f"bindingRef {reference} is not a case file item", element)
        return None
    if any(_is_many(file, item.path[:length]) for length in range(1, len(item.path))):
        reading.report(
            "V-50", f"bindingRef {reference} is within a collection: nobody knows in which element", element
        )
        return None
    return item.path


def _is_many(file: FileModel, path: tuple[str, ...]) -> bool:
    item: FileItem | None = file.find(path)
    return item is not None and item.multiplicity.is_many


def _expression(element: Element, tag: str, reading: Reading) -> Expression | None:
    held = xmldoc.child(element, tag)
    return None if held is None else expression_reader.expression(held, reading)
