"""Changes of the case file that make a condition true, or that an on-part waits for; each as a command."""

from collections.abc import Iterator

from cases.cmmn import casefile, evaluation, samples
from cases.cmmn.agenda import Run
from cases.cmmn.casefile import Path
from cases.cmmn.choices import By, Choice
from cases.cmmn.commands import SetVariables, WriteFile
from cases.cmmn.controlmodel import FileOnPart
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import CaseInstance, ItemState, Memory, Seed
from cases.cmmn.lifecycle import FileTransition
from cases.cmmn.samples import OTHER
from cases.feel import Expression

Holder = tuple[ItemState | Seed, Memory | None]
_EACH = 4
"""Ways to make one condition true."""


def for_condition(run: Run, condition: Expression, context: Path | None, holder: Holder) -> Iterator[Choice]:
    """The condition comes true; nothing where it is true already. The draft of the case is used up by it."""
    before, found = run.state.file, 0
    if _holds(run, condition, context, holder):
        return
    for changes in samples.assignments(samples.of_condition(condition, context), before.values):
        written = samples.written(before.values, changes)
        run.state.file = casefile.CaseFile({**before.values, **written})
        if _holds(run, condition, context, holder):
            yield Choice(SetVariables(values=written), By.DATA)
            found += 1
            if found >= _EACH:
                return


def for_event(case: CaseInstance, part: FileOnPart) -> Iterator[Choice]:
    """A case file item makes the transition that an on-part names."""
    path, values = part.path, case.file()
    if len(path) > 1 and not casefile.holds(values, path[:1]):
        yield Choice(WriteFile(path=path[:1], value={}, mode="create"), By.DATA)
    old = casefile.read_or_null(values, path)
    new = next(one for one in ({}, OTHER, {"changed": True}) if not casefile.same(one, old))
    create = Choice(WriteFile(path=path, value=new, mode="create"), By.DATA)
    delete = Choice(WriteFile(path=path, value=None, mode="delete"), By.DATA)
    match part.event:
        case FileTransition.CREATE:
            yield from (create, delete)
        case FileTransition.REPLACE | FileTransition.UPDATE as event:
            yield from (Choice(WriteFile(path=path, value=new, mode=event.value), By.DATA), create)
        case FileTransition.DELETE:
            yield from (delete, create)
        case FileTransition.ADD_REFERENCE | FileTransition.REMOVE_REFERENCE as event:
            target = next((name for name in values if (name,) != path), "")
            yield Choice(WriteFile(path=path, value=[target], mode=event.value), By.DATA)
            yield create
        case FileTransition.ADD_CHILD | FileTransition.REMOVE_CHILD:
            yield from _of_children(case, part)


def _of_children(case: CaseInstance, part: FileOnPart) -> Iterator[Choice]:
    declared = case.program.definition.file.find(part.path)
    for child in () if declared is None else declared.children:
        mode = "create" if part.event is FileTransition.ADD_CHILD else "delete"
        value: object = [{}] if child.multiplicity.is_many else OTHER
        yield Choice(WriteFile(path=child.path, value=value, mode=mode), By.DATA)


def _holds(run: Run, condition: Expression, context: Path | None, holder: Holder) -> bool:
    own = evaluation.with_context(evaluation.names_at(run, *holder), context)
    try:
        return evaluation.truth(run, condition, own)
    except NotComputed:
        return False
