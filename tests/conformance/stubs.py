"""Stub decisions of a scenario (`conformance/FORMAT.md`, section 9) as tables made of their rows."""

import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from cases import dmn
from cases.dmn import Definitions

_DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def decisions(stubs: Mapping[str, Mapping[str, object]], texts: Sequence[str]) -> dict[str, Definitions]:
    """The decision of every stub of that kind, by id; inputs and outputs as the model declares them."""
    found: dict[str, Definitions] = {}
    for id_, stub in stubs.items():
        if stub["kind"] == "decision":
            body = next(
                match[1]
                for text in texts
                for match in re.finditer(rf'<decision id="{id_}".*?>(.*?)</decision>', text, re.DOTALL)
            )
            found[id_] = dmn.read(_table(id_, body, stub["rows"]), id_)  # type: ignore[arg-type]
    return found


def _table(id_: str, body: str, rows: Sequence[Mapping[str, Mapping[str, object]]]) -> bytes:
    inputs = re.findall(r'<input [^>]*name="([^"]+)"', body)
    outputs = re.findall(r'<output [^>]*name="([^"]+)"', body)
    columns = "".join(
        f"<input><inputExpression><text>{escape(name)}</text></inputExpression></input>" for name in inputs
    )
    columns += "".join(f"<output name={quoteattr(name)}/>" for name in outputs)
    rules = "".join(_rule(row, inputs, outputs) for row in rows)
    data = "".join(
        f'<inputData id="in.{name}" name={quoteattr(name)}><variable name={quoteattr(name)}/></inputData>'
        for name in inputs
    )
    needed = "".join(
        f'<informationRequirement><requiredInput href="#in.{name}"/></informationRequirement>'
        for name in inputs
    )
    return (
        f'<definitions xmlns="{_DMN}" name="stub" namespace="https://example.org/stub">{data}'
        f'<decision id="{id_}" name="{id_}"><variable name="{id_}"/>{needed}'
        f'<decisionTable hitPolicy="FIRST">{columns}{rules}</decisionTable></decision></definitions>'
    ).encode()


def _rule(row: Mapping[str, Mapping[str, object]], inputs: Sequence[str], outputs: Sequence[str]) -> str:
    entries = [("inputEntry", row["when"].get(name, ...)) for name in inputs]
    entries += [("outputEntry", row["result"].get(name)) for name in outputs]
    texts = "".join(f"<{tag}><text>{escape(_feel(value))}</text></{tag}>" for tag, value in entries)
    return f"<rule>{texts}</rule>"


def _feel(value: object) -> str:
    if value is ...:
        return "-"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)
