"""A transaction is a `with` at a door: begun there, ended there, and not waiting for anybody's browser."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import product

OF_A_REQUEST = {"request", "g"}
TRANSACTIONS = {"transaction"}


def test_nobody_commits() -> None:
    assert [source.at(node) for source in product() for node in commits(source.tree)] == []


def test_no_transaction_reads_the_request() -> None:
    """A slow client would hold the write gate: its body is read before."""
    assert [source.at(node) for source in product() for node in requests_inside(source.tree)] == []


@pytest.mark.parametrize("line", ["session.commit()", "self._session.commit()", "connection.commit()"])
def test_a_commit_would_be_found(line: str) -> None:
    assert list(commits(ast.parse(line)))


@pytest.mark.parametrize(
    "text",
    [
        "with transaction() as session:\n    tasks.complete(session, request.form)",
        "with transaction() as session:\n    x = flask.request.get_json()",
        "with database.transaction() as s, other():\n    if True:\n        f(g.actor)",
        "with transaction() as session:\n    x = flask.g.actor",
    ],
)
def test_a_request_inside_would_be_found(text: str) -> None:
    assert list(requests_inside(ast.parse(text)))


def test_a_request_read_before_is_not_minded() -> None:
    text = "answers = request.form\nwith transaction() as session:\n    f(session, answers)"
    assert not list(requests_inside(ast.parse(text)))


def commits(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield node


def requests_inside(tree: ast.Module) -> Iterator[ast.AST]:
    for block in ast.walk(tree):
        if isinstance(block, ast.With) and any(is_transaction(item.context_expr) for item in block.items):
            for statement in block.body:
                yield from (node for node in ast.walk(statement) if is_of_request(node))


def is_transaction(expression: ast.expr) -> bool:
    if not isinstance(expression, ast.Call):
        return False
    called = expression.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in TRANSACTIONS


def is_of_request(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in OF_A_REQUEST
    return isinstance(node, ast.Attribute) and node.attr in OF_A_REQUEST and is_flask(node.value)


def is_flask(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "flask"
