"""What the outside services know, read from files of payloads and facts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]
"""Bodies and facts are JSON that others wrote: no type can be promised for a value in them."""


class UnreadableFacts(ValueError):
    """A facts file that is not what `--facts` takes; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts by what a request may carry. Of two lines that are found by the same, the later one holds."""

    by_id: Mapping[str, Json]
    by_policy: Mapping[str, Sequence[tuple[str, Json]]]
    by_vin: Mapping[str, Json]

    def find(self, asked: Mapping[str, str | None]) -> Json | None:
        """Look by `externalId`, else by `policyNumber` on the day of `lossAt`, else by `vin`."""
        known = self.by_id.get(asked.get("externalId") or "")
        if known is not None:
            return known
        for loss_at, facts in self.by_policy.get(asked.get("policyNumber") or "", []):
            if _same_day(loss_at, asked.get("lossAt") or ""):
                return facts
        return self.by_vin.get(asked.get("vin") or "")


def read_facts(files: Sequence[Path]) -> Facts:
    """Read files of the payloads' own format; raise `UnreadableFacts`. A later file wins."""
    by_id: dict[str, Json] = {}
    by_policy: dict[str, list[tuple[str, Json]]] = {}
    by_vin: dict[str, Json] = {}
    for payload, facts in (line for file in files for line in _lines(file)):
        by_id[str(payload.get("externalId"))] = facts
        of_policy = by_policy.setdefault(str(payload.get("policyNumber")), [])
        of_policy.insert(0, (str(payload.get("lossAt")), facts))
        by_vin |= {str(vehicle.get("vin")): facts for vehicle in payload.get("vehicles") or []}
    return Facts(by_id, by_policy, by_vin)


def anywhere(value: object, name: str) -> str | None:
    """Return the first text of that name in a JSON value, the outermost first."""
    layer = [value]
    while layer:
        for item in layer:
            if isinstance(item, dict) and isinstance(item.get(name), str):
                return str(item[name])
        layer = [inner for item in layer for inner in _inside(item)]
    return None


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _lines(file: Path) -> Iterator[tuple[Json, Json]]:
    """Yield payload and facts of each line that has facts: one without says nothing."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFacts(f"{file}: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            payload, facts = dict(entry["payload"]), dict(entry["facts"])
        except (ValueError, KeyError, TypeError):
            raise UnreadableFacts(f"{file}:{number}: not an object with `payload` and `facts`") from None
        if facts:
            yield payload, facts


def _same_day(known: str, asked: str) -> bool:
    """The same day as it was written, or the same instant, in whatever zone it was asked."""
    asked = asked.replace(" ", "+")  # a plus that nobody escaped
    if known[:10] == asked[:10]:
        return True
    try:
        return datetime.fromisoformat(known) == datetime.fromisoformat(asked)
    except ValueError:
        return False
