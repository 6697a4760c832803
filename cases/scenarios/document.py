"""A scenario file as values: what is deployed, who acts, the steps and what must hold after them; strict.

The language is `docs/reference/scenarios.md`; what a file says wrong is named with its line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any

from cases.errors import Invalid, Problem
from cases.scenarios import capabilities, grammar, lined, vocabulary
from cases.scenarios.lined import Rows, Table, Wrong

CODE = "SCENARIO"
"""The code of every problem of a scenario file."""

STANDINGS = ("spec", "ours", "extension", "deviation")

_KEYS = (
    "scenario!:text title!:text standing!:text needs!:texts models!:texts steps!:any origin:any "
    "clock:instant config:any stubs:any with:any"
)
_ORIGIN = "corpus!:text test!:text fidelity!:text also:text dropped:texts"
_INVALID = "model!:text title!:text standing!:text xsd_valid:flag errors!:any may:texts"
_STUBS = {
    "decision": "kind!:text rows!:any",
    "process": "kind!:text mode!:text output:values code:text",
    "http-server": "kind!:text routes!:any",
}
_MODES = ("wait", "complete", "fault")

Arguments = dict[str, Any]
"""What a verb is given, as its file has it. `Any`: it is a YAML border."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a verb (or `expect`) with its arguments. `steps` are those of `repeat` and of `refused`."""

    verb: str
    arguments: Arguments
    line: int
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A scenario with one row of its values put in; `row` counts from 0, None where there are no rows."""

    row: int | None
    steps: tuple[Step, ...]
    stubs: Mapping[str, Arguments]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario file. `is_imported`: it restates a test of another product."""

    id: str
    title: str
    standing: str
    file: PurePath
    needs: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()
    clock: datetime | None = None
    config: Mapping[str, int] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()
    is_imported: bool = False

    @property
    def area(self) -> str:
        """What it is about: the first part of its id."""
        return self.id.split("/", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A model that must be refused: each error by its rule, at one of these elements."""

    id: str
    title: str
    standing: str
    file: PurePath
    model: str
    errors: tuple[tuple[str, frozenset[str]], ...]
    may: frozenset[str] = frozenset()

    @property
    def area(self) -> str:
        """All of them are about the same."""
        return "invalid"


def read(text: str, file: PurePath) -> Scenario | Refusal:
    """The scenario, or the refusal, that a file says. Raises Invalid with the file and the line."""
    try:
        document = lined.read(text)
        if isinstance(document, Table) and "model" in document:
            return _refusal(document, file)
        return _scenario(document, file)
    except Wrong as wrong:
        raise Invalid([Problem(CODE, wrong.message, line=wrong.line, file=str(file))]) from None


def _scenario(document: object, file: PurePath) -> Scenario:
    top = grammar.check_table(document, _KEYS, 1, "a scenario")
    if top["standing"] not in STANDINGS:
        raise Wrong(top.lines["standing"], f"standing is one of {', '.join(STANDINGS)}")
    if not top["needs"]:
        raise Wrong(top.lines["needs"], "needs names at least one tag")
    unknown = capabilities.unknown(frozenset(top["needs"]))
    if unknown:
        raise Wrong(top.lines["needs"], f"there is no tag {', '.join(sorted(unknown))}")
    if "/" not in top["scenario"]:
        raise Wrong(top.lines["scenario"], "the id of a scenario is area/what-it-shows")
    if "origin" in top:
        grammar.check_table(top["origin"], _ORIGIN, top.lines["origin"], "origin")
    config = top.get("config", Table(1))
    grammar.check_table(config, "default_retries:number", top.lines.get("config", 1), "config")
    runs = tuple(_runs(top))
    if "origin" not in top:
        for run in runs:
            _check_waiting(run.steps)
    return Scenario(
        id=top["scenario"],
        title=top["title"],
        standing=top["standing"],
        file=file,
        needs=frozenset(top["needs"]),
        models=tuple(top["models"]),
        clock=None if "clock" not in top else datetime.fromisoformat(top["clock"]),
        config=dict(config),
        runs=runs,
        is_imported="origin" in top,
    )


def _runs(top: Table) -> Iterator[Run]:
    """The scenario once for each row; its words are looked at with the values in their places."""
    given = top.get("with")
    rows: list[tuple[int | None, Mapping[str, object]]] = [(None, {})]
    if given is not None:
        if not isinstance(given, Rows) or not given or not all(isinstance(row, Table) for row in given):
            raise Wrong(top.lines["with"], "with takes a list of mappings, at least one")
        rows = list(enumerate(given))
    left = lined.MAX_FILLED
    for number, row in rows:
        filled = lined.filled(top["steps"], row)
        left -= lined.size(filled, left)
        if left < 0:
            raise Wrong(top.lines["steps"], f"the rows make more than {lined.MAX_FILLED} values of the steps")
        steps = _steps(filled, top.lines["steps"])
        yield Run(number, steps, _stubs(lined.filled(top.get("stubs", Table(1)), row), top))


def _steps(given: object, line: int) -> tuple[Step, ...]:
    if not isinstance(given, Rows) or not given:
        raise Wrong(line, "steps takes a list with at least one step")
    return tuple(_step(one, at) for one, at in zip(given, given.lines, strict=True))


def _step(given: object, line: int) -> Step:
    if not isinstance(given, Table) or len(given) != 1:
        raise Wrong(line, "a step is one verb with its arguments")
    ((verb, arguments),) = given.items()
    line = given.lines[verb]
    match verb:
        case "expect":
            grammar.check_expect(arguments, line)
            return Step(verb, arguments, line)
        case "repeat":
            table = grammar.check_table(arguments, "times!:number steps!:any", line, verb)
            return Step(verb, table, line, _steps(table["steps"], table.lines["steps"]))
        case "refused":
            return _refused(arguments, line)
        case "as_user":
            return Step(verb, _user(arguments, line), line)
    grammar.check_verb(verb, arguments, line)
    return Step(verb, arguments, line)


def _check_waiting(steps: Iterable[Step]) -> None:
    """Rows that only wait are not counted (FORMAT 8), and so are not asked for but in imported scenarios."""
    for step in steps:
        _check_waiting(step.steps)
        counts = step.arguments.get("item_count", ()) if step.verb == "expect" else ()
        for count in [counts] if isinstance(counts, Table) else counts:
            if count.get("state") == "waiting":
                raise Wrong(count.line, "the state waiting stands in imported scenarios alone")


def _refused(arguments: object, line: int) -> Step:
    table = grammar.check_table(arguments, "step!:any kind!:any unchanged:flag", line, "refused")
    kinds = table["kind"] if isinstance(table["kind"], Rows) else [table["kind"]]
    for kind in kinds:
        if not grammar.is_text(kind) or kind not in vocabulary.KINDS:
            raise Wrong(table.lines["kind"], f"there is no kind of refusal {grammar.said(kind)}")
    inner = _step(table["step"], table.lines["step"])
    if inner.verb in ("expect", "refused", "repeat"):
        raise Wrong(inner.line, f"{inner.verb} is no verb that could be refused")
    kept = {"kinds": tuple(kinds), "unchanged": table.get("unchanged", True)}
    return Step("refused", kept, line, (inner,))


def _user(arguments: object, line: int) -> Arguments:
    if arguments is None or isinstance(arguments, str):
        return {"user": arguments}
    return grammar.check_table(arguments, "user!:text roles!:texts of:case", line, "as_user")


def _stubs(given: object, top: Table) -> Mapping[str, Arguments]:
    line = top.lines.get("stubs", 1)
    if not isinstance(given, Table):
        raise Wrong(line, "stubs takes a mapping")
    for name, stub in given.items():
        at = given.lines[name]
        kind = stub.get("kind") if isinstance(stub, Table) else None
        if not grammar.is_text(kind) or kind not in _STUBS:
            raise Wrong(at, f"the kind of the stub {name} is one of {', '.join(_STUBS)}")
        grammar.check_table(stub, _STUBS[str(kind)], at, f"the stub {name}")
        if kind == "process" and stub["mode"] not in _MODES:
            raise Wrong(stub.lines["mode"], f"mode is one of {', '.join(_MODES)}")
        for row, at in _entries(stub, "rows", name):
            grammar.check_table(row, "when:values result!:values", at, f"a row of {name}")
        for route, at in _entries(stub, "routes", name):
            _check_route(route, at, name)
    return given


def _entries(stub: Table, key: str, name: str) -> Iterator[tuple[object, int]]:
    """The rows or routes of a stub, each with its line; a decision may have no rows."""
    if key not in stub:
        return
    if not isinstance(stub[key], Rows) or (key == "routes" and not stub[key]):
        raise Wrong(stub.lines[key], f"{key} of {name} takes a list, not {grammar.said(stub[key])}")
    yield from zip(stub[key], stub[key].lines, strict=True)


def _check_route(route: object, line: int, name: str) -> None:
    table = grammar.check_table(route, "method!:text url!:text respond!:any", line, f"a route of {name}")
    answer = "status!:number reason:text headers:values body:text"
    grammar.check_table(table["respond"], answer, table.lines["respond"], "respond")


def _refusal(document: Table, file: PurePath) -> Refusal:
    grammar.check_table(document, _INVALID, 1, "an invalid model")
    if document["standing"] not in STANDINGS:
        raise Wrong(document.lines["standing"], f"standing is one of {', '.join(STANDINGS)}")
    errors = document["errors"]
    if not isinstance(errors, Rows) or not errors:
        raise Wrong(document.lines["errors"], "errors takes a list with at least one error")
    wanted = []
    for error, line in zip(errors, errors.lines, strict=True):
        table = grammar.check_table(error, "rule!:text element!:any", line, "an error")
        elements = table["element"] if isinstance(table["element"], Rows) else [table["element"]]
        wanted.append((str(table["rule"]), frozenset(map(str, elements))))
    return Refusal(
        id=f"invalid/{PurePath(document['model']).stem}",
        title=document["title"],
        standing=document["standing"],
        file=file,
        model=document["model"],
        errors=tuple(wanted),
        may=frozenset(document.get("may", ())),
    )
