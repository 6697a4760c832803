"""The objects that Flowable and Camunda offer every expression: the plan item, the case, all plan items.

What they are asked for becomes a name of our engine; what they are told to write becomes an assignment.
"""

from cases.feel.juel.writing import NULL, Piece, call, named, quoted, uncapitalized

ITEM, CASE, TASK, ITEMS, VARIABLES, NOTHING = "item", "case", "task", "items", "variables", "nothing"

NEAREST, LOCAL, WHOLE_CASE, TRANSIENT = "nearest", "local", "case", "transient"
"""Where an assignment writes; the words of the metamodel's `Scope`."""

Assignment = tuple[str, str, str | None]
"""Where it writes, FEEL for the name, FEEL for the value; without a value the variable is removed."""

BEANS = ("Bean", "Service", "Delegate", "Configuration", "Engine", "Listener", "Utils", "Util", "Manager")
"""How names of Java objects end that no variable holds."""

HOSTS = {
    "planItemInstance": ITEM,
    "variableContainer": ITEM,
    "execution": ITEM,
    "caseExecution": ITEM,
    "task": TASK,
    "caseInstance": CASE,
    "planItemInstances": ITEMS,
}
"""Names that mean an object of the engine."""

NAMES = {"authenticatedUserId": "turn.user"}
"""Names that mean a value of the engine."""

PROPERTIES = {
    ITEM: {
        "id": "item.id",
        "name": "item.name",
        "localizedName": "item.name",
        "state": "item.state",
        "elementId": "item.element",
        "activityId": "item.element",
        "activityName": "item.name",
        "planItemDefinitionId": "item.definition",
        "stageInstanceId": "item.stage",
        "parentId": "item.stage",
        "caseInstanceId": "case.id",
        "caseDefinitionKey": "case.definition",
        "caseDefinitionId": "case.definition",
        "caseDefinitionVersion": "case.version",
        "caseBusinessKey": "case.businessKey",
        "businessKey": "case.businessKey",
        "completable": "turn.completable",
    },
    TASK: {
        "id": "item.id",
        "name": "item.name",
        "taskDefinitionKey": "item.definition",
        "scopeId": "case.id",
        "caseInstanceId": "case.id",
        "subScopeId": "item.id",
        "caseExecutionId": "item.id",
        "caseDefinitionId": "case.definition",
    },
    CASE: {
        "id": "case.id",
        "name": "case.name",
        "localizedName": "case.name",
        "state": "case.state",
        "businessKey": "case.businessKey",
        "businessStatus": "case.businessStatus",
        "caseInstanceId": "case.id",
        "caseDefinitionKey": "case.definition",
        "caseDefinitionId": "case.definition",
        "caseDefinitionVersion": "case.version",
    },
}
"""What may be asked of an object, also by `getId()` and the like."""

INNER = {"caseInstance": CASE, "caseExecution": ITEM, "planItemInstance": ITEM, "execution": ITEM}
"""Objects that may be asked for others."""

_READS = ("getVariable", "getVariableLocal", "getLocalVariable", "getTransientVariable", "getVariableTyped")
READS = frozenset(_READS)
"""Methods that read a variable by its name."""

KNOWS = frozenset(("hasVariable", "hasVariableLocal", "hasLocalVariable"))
"""Methods that ask whether there is a variable."""

BAGS = frozenset(("variables", "caseVariables", "planItemInstanceLocalVariables", "variablesLocal"))
"""Properties that hold all variables by name."""

WRITES = {
    "setVariable": "",
    "setVariableLocal": LOCAL,
    "setLocalVariable": LOCAL,
    "setTransientVariable": TRANSIENT,
    "setTransientVariableLocal": TRANSIENT,
}
"""Methods that write a variable; `""`: where the object itself does."""

REMOVES = {
    "removeVariable": "",
    "removeVariableLocal": LOCAL,
    "removeLocalVariable": LOCAL,
    "removeTransientVariable": TRANSIENT,
}
"""Methods that remove a variable."""

STATES = {
    "available": "available",
    "enabled": "enabled",
    "disabled": "disabled",
    "active": "active",
    "completed": "completed",
    "failed": "failed",
    "suspended": "suspended",
    "terminated": "terminated",
    "unavailable": "unavailable",
}
"""Methods of `planItemInstances` that keep one state; of one item, `isActive()` and the like."""

NEVER = frozenset(("waitingForRepetition", "asyncActive", "asyncActiveLeave"))
"""States of another engine that ours has no instances for."""

_TERMINAL = ("completed", "terminated", "failed")
_LIVE = ("unavailable", "available", "enabled", "disabled", "active", "suspended")

_OFFERED = frozenset(("item", "stage", "case", "turn"))

LISTED = {
    "getDefinitionId": "definition",
    "getDefinitionIds": "definition",
    "getDefinitionName": "name",
    "getDefinitionNames": "name",
}
"""Methods of `planItemInstances` that give one member of each."""

FILTERED = {"definitionId": "definition", "definitionIds": "definition", "name": "name", "names": "name"}
"""Methods of `planItemInstances` that keep those whose member is among the arguments."""


def variable(name: str) -> Piece:
    """A variable of this name, and never what our engine offers by it."""
    return call("juel variable", named(name)) if name in _OFFERED else named(name)


def all_items() -> Piece:
    """All plan item instances of the case."""
    return Piece("turn.items", host=ITEMS)


def property_of(piece: Piece, name: str) -> Piece | None:
    """What a property of an object gives; None for one that is not known."""
    if name in BAGS:
        return Piece(piece.text, host=VARIABLES)
    if name in INNER:
        return Piece(name, host=INNER[name])
    found = PROPERTIES.get(piece.host, {}).get(name)
    return None if found is None else Piece(found)


def told(piece: Piece, method: str) -> Piece | None:
    """What a method of an object without arguments gives: `getName()`, `isActive()`."""
    if method.startswith("get"):
        return property_of(piece, uncapitalized(method[3:]))
    if not method.startswith("is"):
        return None
    state = STATES.get(uncapitalized(method[2:]))
    if state is None:
        return property_of(piece, uncapitalized(method[2:]))
    holder = CASE if piece.host == CASE else ITEM
    return call("juel same", Piece(f"{holder}.state"), quoted(state), is_truth=True)


def items_asked(items: Piece, method: str, arguments: list[Piece]) -> Piece | None:
    """What a method of `planItemInstances` gives; None for one that is not known."""
    if method in FILTERED and arguments:
        return _picked(items, FILTERED[method], arguments)
    if arguments:
        return None
    if method in STATES:
        return _picked(items, "state", [quoted(STATES[method])])
    if method in NEVER:
        return _picked(items, "state", [quoted(method)])
    return _items_told(items, method)


def is_completed_before() -> Piece:
    """Whether an instance of the own definition has completed already."""
    same = _picked(all_items(), "definition", [Piece("item.definition")])
    return _exists(_picked(same, "state", [quoted("completed")]))


def scope_of(host: str, written: str) -> str:
    """Where a method of this object writes."""
    return written or (WHOLE_CASE if host == CASE else NEAREST)


def _items_told(items: Piece, method: str) -> Piece | None:
    match method:
        case "count":
            return call("count", items)
        case "exists":
            return _exists(items)
        case "getList":
            return Piece(items.text)
        case "currentStage":
            found = call("juel items within", all_items(), Piece("item.stage"))
            return Piece(found.text, host=ITEMS)
        case "onlyTerminal":
            return _picked(items, "state", [quoted(state) for state in _TERMINAL])
        case "onlyNonTerminal":
            return _picked(items, "state", [quoted(state) for state in _LIVE])
        case _ if method in LISTED:
            return Piece(f"{items.text}.{LISTED[method]}")
    return None


def _exists(items: Piece) -> Piece:
    return Piece(f"count({items.text}) > 0", is_truth=True, is_whole=False)


def _picked(items: Piece, member: str, values: list[Piece]) -> Piece:
    wanted = Piece(f"[{', '.join(value.text for value in values)}]")
    return Piece(call("juel pick", items, quoted(member), wanted).text, host=ITEMS)


def nothing_left() -> Piece:
    """The value of a method that gives none."""
    return Piece(NULL.text, host=NOTHING)
