"""A whole app in a few lines, for tests that break it."""

APP = """\
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
authority = 1000.50

[calendars.NY]
zone = "America/New_York"
country = "US"
days = ["Mon-Thu", "Sat"]
hours = ["09:00-12:00", "13:00-24:00"]
closed = ["2026-12-24"]

[connections.bureau]
title = "Bureau"
breaker = {failures = 5, within = "PT60S", open = "PT120S"}

[connections.bureau.operations.score]
method = "GET"
path = "/scores/{person}?key={idempotencyKey}"
answer = "{score: body.score}"

[connections.bureau.operations.score.status]
402 = "fault unpaid"
404 = "{score: null}"

[search.person]
title = "Person"
value = "applicant.id"

[intake.loans]
endpoint = "loans"
key = "id"
schema = "intake/loans.schema.json"

[intake.loans.instants]
at = "zone"

[intake.loans.map]
applicant = "{id: id, at: at, amount: number(amount)}"

[[intake.loans.checks]]
field = "at"
code = "IN_FUTURE"
unless = "at = null or date and time(at) <= now()"

[[intake.loans.checks]]
each = "files"
code = "EMPTY"
unless = "item.bytes > 0"

[[intake.loans.warnings]]
field = "amount"
code = "LARGE"
unless = "number(amount) < 1000"
"""

MODEL = """\
<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:cw="https://casewright.org/cmmn"
             id="definitions" targetNamespace="https://example.org/loan">
  <case id="loan" name="Loan">
    <caseFileModel>
      <caseFileItem id="file.applicant" name="applicant"/><caseFileItem id="s" name="own" cw:visible="clerk"/>
    </caseFileModel>
    <casePlanModel id="plan" name="Loan" autoComplete="true">
      <planItem id="SV1" definitionRef="d.SV1"/>
      <planItem id="D1" definitionRef="d.D1"><entryCriterion id="entry.D1" sentryRef="if.D1"/></planItem>
      <planItem id="T1" definitionRef="d.T1"><entryCriterion id="entry.T1" sentryRef="if.T1"/></planItem>
      <planItem id="M1" definitionRef="d.M1"><entryCriterion id="entry.M1" sentryRef="if.M1"/></planItem>
      <sentry id="if.D1">
        <planItemOnPart id="on.D1" sourceRef="SV1"><standardEvent>complete</standardEvent></planItemOnPart>
      </sentry>
      <sentry id="if.T1">
        <planItemOnPart id="on.T1" sourceRef="D1"><standardEvent>complete</standardEvent></planItemOnPart>
        <ifPart><condition>D1 = "ask"</condition></ifPart>
      </sentry>
      <sentry id="if.M1">
        <planItemOnPart id="on.M1" sourceRef="T1"><standardEvent>complete</standardEvent></planItemOnPart>
        <ifPart><condition>T1.decision = "grant" or T1.decision = "refuse"</condition></ifPart>
      </sentry>
      <task id="d.SV1" name="Score" cw:connection="bureau" cw:operation="score"
            cw:fallback="answer {score: null}">
        <extensionElements><cw:in name="person">applicant.id</cw:in></extensionElements>
      </task>
      <decisionTask id="d.D1" name="Rate" decisionRef="rate">
        <extensionElements><cw:in name="score">SV1.score</cw:in></extensionElements>
      </decisionTask>
      <humanTask id="d.T1" name="Decide" cw:form="T1" cw:role="clerk" cw:due="8 bh" cw:fourEyes="T1"/>
      <milestone id="d.M1" name="Decided"/>
    </casePlanModel>
  </case>
</definitions>
"""

TABLE = """\
<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="definitions" name="Rate" namespace="n">
  <inputData id="i" name="score"><variable name="score" typeRef="number"/></inputData>
  <decision id="rate" name="Rate">
    <variable id="v" name="Rate"/>
    <informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="c"><inputExpression typeRef="number"><text>score</text></inputExpression></input>
      <output id="o" name="what" typeRef="string"/>
      <rule id="r1">
        <inputEntry><text>-</text></inputEntry><outputEntry><text>"ask"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""

FORM = """\
{"key": "T1", "title": "Decide", "fields": [
  {"key": "decision", "type": "choice", "label": "Decision", "required": true,
   "choices": [{"value": "grant", "label": "Grant"}, {"value": "refuse", "label": "Refuse"}]},
  {"key": "note", "type": "text", "label": "Note", "editable_by": ["clerk"], "visible_if": "SV1.score > 3"}]}
"""

SCHEMA = """\
{"type": "object", "required": ["id", "amount"], "properties": {
  "id": {"type": "string", "minLength": 1}, "zone": {"type": ["string", "null"]},
  "at": {"type": ["string", "null"], "format": "date-time"},
  "amount": {"type": "string", "pattern": "^[0-9]+([.][0-9]+)?$", "x-code": "DECIMAL"},
  "files": {"type": "array", "items": {"type": "object", "properties": {"bytes": {"type": "integer"}}}}}}
"""


def files(**changed: tuple[str, str]) -> dict[str, bytes]:
    """The app; `app`, `model`, `table`, `form` or `schema` with one text in place of another."""
    texts = {"app": APP, "model": MODEL, "table": TABLE, "form": FORM, "schema": SCHEMA}
    for name, (old, new) in changed.items():
        assert old in texts[name], f"{old!r} does not stand in {name}"
        texts[name] = texts[name].replace(old, new)
    return {
        "app.toml": texts["app"].encode(),
        "loan.cmmn": texts["model"].encode(),
        "rate.dmn": texts["table"].encode(),
        "forms/T1.json": texts["form"].encode(),
        "intake/loans.schema.json": texts["schema"].encode(),
    }
