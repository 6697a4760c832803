"""These tests may have a database, and whole installations made of processes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.houses import either, hasty, house, outside
from tests.acceptance.installation import Installation
from tests.acceptance.prepared import installed
from tests.databases import (
    database,
    database_url,
    postgresql_server,
    postgresql_url,
    reading,
    sqlite_template,
    sqlite_url,
    transaction,
)

__all__ = [
    "database",
    "database_url",
    "either",
    "hasty",
    "house",
    "outside",
    "postgresql_server",
    "postgresql_url",
    "reading",
    "sqlite_template",
    "sqlite_url",
    "transaction",
]

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session", params=KINDS)
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_folder: Path
) -> Iterator[Installation]:
    """A whole installation on each kind of database: web, worker and outside services as processes."""
    folder = tmp_path_factory.mktemp(f"installation-{request.param}")
    given = shared_folder / "product" / "data" / "payloads" / "claims.auto.jsonl"
    facts = [given, further_claims(given, folder / "further.jsonl")]
    with installed(request, request.param, folder, facts) as made:
        made.start()
        yield made


def further_claims(given: Path, file: Path) -> Path:
    """Claims like the two of the walk-throughs, of other people with other policies and cars: own facts."""
    lines = [json.loads(line) for line in given.read_text(encoding="utf-8").splitlines() if line.strip()]
    with file.open("w", encoding="utf-8") as out:
        for line in lines:
            if line["id"] not in ("CLM-P01", "CLM-P02"):
                continue
            for number in range(1, 10):
                vehicles = [
                    {**car, "vin": f"{car['vin'][:14]}{line['id'][-1]}{number:02d}"}
                    for car in line["payload"]["vehicles"]
                ]
                payload = {
                    **line["payload"],
                    "externalId": f"{line['id']}-{number}",
                    "policyNumber": f"PA-70{line['id'][-2:]}{number:03d}",
                    "vehicles": vehicles,
                }
                out.write(json.dumps({**line, "id": payload["externalId"], "payload": payload}) + "\n")
    return file
