"""A small case app, as large as one likes: a decision, four eyes, a step, timers, and rows of idle tasks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.persistence.base import take_number
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM, Actor, Grant
from cases.services import deployments, instances, people
from cases.services.execution import Turn

Transaction = Callable[[], AbstractContextManager[Session]]

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FAMILY = "loans"

_APP = """
[app]
key = "loans"
title = "Loans"
owner = "head"
case = "loan"
number = "LN-{yyyy}-{seq:4}"
calendar = "NY"
zone = "America/New_York"

[roles.clerk]
title = "Clerk"
authority = 1000
[roles.head]
title = "Head"
supervisor = true
[roles.auditor]
title = "Auditor"
read_only = true

[calendars.NY]
zone = "America/New_York"
days = "Mon-Fri"
hours = ["09:00-17:00"]

[connections.bureau]
title = "Bureau"
[connections.bureau.operations.score]
method = "GET"
path = "/score"

[search.person]
title = "Person"
value = "applicant.id"

[sla.decide]
title = "Decision"
within = "16 bh"
"""

_FORM = b"""
{"key": "T1", "title": "Decide", "fields": [
  {"key": "outcome", "type": "choice", "label": "Outcome", "required": true,
   "choices": [{"value": "grant", "label": "Grant"}, {"value": "deny", "label": "Deny"}]},
  {"key": "note", "type": "text", "label": "Note"}
]}
"""

_MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:cw="https://casewright.org/cmmn"
             id="definitions" targetNamespace="https://example.org/loans">
  <case id="loan" name="Loan" cw:title='"Loan for " + applicant.name'>
    <caseFileModel>
      <caseFileItem id="file.applicant" name="applicant"/>
      <caseFileItem id="file.secret" name="secret" cw:visible="head"/>
      <caseFileItem id="file.T1" name="T1"/>
      <caseFileItem id="file.T2" name="T2"/>
      <caseFileItem id="file.SV1" name="SV1"/>
      <caseFileItem id="file.M1" name="M1"/>
    </caseFileModel>
    <casePlanModel id="plan" name="Loan">
      <planItem id="T1" definitionRef="d.T1"/>
      <planItem id="T2" definitionRef="d.T2">
        <entryCriterion id="entry.T2" sentryRef="if.T2"/>
      </planItem>
      <planItem id="SV1" definitionRef="d.SV1">
        <entryCriterion id="entry.SV1" sentryRef="if.SV1"/>
      </planItem>
      <planItem id="TE1" definitionRef="d.TE1"/>
      <planItem id="S1" definitionRef="d.S1">
        <exitCriterion id="exit.S1" sentryRef="if.S1"/>
      </planItem>
      <planItem id="UE1" definitionRef="d.UE1"/>
      <planItem id="M1" definitionRef="d.M1">
        <entryCriterion id="entry.M1" sentryRef="if.M1"/>
      </planItem>
      {items}
      <sentry id="if.T2">
        <planItemOnPart id="on.T2" sourceRef="T1"><standardEvent>complete</standardEvent></planItemOnPart>
      </sentry>
      <sentry id="if.SV1">
        <planItemOnPart id="on.SV1" sourceRef="T1"><standardEvent>complete</standardEvent></planItemOnPart>
      </sentry>
      <sentry id="if.S1">
        <planItemOnPart id="on.S1" sourceRef="T1"><standardEvent>complete</standardEvent></planItemOnPart>
      </sentry>
      <sentry id="if.M1">
        <planItemOnPart id="on.M1" sourceRef="TE1"><standardEvent>occur</standardEvent></planItemOnPart>
      </sentry>
      <stage id="d.S1" name="Patience">
        <planItem id="TE2" definitionRef="d.TE2"/>
        <planItem id="UE2" definitionRef="d.UE2"/>
        <timerEventListener id="d.TE2" name="Give up">
          <timerExpression>P30D</timerExpression>
        </timerEventListener>
        <userEventListener id="d.UE2" name="Hurry"/>
      </stage>
      <humanTask id="d.T1" name="Decide" cw:form="T1" cw:role="clerk" cw:due="8 bh" cw:priority="2"
                 cw:sla="decide"/>
      <humanTask id="d.T2" name="Approve" cw:role="clerk head" cw:due="= applicant.due" cw:fourEyes="T1"
                 cw:authority="applicant.amount"/>
      <task id="d.SV1" name="Score" cw:connection="bureau" cw:operation="score"
            cw:key='"score:" + applicant.id' cw:retry="3, PT1S x2" cw:fallback="fault">
        <extensionElements><cw:in name="person">applicant.id</cw:in></extensionElements>
      </task>
      <timerEventListener id="d.TE1" name="Remind">
        <timerExpression>PT48H</timerExpression>
      </timerEventListener>
      <userEventListener id="d.UE1" name="Withdraw"/>
      <milestone id="d.M1" name="Reminded"/>
      {definitions}
    </casePlanModel>
    <caseRoles id="roles"><role id="role.clerk" name="clerk"/></caseRoles>
  </case>
</definitions>
"""


def app_files(idle: int = 4) -> dict[str, bytes]:
    """The files of the app, with so many idle tasks beside its nine items."""
    items = [
        f'<planItem id="X{n}" definitionRef="d.X"><itemControl>'
        f'<manualActivationRule id="manual.X{n}"/></itemControl></planItem>'
        for n in range(idle)
    ]
    definitions = '<humanTask id="d.X" name="Idle" cw:role="clerk"/>' if idle else ""
    model = _MODEL.replace("{items}", "\n".join(items)).replace("{definitions}", definitions)
    return {"app.toml": _APP.encode(), "loan.cmmn": model.encode(), "forms/T1.json": _FORM}


def deploy(transaction: Transaction, idle: int = 4) -> None:
    with transaction() as session:
        deployments.deploy(session, app_files(idle), SYSTEM, NOW)


def open_loan(
    transaction: Transaction, amount: str = "500", name: str = "Ada", now: datetime = NOW, **more: object
) -> Turn:
    """A case, opened by the system."""
    applicant = {"name": name, "id": "p-1", "amount": Decimal(amount), **more}
    number = take_number(transaction, "LN-2026-{seq:4}")
    new = instances.NewCase(app_key="loans", inputs={"applicant": applicant}, number=number)
    with transaction() as session:
        return instances.start(session, new, SYSTEM, "test", now)


def person(transaction: Transaction, name: str, *roles: str) -> Actor:
    """Somebody who is there, with these roles."""
    authority = {"clerk": Decimal(1000)}
    with transaction() as session:
        number = people.create_user(session, name, name.title(), None, NOW)
        for role in roles:
            people.grant(session, number, FAMILY, role, NOW)
    grants = frozenset(
        Grant(
            FAMILY,
            role,
            authority=authority.get(role),
            supervisor=role == "head",
            read_only=role == "auditor",
        )
        for role in roles
    )
    return Actor(number, name, name.title(), grants)


def task_id(session: Session, definition: str, case_id: int | None = None) -> int:
    """The newest task of a plan item."""
    found = select(HumanTaskRow.id).where(HumanTaskRow.definition == definition)
    if case_id is not None:
        found = found.where(HumanTaskRow.case_id == case_id)
    return session.scalars(found.order_by(HumanTaskRow.id.desc())).first() or 0
