"""What work reads when it starts and writes when it is done: inputs; the answer, then outputs (6.4)."""

from cases.cmmn import casefile, evaluation, file_operations
from cases.cmmn.agenda import Run
from cases.cmmn.casefile import NoSuchPath
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.filemodel import Output, WriteMode
from cases.cmmn.instance import ItemState
from cases.cmmn.metamodel import Work


def inputs(run: Run, item: ItemState, work: Work) -> dict[str, object]:
    """The named values that the work is handed. Raises NotComputed."""
    if not work.inputs:
        return {}
    names = evaluation.names_at(run, item)
    return {one.name: evaluation.evaluate(run, one.value, names) for one in work.inputs}


def write_answer(run: Run, item: ItemState, work: Work, result: object) -> None:
    """Writes the answer, which replaces the root item named after the plan item, then the outputs.

    No answer leaves that item alone, unless the model computes one. All is computed before anything is
    written. Raises NotComputed, and then nothing has been.
    """
    root = (run.definition.items[item.number].answer_to,)
    if work.answer is None and not work.outputs:
        if result is not None:
            file_operations.put(run, root, result, WriteMode.REPLACE)
        return
    values = run.state.file.values
    own = {**evaluation.names_at(run, item), "result": result, "file": values}
    writes: list[tuple[tuple[str, ...], object, WriteMode]] = []
    if work.answer is not None:
        result = evaluation.over(run, work.answer, values, own)
    if work.answer is not None or result is not None:
        writes.append((root, result, WriteMode.REPLACE))
        values = casefile.with_value(values, root, result)
    for output in work.outputs:
        value = evaluation.over(run, output.value, values, {**own, "file": values})
        writes.append((output.path, value, output.mode))
        try:
            values = _written(values, output, value)
        except NoSuchPath:
            raise NotComputed(f"{casefile.written(output.path)} leads nowhere") from None
    for path, value, mode in writes:
        file_operations.put(run, path, value, mode)


def write_no_hit(run: Run, item: ItemState) -> None:
    """A decision without a result leaves the file alone, but for its own latest answer, which is null now."""
    root = run.definition.items[item.number].answer_to
    if root in run.state.file.values:
        file_operations.put(run, (root,), None, WriteMode.REPLACE)


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
