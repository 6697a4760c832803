"""Bare models that call each other, and a world to run them in: one clock, and all that is due at once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from cases.cmmn.commands import AnyCommand
from cases.cmmn.instance import ItemState
from cases.persistence.base import Base, Transaction
from cases.persistence.instances import CaseInstanceRow
from cases.policy.access import SYSTEM
from cases.scheduler import worker
from cases.services import deployments, execution, instances
from cases.services.execution import Turn

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:cw="https://casewright.org/cmmn"
             targetNamespace="https://example.org/calls">
"""


def model(*cases: str) -> bytes:
    """A file of models; in Flowable's words if one of them uses any."""
    head = _HEAD
    if any("flowable:" in text for text in cases):
        head = head.replace("xmlns:cw=", 'xmlns:flowable="http://flowable.org/cmmn" xmlns:cw=')
    return (head + "\n".join(cases) + "\n</definitions>").encode()


def case(key: str, plan: str, *, before: str = "", roles: str = "", name: str = "") -> str:
    """One case: its plan model holds plan items, then sentries, then definitions."""
    return (
        f'<case id="{key}" name="{name or key.title()}">{before}'
        f'<casePlanModel id="plan.{key}" name="Plan of {key}">{plan}</casePlanModel>{roles}</case>'
    )


def call(callee: str, more: str = "", inner: str = "") -> str:
    """The plan of a case that calls another one, and does nothing else until it is told to."""
    return f"""
    <planItem id="C" definitionRef="d.C"/><planItem id="T" definitionRef="d.T"/>
    <caseTask id="d.C" name="Call" caseRef="{callee}" {more}>{inner}</caseTask>
    <humanTask id="d.T" name="Own work"/>"""


WORK = """<planItem id="W" definitionRef="d.W"/><humanTask id="d.W" name="Work"/>"""
"""The plan of a case with one task."""


class World:
    """A database, models in it, and a clock that a test moves."""

    def __init__(self, transaction: Transaction, *cases: str) -> None:
        self.transaction = transaction
        self.now = NOW
        self.deployment = self.deploy(*cases) if cases else 0

    def deploy(self, *cases: str, family: str = "") -> int:
        with self.transaction() as session:
            return deployments.deploy(session, {"model.cmmn": model(*cases)}, SYSTEM, self.now, family)

    def start(self, key: str, tenant: str = "", **more: Any) -> int:
        number = instances.number_for(self.transaction, "", self.now, case=key, tenant=tenant)
        new = instances.NewCase(case=key, tenant=tenant, number=number, **{"inputs": {}, **more})
        with self.transaction() as session:
            case_id = instances.start(session, new, SYSTEM, "test", self.now).case_id
        self.rest()
        return case_id

    def do(self, case_id: int, command: AnyCommand) -> Turn:
        with self.transaction() as session:
            return execution.execute(session, case_id, command, SYSTEM, "test", self.now)

    def rest(self, **passed: float) -> int:
        """Let all happen that is due."""
        self.now += timedelta(**passed)
        return worker.tick(self.transaction, self.now)

    def item(self, case_id: int, plan_item: str) -> ItemState:
        """The newest instance of a plan item."""
        with self.transaction() as session:
            found = execution.look(session, case_id).case
        return [one for one in found.items() if found.plan_item(one.iid).id == plan_item][-1]

    def states(self, case_id: int) -> dict[str, str]:
        with self.transaction() as session:
            found = execution.look(session, case_id).case
        named = {found.plan_item(one.iid).id: one.state.word.lower() for one in found.items() if one.iid}
        return named | {"case": found.case_state.word.lower()}

    def file(self, case_id: int) -> Mapping[str, object]:
        with self.transaction() as session:
            return dict(execution.look(session, case_id).case.file())

    def children(self, key: str) -> list[int]:
        """The cases of a definition, the oldest first."""
        with self.transaction() as session:
            found = select(CaseInstanceRow.id).where(CaseInstanceRow.definition == key)
            return list(session.scalars(found.order_by(CaseInstanceRow.opened_at, CaseInstanceRow.id)))

    def rows(self, row: type[Base]) -> list[Any]:
        with self.transaction() as session:
            return list(session.scalars(select(row)))
