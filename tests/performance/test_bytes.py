"""G13: a freshly opened case of twelve items takes at most 2.5 kB of PostgreSQL's disk."""

from sqlalchemy import text

from app.database import Database
from cases.policy.access import SYSTEM
from cases.services import instances
from tests.integration.cases.services.loans import NOW, deploy

CASES = 500
MOST_BYTES = 2_560
HOT = ("case_instance", "journal", "human_task", "job", "case_value")
"""The tables of the hot path, without indexes; what one is found by and clocks are the case app's wish."""


def test_a_case_is_small(postgresql_url: str) -> None:
    with Database(postgresql_url) as database:
        deploy(database.transaction, idle=3)
        sizes = " + ".join(f"pg_table_size('{table}')" for table in HOT)
        with database.reading() as session:
            before = session.execute(text(f"SELECT {sizes}")).scalar_one()
        with database.transaction() as session:
            for number in range(1, CASES + 1):
                person = {"name": f"Person {number}", "id": f"p-{number}", "amount": number}
                new = instances.NewCase(app_key="loans", inputs={"applicant": person}, number=number)
                instances.start(session, new, SYSTEM, "test", NOW)
        with database.reading() as session:
            after = session.execute(text(f"SELECT {sizes}")).scalar_one()
    assert (after - before) / CASES <= MOST_BYTES
