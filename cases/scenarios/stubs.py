"""Stand-ins for what lies outside the engine: decisions as tables made of their rows."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from cases import xmldoc
from cases.scenarios.values import data

_DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_MODELS = (".cmmn", ".cmmn.xml")
_ANY = "-"

Stubs = Mapping[str, Mapping[str, Any]]
Row = Mapping[str, Mapping[str, object]]


def tables(stubs: Stubs, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The decisions among the stubs as `.dmn` files, their inputs and outputs as the models declare them."""
    wanted = {id_: stub["rows"] for id_, stub in stubs.items() if stub["kind"] == "decision"}
    declared = {} if not wanted else _declared(files)
    return {
        f"stub-{number}.dmn": _file(known, inputs, outputs, rows)
        for number, (id_, rows) in enumerate(wanted.items(), 1)
        for known, inputs, outputs in [declared.get(id_, (id_, [], []))]
    }


def _declared(files: Mapping[str, bytes]) -> dict[str, tuple[str, list[str], list[str]]]:
    """What tasks call every decision that the models declare, and the names of its inputs and outputs."""
    found: dict[str, tuple[str, list[str], list[str]]] = {}
    for name, content in files.items():
        if not name.endswith(_MODELS):
            continue
        for element in xmldoc.parse(content, source=name).iter():
            if xmldoc.local_name(element) == "decision":
                id_ = str(element.get("id"))
                known = (element.get("externalRef") or id_).rpartition("#")[2]
                found[id_] = (known, _names(element, "input"), _names(element, "output"))
    return found


def _names(decision: xmldoc.Element, kind: str) -> list[str]:
    children = (child for child in decision if xmldoc.local_name(child) == kind)
    return [name for child in children if (name := child.get("name"))]


def _file(id_: str, inputs: Sequence[str], outputs: Sequence[str], rows: Sequence[Row]) -> bytes:
    """One decision table; what only the rows name is an input or output too."""
    asked = list(dict.fromkeys([*inputs, *(name for row in rows for name in row.get("when", {}))]))
    given = list(dict.fromkeys([*outputs, *(name for row in rows for name in row["result"])]))
    root = xmldoc.new(_tag("definitions"), {None: _DMN})
    root.set("name", "stub")
    root.set("namespace", "https://casewright.org/stub")
    for number, name in enumerate(asked):
        data_of = _add(root, "inputData", id=f"in{number}", name=name)
        _add(data_of, "variable", name=name)
    decision = _add(root, "decision", id=id_, name=id_)
    _add(decision, "variable", name=id_)
    for number in range(len(asked)):
        _add(_add(decision, "informationRequirement"), "requiredInput", href=f"#in{number}")
    table = _add(decision, "decisionTable", hitPolicy="FIRST")
    for name in asked:
        _say(_add(_add(table, "input"), "inputExpression"), name)
    for name in given:
        _add(table, "output", name=name)
    for row in rows:
        rule = _add(table, "rule")
        when = row.get("when", {})
        for name in asked:
            _say(_add(rule, "inputEntry"), _feel(when[name]) if name in when else _ANY)
        for name in given:
            _say(_add(rule, "outputEntry"), _feel(row["result"].get(name)))
    return xmldoc.tostring(root)


def _add(parent: xmldoc.Element, tag: str, **attributes: str) -> xmldoc.Element:
    return xmldoc.add(parent, _tag(tag), attributes)


def _say(parent: xmldoc.Element, text: str) -> None:
    _add(parent, "text").text = text


def _tag(name: str) -> str:
    return f"{{{_DMN}}}{name}"


def _feel(value: object) -> str:
    """A value as FEEL writes it."""
    match data(value):
        case None:
            return "null"
        case bool(truth):
            return "true" if truth else "false"
        case int() | Decimal() as number:
            return str(number)
        case str(text):
            quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{quoted}"'
        case list(inner):
            return f"[{', '.join(map(_feel, inner))}]"
        case dict(inner):
            return "{" + ", ".join(f"{_feel(name)}: {_feel(one)}" for name, one in inner.items()) + "}"
    raise TypeError(f"a {type(value).__name__} is no value of a scenario")
