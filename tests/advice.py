"""A small case app with all that people may do beside tasks: optional work, a sub-case, a team, ends by hand.

Who gives advice may add a visit, a call, or (an expert) a second opinion on large requests; what the inquiry
finds out is for the head alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app import clock
from cases.persistence.base import Transaction
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM, Actor
from cases.scheduler import worker
from cases.services import deployments, identity, instances, people, tasks
from cases.services.instances import NewCase
from tests.factories import Staff, item_of, password_hash

ADVICE = "advice"
PEOPLE = {
    "mia": ("Mia Sol", "clerk"),
    "bo": ("Bo Lind", "expert"),
    "hedda": ("Hedda Moe", "head"),
    "lo": ("Lo Tan", "auditor"),
}

TEAM = {"mia": frozenset({"clerk"}), "bo": frozenset({"expert"}), "hedda": frozenset[str]()}
"""Whom a case with a team may have."""

APP = """
[app]
key = "advice"
title = "Advice"
owner = "head"
case = "advice"
number = "ADV-{seq:4}"
calendar = "NY"
zone = "America/New_York"

[roles.clerk]
title = "Clerk"

[roles.expert]
title = "Expert"

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
"""

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
             xmlns:cw="https://casewright.org/cmmn" targetNamespace="https://example.org/advice">
  <caseFileItemDefinition id="any" name="any"/>
  <case id="advice" name="Advice">
    <caseFileModel id="file">
      <caseFileItem id="file.request" name="request" definitionRef="any"/>
      <caseFileItem id="file.H" name="H" definitionRef="any" cw:visible="head"/>
    </caseFileModel>
    <casePlanModel id="plan" name="Advice">
      <planItem id="W" name="Answer the request" definitionRef="d.W">
        <itemControl><requiredRule id="W.required"/></itemControl>
      </planItem>
      <planItem id="C" name="Check the person" definitionRef="d.C">
        <itemControl><manualActivationRule id="C.manual"/></itemControl>
      </planItem>
      <planItem id="H" name="Inquiry" definitionRef="d.H">
        <itemControl><manualActivationRule id="H.manual"/></itemControl>
      </planItem>
      <planItem id="L" name="Send a letter" definitionRef="d.L">
        <entryCriterion id="L.entry" sentryRef="L.sentry"/>
      </planItem>
      <planItem id="N" name="Report the inquiry" definitionRef="d.N">
        <entryCriterion id="N.entry" sentryRef="N.sentry"/>
      </planItem>
      <planItem id="M" name="Answered" definitionRef="d.M">
        <entryCriterion id="M.entry" sentryRef="M.sentry"/>
      </planItem>
      <planItem id="S" name="Survey" definitionRef="d.S">
        <itemControl><manualActivationRule id="S.manual"/></itemControl>
      </planItem>
      <sentry id="L.sentry">
        <planItemOnPart id="L.on" sourceRef="W"><standardEvent>complete</standardEvent></planItemOnPart>
        <ifPart id="L.if"><condition id="L.condition">request.amount &gt; 1000</condition></ifPart>
      </sentry>
      <sentry id="N.sentry">
        <planItemOnPart id="N.on" sourceRef="W"><standardEvent>complete</standardEvent></planItemOnPart>
        <planItemOnPart id="N.on2" sourceRef="H"><standardEvent>complete</standardEvent></planItemOnPart>
        <ifPart id="N.if"><condition id="N.condition">H.score &gt; 77</condition></ifPart>
      </sentry>
      <sentry id="M.sentry">
        <planItemOnPart id="M.on" sourceRef="W"><standardEvent>complete</standardEvent></planItemOnPart>
      </sentry>
      <planningTable id="table">
        <discretionaryItem id="D.call" name="Call back" definitionRef="d.call"/>
        <discretionaryItem id="D.visit" name="Visit" definitionRef="d.visit"/>
        <discretionaryItem id="D.audit" name="Ask the auditor" definitionRef="d.audit"
          applicabilityRuleRefs="R.large"/>
        <discretionaryItem id="D.trap" name="Set a trap" definitionRef="d.trap"
          applicabilityRuleRefs="R.secret"/>
        <applicabilityRule id="R.large" name="Large">
          <condition id="R.large.c">request.amount &gt; 1000</condition>
        </applicabilityRule>
        <applicabilityRule id="R.secret" name="Secret">
          <condition id="R.secret.c">H.score &gt; 77</condition>
        </applicabilityRule>
      </planningTable>
      <humanTask id="d.W" name="Answer" performerRef="role.clerk">
        <planningTable id="table.W">
          <discretionaryItem id="D.opinion" name="Second opinion" definitionRef="d.opinion"
            authorizedRoleRefs="role.expert"/>
        </planningTable>
      </humanTask>
      <caseTask id="d.C" name="Check" caseRef="check"/>
      <humanTask id="d.H" name="Inquiry" performerRef="role.expert"/>
      <humanTask id="d.L" name="Letter" performerRef="role.clerk"/>
      <humanTask id="d.N" name="Report" performerRef="role.clerk"/>
      <milestone id="d.M" name="Answered"/>
      <humanTask id="d.S" name="Survey" performerRef="role.clerk"/>
      <humanTask id="d.call" name="Call" performerRef="role.clerk"/>
      <stage id="d.visit" name="Visit" autoComplete="true">
        <planItem id="V1" name="Make an appointment" definitionRef="d.V1"/>
        <planItem id="V2" name="Go there" definitionRef="d.V2"/>
        <humanTask id="d.V1" name="Appointment" performerRef="role.clerk"/>
        <humanTask id="d.V2" name="Visit" performerRef="role.clerk"/>
      </stage>
      <humanTask id="d.audit" name="Audit" performerRef="role.expert"/>
      <humanTask id="d.trap" name="Trap" performerRef="role.expert"/>
      <humanTask id="d.opinion" name="Opinion" performerRef="role.expert"/>
    </casePlanModel>
    <caseRoles id="roles">
      <role id="role.clerk" name="clerk"/>
      <role id="role.expert" name="expert"/>
    </caseRoles>
  </case>
  <case id="check" name="Check a person">
    <casePlanModel id="check.plan" name="Check a person">
      <planItem id="K" name="Look at the papers" definitionRef="d.K"/>
      <humanTask id="d.K" name="Papers"/>
    </casePlanModel>
  </case>
</definitions>
"""


def files() -> dict[str, bytes]:
    """The files of the app."""
    return {"app.toml": APP.encode(), "model.cmmn": MODEL.encode()}


def deploy(session: Session, now: datetime) -> Staff:
    """Deploy it, and make its people, each with one role."""
    deployments.deploy(session, files(), SYSTEM, now)
    made = Staff()
    for name, (display, role) in PEOPLE.items():
        user = people.create_user(session, name, display, password_hash(), now)
        people.grant(session, user, ADVICE, role, now)
        made.actors[name] = Actor(user, name, display, identity.grants_of(session, user, now))
    return made


@dataclass(slots=True)
class Advised:
    """Cases of the app, by the addresses of their pages."""

    transaction: Transaction
    cases: dict[str, int] = field(default_factory=dict)

    def start(self, team: Mapping[str, frozenset[str]] | None = None, **inputs: object) -> str:
        """A case that has just begun; the address of its page."""
        now = clock.host_now()
        number = instances.number_for(self.transaction, ADVICE, now)
        given = {"request": {"amount": 300}, **inputs}
        with self.transaction() as session:
            new = NewCase(app_key=ADVICE, inputs=given, number=number, title="Help Mrs. Berg", team=team)
            turn = instances.start(session, new, SYSTEM, "test", now)
        path = f"/cases/{turn.business_key}"
        self.cases[path] = turn.case_id
        return path

    def answer(self, path: str, actor: Actor) -> None:
        """Somebody does what is required."""
        now, case_id = clock.host_now(), self.cases[path]
        with self.transaction() as session:
            item = item_of(session, case_id, "W")
            row = session.query(HumanTaskRow).filter_by(case_id=case_id, plan_item=item).one()
            tasks.claim(session, row.id, actor, now)
            tasks.complete(session, row.id, {}, actor, now)

    def complete(self, path: str, actor: Actor) -> None:
        """Somebody completes the case by hand."""
        with self.transaction() as session:
            instances.complete(session, self.cases[path], actor, "test", clock.host_now())

    def rest(self) -> None:
        """Let all happen that is due."""
        worker.tick(self.transaction, clock.host_now())
