"""{path: bytes} -> CaseApp, or Invalid with every problem, its file and its line."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from cases import dmn
from cases.caseapp import manifest
from cases.caseapp.document import CaseApp, RoleSpec
from cases.caseapp.manifest import Manifest, Table
from cases.cmmn import reader as cmmn_reader
from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.profile import CAMUNDA, FLOWABLE, STRICT, Profile
from cases.cmmn.remarks import Kind, Remark
from cases.dmn import Definitions
from cases.errors import Invalid, Problem
from cases.feel import FeelError, parse
from forms.definition import FormDefinition
from forms.errors import InvalidForm
from forms.reader import read_form

APP = "app.toml"
PROFILES = {"strict": STRICT, "flowable": FLOWABLE, "camunda": CAMUNDA}
STAFF = RoleSpec("staff", "Staff", supervisor=True, operator=True)
"""The one role of a bare model: who holds it does everything that its cases ask for."""

BARE_NUMBER = "CASE-{yyyy}-{seq:6}"
_NAMELESS = "I-06"
"""Elements without an id got one: that is no news to an author."""

_FORMS = "forms/"


def read(files: Mapping[str, bytes]) -> CaseApp:
    """The app that these files are; without `app.toml` a bare model, wrapped. Raises Invalid."""
    reading = _Reading(files)
    app = reading.app()
    if reading.problems or app is None:
        raise Invalid(reading.problems or [Problem("APP-EMPTY", "there is no model in it")])
    return app


@dataclass(slots=True)
class _Reading:
    """One app being read."""

    files: Mapping[str, bytes]
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    remarks: list[Problem] = field(default_factory=list)

    def app(self) -> CaseApp | None:
        """The app; None where its `app.toml` cannot be used."""
        found = Manifest(APP, self._text(APP), self._schemas()) if APP in self.files else None
        cases = self._cases(None if found is None else self._profile(found))
        decisions = self._decisions()
        forms = self._forms()
        if found is None or found.is_bare():
            return self._remarked(_bare(cases, decisions, forms, self.sources))
        document = found.load()
        app = self._remarked(
            None if document is None else self._whole(document, found, cases, decisions, forms)
        )
        self.problems += found.problems
        return app

    def _whole(
        self,
        document: Table,
        found: Manifest,
        cases: Mapping[str, CaseDefinition],
        decisions: Mapping[str, Definitions],
        forms: Mapping[str, FormDefinition],
    ) -> CaseApp:
        own = document["app"]
        case = own.get("case") or next(iter(cases), "")
        # A model that cannot be read has been reported; that its case is missing, too, is no news.
        if case not in cases and not self.problems:
            found.refuse("APP-REFERENCE", f"no model has the case {case!r}", "app", "case")
        elif "case" not in own and len(cases) > 1:
            found.refuse("APP-REFERENCE", f"which case starts? There are {', '.join(sorted(cases))}", "app")
        zone = found.zone(own.get("zone", "UTC"), "app", "zone")
        return CaseApp(
            key=own["key"],
            title=own["title"],
            owner=own["owner"],
            criticality=own.get("criticality", "normal"),
            family=own.get("family", own["key"]),
            case=case,
            number=own.get("number", BARE_NUMBER),
            calendar=own.get("calendar"),
            zone=zone,
            roles=manifest.roles(document),
            calendars=manifest.calendars(document, found),
            connections=manifest.connections(document, found),
            search=manifest.search(document, found),
            intakes=manifest.intakes(document, found, case, zone),
            sla=manifest.sla(document),
            ladders=manifest.ladders(document),
            ladder=own.get("ladder"),
            cases=cases,
            decisions=decisions,
            forms=forms,
            sources=self.sources,
        )

    def _profile(self, found: Manifest) -> Profile | None:
        """How other engines are to be imitated, where the app says; None: as each model's namespace says."""
        named = found.profile()
        if named is not None and named not in PROFILES and found.is_bare():  # else its schema says so
            found.refuse("APP-SCHEMA", f"profile is one of {', '.join(PROFILES)}", "app", "profile")
            self.problems += found.problems
        return None if named is None else PROFILES.get(named)

    def _cases(self, profile: Profile | None) -> dict[str, CaseDefinition]:
        cases: dict[str, CaseDefinition] = {}
        for path in self._ending(".cmmn", ".cmmn.xml"):
            try:
                model = cmmn_reader.read(self.files[path], path, profile=profile)
            except Invalid as error:
                self._take(error, path)
                continue
            self.remarks += model.warnings
            self.remarks += [_problem(one, path) for one in model.remarks if _matters(one)]
            for id_, case in model.cases.items():
                if id_ in cases:
                    self.problems.append(
                        Problem("APP-TWICE", f"the case {id_} stands in another model, too", file=path)
                    )
                cases[id_] = case
                self.sources[f"case:{id_}"] = path
        return cases

    def _remarked(self, app: CaseApp | None) -> CaseApp | None:
        """The app, with what was remarked while its models were read."""
        return None if app is None else replace(app, remarks=tuple(self.remarks))

    def _decisions(self) -> dict[str, Definitions]:
        found: dict[str, Definitions] = {}
        for path in self._ending(".dmn"):
            try:
                definitions = dmn.read(self.files[path], path)
            except Invalid as error:
                self._take(error, path)
                continue
            for id_ in (*definitions.decisions, *definitions.services):
                if id_ in found:
                    self.problems.append(
                        Problem("APP-TWICE", f"the decision {id_} stands in another file, too", file=path)
                    )
                found[id_] = definitions
                self.sources[f"decision:{id_}"] = path
        return found

    def _forms(self) -> dict[str, FormDefinition]:
        found: dict[str, FormDefinition] = {}
        for path in self._ending(".json"):
            if not path.startswith(_FORMS):
                continue
            document = self._json(path)
            if document is None:
                continue
            try:
                form = read_form(document, parse, FeelError)
            except InvalidForm as error:
                self.problems += [Problem("FORM", text, file=path) for text in error.problems]
                continue
            if path != f"{_FORMS}{form.key}.json":
                self.problems.append(
                    Problem("FORM", f"its key is {form.key}, so its file is {form.key}.json", file=path)
                )
            found[form.key] = form
            self.sources[f"form:{form.key}"] = path
        return found

    def _schemas(self) -> dict[str, Table]:
        paths = [path for path in self._ending(".json") if not path.startswith(_FORMS)]
        found = {path: self._json(path) for path in paths if not path.startswith("data/")}
        return {path: schema for path, schema in found.items() if schema is not None}

    def _json(self, path: str) -> dict[str, Any] | None:
        """The object of a JSON file, None after noting what is wrong with it."""
        try:
            document = json.loads(self.files[path], parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            self.problems.append(Problem("JSON", getattr(error, "msg", str(error)), line=line, file=path))
            return None
        if not isinstance(document, dict):
            self.problems.append(Problem("JSON", "holds no object", line=1, file=path))
            return None
        return document

    def _text(self, path: str) -> str:
        try:
            return self.files[path].decode("utf-8")
        except UnicodeDecodeError as error:
            self.problems.append(Problem("APP-TOML", f"is not UTF-8: {error.reason}", file=path))
            return ""

    def _ending(self, *endings: str) -> list[str]:
        return sorted(path for path in self.files if path.endswith(endings) and not path.startswith("data/"))

    def _take(self, error: Invalid, path: str) -> None:
        self.problems += [
            problem
            if problem.file
            else Problem(problem.code, problem.message, problem.where, problem.line, path)
            for problem in error.problems
        ]


def _matters(remark: Remark) -> bool:
    """Whether an author is to be warned: not of what is understood, nor of each part without an id."""
    return remark.kind is not Kind.MAPPED and remark.code != _NAMELESS


def _problem(remark: Remark, path: str) -> Problem:
    return Problem(remark.code, remark.message, remark.element, remark.line, path)


def _bare(
    cases: Mapping[str, CaseDefinition],
    decisions: Mapping[str, Definitions],
    forms: Mapping[str, FormDefinition],
    sources: Mapping[str, str],
) -> CaseApp | None:
    """A model alone: an app without an owner, roles or connections, named after its first case."""
    first = next(iter(cases.values()), None)
    if first is None:
        return None
    key = re.sub(r"[^a-z0-9]+", "-", first.id.lower()).strip("-")
    key = key if key[:1].isalpha() else f"case-{key}".rstrip("-")
    return CaseApp(
        key=key,
        title=first.name or first.id,
        owner="",
        family=key,
        case=first.id,
        number=BARE_NUMBER,
        cases=cases,
        decisions=decisions,
        forms=forms,
        roles={STAFF.name: STAFF},
        is_bare=True,
        sources=sources,
    )
