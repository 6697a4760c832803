"""The case apps that ship: they read, lint, fit their schemas; their tables are those of the knowledge."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from cases import xmldoc
from cases.caseapp import archive, lint, reader
from cases.caseapp.document import CaseApp
from cases.cmmn import reader as cmmn_reader

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "cases" / "library"
REFERENCE = ROOT / "docs" / "reference"
CLAIMS = LIBRARY / "claims.auto"
TABLES = [f"DT-CLM-{number}" for number in range(1, 7)]
BOTH_SCHEMAS = b"""<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <xsd:import namespace="http://www.omg.org/spec/CMMN/20151109/MODEL" schemaLocation="CMMN11.xsd"/>
  <xsd:import namespace="https://casewright.org/cmmn" schemaLocation="model.xsd"/>
</xsd:schema>"""


APPS = [folder for folder in sorted(LIBRARY.iterdir()) if (folder / "app.toml").exists()]


@pytest.fixture(scope="module")
def claims() -> CaseApp:
    return reader.read(archive.folder(CLAIMS))


@pytest.fixture(scope="module")
def model_schema() -> dict[str, bytes]:
    files = {file.name: file.read_bytes() for file in (ROOT / "cases" / "cmmn" / "schema").glob("*.xsd")}
    return {**files, "model.xsd": (REFERENCE / "model.xsd").read_bytes(), "both.xsd": BOTH_SCHEMAS}


def model_of_the_reference() -> bytes:
    text = (REFERENCE / "model.md").read_text()
    return re.findall(r"```xml\n(<\?xml.*?)```", text, re.DOTALL)[0].encode()


@pytest.mark.parametrize("folder", APPS, ids=lambda folder: folder.name)
def test_an_app_that_ships_reads_and_lints_without_an_error(folder: Path) -> None:
    assert lint.errors(lint.check(reader.read(archive.folder(folder)))) == []


@pytest.mark.parametrize("folder", APPS, ids=lambda folder: folder.name)
def test_an_app_that_ships_says_who_owns_it_and_how_to_try_it(folder: Path) -> None:
    assert (folder / "README.md").exists()
    assert reader.read(archive.folder(folder)).owner


def test_the_warnings_of_claims_are_those_that_its_readme_explains(claims: CaseApp) -> None:
    found = [(one.problem.code, one.problem.where) for one in lint.check(claims)]
    assert found == [
        ("C-10", "if.S3.automatic-settlement-returned"),
        ("C-10", "if.SV9.no-approval-needed"),
        ("C-10", "if.SV9.approved"),
        ("C-10", "if.NY7.somebody-else-liable"),
        ("V-32", "on.T4.returned"),
    ]
    explained = (CLAIMS / "README.md").read_text()
    assert all(f"`{where}`" in explained for _, where in found)


def test_models_and_the_example_of_the_reference_fit_both_schemas(model_schema: dict[str, bytes]) -> None:
    check = xmldoc.validator("both.xsd", model_schema)
    texts = [model_of_the_reference(), *(file.read_bytes() for file in LIBRARY.glob("*/*.cmmn"))]
    assert [problem for text in texts for problem in check(xmldoc.parse(text))] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('cw:retry="3, PT1S x2"', 'cw:retry="three times"'),
        ('cw:timeout="PT5S"', 'cw:timeout="5 seconds"'),
        ('<cw:in name="person">', "<cw:in>"),
        ('cw:form="T1"', 'cw:form="T 1"'),
    ],
)
def test_the_schema_of_our_namespace_refuses_what_is_wrong(
    text: str, wrong: str, model_schema: dict[str, bytes]
) -> None:
    check = xmldoc.validator("both.xsd", model_schema)
    model = model_of_the_reference().decode()
    assert text in model
    assert check(xmldoc.parse(model.replace(text, wrong).encode()))


def test_the_example_of_the_reference_is_a_model() -> None:
    case = cmmn_reader.read(model_of_the_reference()).cases["loan"]
    assert {item.id for item in case.items} >= {"SV1", "T1", "M1"}


@pytest.mark.parametrize("folder", APPS, ids=lambda folder: folder.name)
def test_app_toml_fits_its_schema(folder: Path) -> None:
    schema = json.loads((REFERENCE / "app.schema.json").read_text())
    document = tomllib.loads((folder / "app.toml").read_text(), parse_float=Decimal)
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(document)) == []


def test_the_schema_of_the_reference_is_the_one_that_the_reader_uses() -> None:
    used = (ROOT / "cases" / "caseapp" / "app.schema.json").read_bytes()
    assert (REFERENCE / "app.schema.json").read_bytes() == used


def test_every_connection_of_claims_is_called_by_a_step(claims: CaseApp) -> None:
    text = (CLAIMS / "claims.cmmn").read_text()
    declared = {
        (name, operation) for name, spec in claims.connections.items() for operation in spec.operations
    }
    called = set(re.findall(r'cw:connection="(\w+)" cw:operation="(\w+)"', text))
    called |= {(one, two) for one, two in re.findall(r"(?:operation|after) (\w+)\.(\w+)", text)}
    assert called - {("casewright", "find_cases")} == declared


# --- against the knowledge beside the project ---


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_the_one_of_the_knowledge_rule_by_rule(table: str, shared_folder: Path) -> None:
    known = json.loads((shared_folder / "product" / "data" / "decisions" / f"{table}.json").read_text())
    root = xmldoc.parse((CLAIMS / f"{table}.dmn").read_bytes())
    [decision] = xmldoc.children(root, "decision")
    [drawn] = xmldoc.children(decision, "decisionTable")
    policy = {"F": ("FIRST", None), "U": ("UNIQUE", None), "C+": ("COLLECT", "SUM")}[known["hit"]]
    assert (drawn.get("hitPolicy"), drawn.get("aggregation")) == policy
    assert [column_text(column) for column in xmldoc.children(drawn, "input")] == known["inputs"]
    assert [column.get("name") for column in xmldoc.children(drawn, "output")] == known["outputs"]
    rules = [
        {
            "when": entries(rule, "inputEntry"),
            "then": [json.loads(text) for text in entries(rule, "outputEntry")],
        }
        for rule in xmldoc.children(drawn, "rule")
    ]
    assert rules == known["rules"]


def column_text(column: xmldoc.Element) -> str:
    [expression] = xmldoc.children(column, "inputExpression")
    return entry_text(expression)


def entries(rule: xmldoc.Element, name: str) -> list[str]:
    return [entry_text(entry) for entry in xmldoc.children(rule, name)]


def entry_text(entry: xmldoc.Element) -> str:
    [text] = xmldoc.children(entry, "text")
    return xmldoc.text(text)


def test_the_payloads_that_ship_are_those_of_the_knowledge(shared_folder: Path) -> None:
    known = shared_folder / "product" / "data" / "payloads" / "claims.auto.jsonl"
    assert (CLAIMS / "data" / "payloads.jsonl").read_bytes() == known.read_bytes()


def test_each_message_of_the_first_steps_is_known_to_the_outside_services() -> None:
    posted = [json.loads(file.read_text()) for file in (ROOT / "docs" / "start").glob("*.json")]
    lines = [json.loads(line) for line in (CLAIMS / "facts-start.jsonl").read_text().splitlines()]
    known = {line["payload"]["externalId"]: line["payload"] for line in lines}
    assert known == {payload["externalId"]: payload for payload in posted}
    insured = [payload["vehicles"][0]["vin"] for payload in posted]
    assert len(set(insured)) == len({payload["policyNumber"] for payload in posted}) == len(posted)
    taken = (CLAIMS / "facts.jsonl").read_text() + (CLAIMS / "data" / "payloads.jsonl").read_text()
    for name in ("windshield-2", "windshield-3"):
        payload = json.loads((ROOT / "docs" / "start" / f"{name}.json").read_text())
        for text in (payload["externalId"], payload["policyNumber"], payload["vehicles"][0]["vin"]):
            assert text not in taken


def test_sample_claims_share_no_policy_and_no_vehicle_with_the_payloads() -> None:
    def found(file: Path) -> set[str]:
        payloads = [json.loads(line)["payload"] for line in file.read_text().splitlines()]
        vehicles = [vehicle["vin"] for payload in payloads for vehicle in payload["vehicles"]]
        return {payload["policyNumber"] for payload in payloads} | {vin for vin in vehicles if vin}

    assert found(CLAIMS / "facts.jsonl").isdisjoint(found(CLAIMS / "data" / "payloads.jsonl"))


def test_the_people_of_the_demo_are_those_of_the_knowledge(shared_folder: Path) -> None:
    text = (shared_folder / "product" / "data" / "models" / "claims.yaml").read_text()
    roles = {
        name: re.findall(r"\w+", users) for name, users in re.findall(r"(\w+): \{users: \[(.*?)\]", text)
    }
    made = json.loads((CLAIMS / "data" / "demo.json").read_text())["people"]
    assert {(person["name"], *person["roles"]) for person in made} == {
        (name, role) for role, names in roles.items() for name in names
    }


def test_authority_is_that_of_the_knowledge(shared_folder: Path, claims: CaseApp) -> None:
    text = (shared_folder / "product" / "data" / "models" / "claims.yaml").read_text()
    known = {name: Decimal(amount) for name, amount in re.findall(r"(\w+): \{.*?authorityUsd: (\d+)", text)}
    assert {name: claims.roles[name].authority for name in known} == known
