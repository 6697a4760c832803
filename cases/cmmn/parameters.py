"""What work reads when it starts and writes when it is done: inputs; the answer, then outputs (6.4)."""

from collections.abc import Mapping

from cases.cmmn import casefile, evaluation, file_operations, variables
from cases.cmmn.agenda import Run
from cases.cmmn.casefile import NoSuchPath
from cases.cmmn.commands import E_ARGUMENT, Refused
from cases.cmmn.evaluation import Names, NotComputed
from cases.cmmn.filemodel import Handover, Output, Parameter, WriteMode
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.workmodel import Work

Write = tuple[tuple[str, ...], object, WriteMode]


def inputs(run: Run, item: ItemState, work: Work) -> dict[str, object]:
    """The named values that the work is handed: bound, refined, transformed. Raises NotComputed."""
    standard = work.parameters
    if not (work.inputs or standard.inputs or work.gives_all):
        return {}
    names = evaluation.names_at(run, item)
    found = {one.name: _bound(run, one, names) for one in standard.inputs}
    if standard.given:
        found = {one.target: _handed(run, one, found, names) for one in standard.given if one.source in found}
    if work.gives_all:
        found = {**evaluation.visible_from(run, item), **found}
    return {**found, **{one.name: evaluation.evaluate(run, one.value, names) for one in work.inputs}}


def open_case(run: Run, given: Mapping[str, object]) -> None:
    """Writes the case inputs to what they are bound to, else to root items of their names (6.4).

    Raises Refused for one that the case does not declare, or whose refinement cannot be computed. A case that
    was called takes what it does not declare as variables (7.1).
    """
    declared = {one.name for one in run.definition.inputs}
    for name, value in given.items():
        if name not in declared and (run.state.caller or run.state.depth):
            file_operations.set_variable(run, (name,), value)
        elif name not in declared:
            raise Refused(E_ARGUMENT, f"the case takes no input {name}")
    for one in run.definition.inputs:
        if one.name in given:
            try:
                value = _refined(run, one, given[one.name], {})
            except NotComputed as error:
                raise Refused(E_ARGUMENT, f"input {one.name}: {error.message}") from None
            file_operations.put(run, one.path or (one.name,), value, WriteMode.REPLACE)


def of_case(run: Run) -> dict[str, object]:
    """The outputs of the case as they are now; what is absent, or cannot be computed, is left out."""
    found: dict[str, object] = dict(run.state.file.values) if run.state.tells_all else {}
    for one in run.definition.outputs:
        path = one.path or (one.name,)
        if not casefile.holds(run.state.file.values, path):
            continue
        try:
            found[one.name] = _refined(run, one, casefile.read(run.state.file.values, path), {})
        except NotComputed as error:
            run.incident(CASE, "output", f"{one.id}: {error.message}")
    return found


def write_answer(run: Run, item: ItemState, work: Work, result: object) -> None:
    """Writes the answer, which replaces the root item named after the plan item, then the outputs.

    No answer leaves that item alone, unless the model computes one. All is computed before anything is
    written. Raises NotComputed, and then nothing has been.
    """
    if work.answer_to == "":
        _write_variables(run, item, work, result)
        return
    root = (run.definition.items[item.number].answer_to,)
    if work.answer is None and not work.outputs and not work.parameters.outputs:
        if result is not None:
            file_operations.put(run, root, result, WriteMode.REPLACE)
        return
    values = run.state.file.values
    own = {**evaluation.names_at(run, item), "result": result, "file": values}
    writes: list[Write] = []
    standard = _standard_outputs(run, item, work, result)
    if work.answer is not None:
        result = evaluation.over(run, work.answer, values, own)
    if work.answer is not None or (result is not None and work.keeps_answer):
        writes.append((root, result, WriteMode.REPLACE))
        values = casefile.with_value(values, root, result)
    for path, value, mode in standard:
        writes.append((path, value, mode))
        values = _merged(values, path, value)
    for output in work.outputs:
        value = evaluation.over(run, output.value, values, {**own, "file": values})
        writes.append((output.path, value, output.mode))
        try:
            values = _written(values, output, value)
        except NoSuchPath:
            raise NotComputed(f"{casefile.written(output.path)} leads nowhere") from None
    for path, value, mode in writes:
        file_operations.put(run, path, value, mode)


def _write_variables(run: Run, item: ItemState, work: Work, result: object) -> None:
    """Where no root item takes the answer, its members become variables; or what the outputs make of them.

    Outputs see the members of the answer by name, before the case file. Raises NotComputed.
    """
    members = result if isinstance(result, Mapping) else {}
    own = {**evaluation.names_at(run, item), **members, "result": result}
    writes = [(one.path, evaluation.evaluate(run, one.value, own), one.mode) for one in work.outputs]
    standard = _standard_outputs(run, item, work, result)
    if work.takes_all or not (work.outputs or work.parameters.outputs):
        for name, value in members.items():
            variables.set_nearest(run, item, str(name), value)
    for path, value, mode in (*standard, *writes):
        if len(path) == 1 and mode is not WriteMode.APPEND:
            variables.set_nearest(run, item, path[0], value)
        else:
            file_operations.put(run, path, value, mode)


def write_no_hit(run: Run, item: ItemState) -> None:
    """A decision without a result leaves the file alone, but for its own latest answer, which is null now."""
    root = run.definition.items[item.number].answer_to
    if root in run.state.file.values:
        file_operations.put(run, (root,), None, WriteMode.REPLACE)


def _bound(run: Run, one: Parameter, names: Names) -> object:
    value = None if one.path is None else casefile.read_or_null(run.state.file.values, one.path)
    return _refined(run, one, value, names)


def _refined(run: Run, one: Parameter, value: object, names: Names) -> object:
    """What the refinement makes of the value, which it sees as `context`. Raises NotComputed."""
    if one.refinement is None:
        return value
    return evaluation.evaluate(run, one.refinement, {**names, one.name: value, "context": value})


def _handed(run: Run, one: Handover, values: Names, names: Names) -> object:
    """A value on its way to or from what the task calls; the others on that side are names. As `_refined`."""
    value = values[one.source]
    if one.transformation is None:
        return value
    return evaluation.evaluate(run, one.transformation, {**names, **values, "context": value})


def _standard_outputs(run: Run, item: ItemState, work: Work, result: object) -> list[Write]:
    """What the declared outputs write: only those that came, in model order. Raises NotComputed."""
    standard = work.parameters
    if not standard.outputs or result is None:
        return []
    names = evaluation.names_at(run, item)
    sources = standard.taken or [Handover(one.name, one.name) for one in standard.outputs]
    values = result if isinstance(result, Mapping) else {sources[0].source: result}
    found = {one.target: _handed(run, one, values, names) for one in sources if one.source in values}
    return [
        (one.path, _refined(run, one, found[one.name], names), WriteMode.MERGE)
        for one in standard.outputs
        if one.path is not None and one.name in found
    ]


def _merged(values: dict[str, object], path: tuple[str, ...], value: object) -> dict[str, object]:
    old = casefile.read_or_null(values, path)
    if isinstance(old, dict) and isinstance(value, dict):
        value = {**old, **value}
    return casefile.with_value(values, path, value)


def _written(values: dict[str, object], output: Output, value: object) -> dict[str, object]:
    old = casefile.read_or_null(values, output.path)
    match output.mode:
        case WriteMode.APPEND if value is not None:
            if not isinstance(old, list | None):
                raise NoSuchPath(output.path)
            return casefile.with_value(values, output.path, [*(old or ()), value])
        case WriteMode.UPDATE if isinstance(old, dict) and isinstance(value, dict):
            return casefile.with_value(values, output.path, {**old, **value})
        case WriteMode.REPLACE:
            return casefile.with_value(values, output.path, value)
        case WriteMode.UPDATE if value is not None:
            return casefile.with_value(values, output.path, value)
    return values
