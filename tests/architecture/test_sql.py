"""SQL text stands where two databases differ or every microsecond counts, and nowhere else."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import product

MAY_HOLD_SQL = {
    "cases/persistence/store.py": "the hot path",
    "cases/persistence/task_statements.py": "the hot path's part about tasks",
    "cases/persistence/statements.py": "the hot path's statements, rendered once",
    "cases/persistence/sqlite.py": "pragmas, the gate",
    "cases/persistence/base.py": "where SQLite's own numbers begin",
    "cases/persistence/dialect.py": "where the databases differ",
    "cases/persistence/journal.py": "append-only by trigger",
    "cases/persistence/search.py": "full text: a virtual table and its triggers",
    "cases/persistence/instances.py": "storage of a column, which SQLAlchemy cannot say",
    "cases/scheduler/ear.py": "the bell, on a connection of its own",
}
STATEMENT = re.compile(
    r"\s*(SELECT\s|WITH\s+\w+\s+AS\b|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b|MERGE\s+INTO\b"
    r"|(CREATE|DROP|ALTER)\s+(OR\s+REPLACE\s+)?(TEMP\w*\s+|UNIQUE\s+|VIRTUAL\s+)?(TABLE|INDEX|TRIGGER|VIEW|FUNCTION)\b"
    r"|PRAGMA\s+\w|BEGIN(\s+IMMEDIATE)?$|COMMIT$|ROLLBACK$|SAVEPOINT\s|NOTIFY\s|LISTEN\s)"
)


def test_sql_text_stands_in_few_files() -> None:
    astray = [
        f"{source.at(node)}: {node.value.strip()[:60]!r}"
        for source in product()
        if source.path not in MAY_HOLD_SQL
        for node in statements(source.tree)
    ]
    assert astray == []


def test_a_file_that_may_hold_sql_exists() -> None:
    known = {source.path for source in product()}
    assert {path for path in MAY_HOLD_SQL if path not in known} == set()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "\n  INSERT INTO job VALUES (1)",
        "PRAGMA foreign_keys=OFF",
        "CREATE UNIQUE INDEX i ON t (a)",
        "BEGIN",
    ],
)
def test_a_statement_would_be_found(text: str) -> None:
    assert list(statements(ast.parse(f"execute({text!r})")))


@pytest.mark.parametrize(
    "text", ["Select a task", "Update it", "Begin", "with what it was", "Delete from here"]
)
def test_a_sentence_is_no_statement(text: str) -> None:
    assert not list(statements(ast.parse(f"show({text!r})")))


def test_a_docstring_may_speak_of_sql() -> None:
    assert not list(statements(ast.parse('def f():\n    """SELECT what is due."""')))


def statements(tree: ast.Module) -> Iterator[ast.Constant]:
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
        if is_text and STATEMENT.match(node.value):
            yield node
