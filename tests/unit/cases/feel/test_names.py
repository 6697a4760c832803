"""Which paths an expression reads, so that the engine knows when to ask it again."""

import pytest

from cases.feel import parse, parse_unary

PATHS = [
    ("1 + 2", []),
    ('D2.track = "fast" and SV8.candidates = 0', ["D2.track", "SV8.candidates"]),
    ("a.b.c + a.b", ["a.b.c", "a.b"]),
    ("count(claim.items) > limit", ["claim.items", "limit"]),
    ("claim.items[price > least].name", ["claim.items", "price", "least"]),
    ("some i in claim.items satisfies i.price > least", ["claim.items", "least"]),
    ("for i in 1..n, j in i..m return i * j + partial[1] + k", ["n", "m", "k"]),
    ("every p in parties satisfies p.checked", ["parties"]),
    ("{x: a, y: x + b}.y", ["a", "b"]),
    ("{f: function(n) if n = 0 then c else f(n - 1), r: f(3)}.r", ["c"]),
    ("function(p) p + q", ["q"]),
    ("if a then b else c", ["a", "b", "c"]),
    ("x in (low, [1..high], > more)", ["x", "low", "high", "more"]),
    ("x between low and high", ["x", "low", "high"]),
    ("(if a then b else c).d", ["a", "b", "c"]),
    ("now() > due", ["due"]),
    ("is defined(claim.net)", ["claim.net"]),
    ("abs", ["abs"]),
    ("rate(amount: a)", ["rate", "a"]),
    ("string(x) instance of string", ["x"]),
    ("Full Name.first", ["Full Name.first"]),
    ("items[1].price", ["items"]),
    ("items[item > 3]", ["items"]),
    ("[a, {k: b}]", ["a", "b"]),
    ("-a ** b", ["a", "b"]),
    ("[low..high]", ["low", "high"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "paths"), PATHS, ids=[text for text, _ in PATHS])
def test_an_expression_tells_which_paths_it_reads(text: str, paths: list[str]) -> None:
    assert parse(text, ["Full Name"]).names == {tuple(path.split(".")) for path in paths}


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("-", []),
        ("> limit", ["limit"]),
        ("? > claim.least and ? < 5", ["claim.least"]),
        ('"a", b', ["b"]),
        ("not(c)", ["c"]),
    ],
)
def test_a_cell_tells_which_paths_it_reads(text: str, paths: list[str]) -> None:
    assert parse_unary(text).names == {tuple(path.split(".")) for path in paths}
