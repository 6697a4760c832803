"""What the outside remembers: calls that arrived, effects they had, and how each service is switched."""

import hashlib
import threading
from dataclasses import dataclass, field

from flask import current_app

from app.clock import host_now
from app.mock.facts import Facts, Json


@dataclass(slots=True)
class Switch:
    """How a service behaves: some answers used up one a call, or one always; late; or never."""

    answers: list[int] = field(default_factory=list)
    always: int | None = None
    delay_s: float = 0
    hang: bool = False
    effect: bool = False
    """What was asked is done, and then the failure is answered: an answer that got lost."""
    released: threading.Event = field(default_factory=threading.Event)
    """Set when the service is switched again: what hung there is let go."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one call; status 0 is the service's own answer."""

    status: int
    switch: Switch


class World:
    """Shared by the threads of the server, so that every change holds the lock."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.calls: list[Json] = []
        self.ledger: dict[str, dict[str, Json]] = {}
        self._switches: dict[str, Switch] = {}
        self._lock = threading.Lock()

    def turn(self, service: str, switch: Switch) -> None:
        with self._lock:
            self._switches.pop(service, switch).released.set()
            switch.released.clear()
            self._switches[service] = switch

    def arrived(self, call: Json) -> Json:
        """List a call before anything comes of it, and return its row."""
        row = {"at": host_now().isoformat(), **call, "status": None}
        with self._lock:
            self.calls.append(row)
        return row

    def verdict(self, service: str) -> Verdict:
        """Use up one answer of the switch. A success among them is the service's own."""
        with self._lock:
            switch = self._switches.get(service) or Switch()
            status = switch.always or (switch.answers.pop(0) if switch.answers else 0)
        if switch.hang:
            return Verdict(status or 503, switch)
        return Verdict(0 if status < 400 else status, switch)

    def do_once(self, service: str, key: str, body: Json, outcome: tuple[str, str]) -> tuple[bool, Json]:
        """Return whether this key is new, and the answer. Its id follows from the key, so it outlives us."""
        id_name, status = outcome
        number = hashlib.sha256(f"{service} {key}".encode()).hexdigest()[:16]
        with self._lock:
            done = self.ledger.setdefault(service, {})
            is_new = key not in done
            if is_new:
                answer = {id_name: f"{service}_{number}", "status": status}
                done[key] = {"at": host_now().isoformat(), "body": body, "answer": answer, "requests": 0}
            done[key]["requests"] += 1
            return is_new, done[key]["answer"]

    def done(self, service: str, key: str) -> Json | None:
        """Return the answer that a key once got; None where nothing was done under it."""
        with self._lock:
            effect = self.ledger.get(service, {}).get(key)
            return None if effect is None else dict(effect["answer"])

    def undo(self, service: str, number: str, status: str) -> Json | None:
        """Give what was done another status; None where nothing of that number was done."""
        with self._lock:
            for effect in self.ledger.get(service, {}).values():
                if number in effect["answer"].values():
                    effect["answer"] = effect["answer"] | {"status": status}
                    return dict(effect["answer"])
        return None


def current_world() -> World:
    """Return the world of the application at hand."""
    world: World = current_app.extensions[World.__name__]
    return world
