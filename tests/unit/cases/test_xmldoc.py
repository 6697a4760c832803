import pytest

from cases import xmldoc
from cases.errors import Invalid, Problem
from cases.xmldoc import Limits, parse, validator

SCHEMA = b"""<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:b="urn:b" targetNamespace="urn:a"
           elementFormDefault="qualified">
  <xs:import namespace="urn:b" schemaLocation="b.xsd"/>
  <xs:element name="case"><xs:complexType><xs:sequence>
    <xs:element ref="b:part" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""
IMPORTED = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:b">
  <xs:element name="part" type="xs:integer"/>
</xs:schema>"""


def problem_of(data: bytes, limits: Limits | None = None) -> Problem:
    with pytest.raises(Invalid) as caught:
        parse(data, source="model.xml", limits=limits or Limits())
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>',
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><a b="&c;"/>',
    ],
)
def test_a_doctype_is_refused(data: bytes) -> None:
    assert problem_of(data).code in ("XML-DOCTYPE", "XML-SYNTAX")


def test_an_entity_that_is_not_declared_is_refused() -> None:
    assert problem_of(b"<a>\n&x;</a>") == Problem("XML-SYNTAX", "Entity 'x' not defined", "", 2, "model.xml")


@pytest.mark.parametrize("data", [b"", b"   ", b"<a>", b"<a/><b/>", b"\x00\x01", b"<a>\xff</a>", b"{}"])
def test_what_is_no_xml_is_a_problem_with_its_file(data: bytes) -> None:
    problem = problem_of(data)
    assert (problem.code, problem.file) == ("XML-SYNTAX", "model.xml")


@pytest.mark.parametrize(
    ("code", "data", "limits"),
    [
        ("XML-SIZE", b"<a>" + b"x" * 100 + b"</a>", Limits(size=100)),
        ("XML-DEPTH", b"<a>" * 11 + b"</a>" * 11, Limits(depth=10)),
        ("XML-DEPTH", b"<a>" * 150 + b"</a>" * 150, Limits()),
        ("XML-ELEMENTS", b"<a>" + b"<b/>" * 10 + b"</a>", Limits(elements=10)),
        ("XML-ATTRIBUTES", b"<a b='1' c='2' d='3'/>", Limits(attributes_each=2)),
        ("XML-ATTRIBUTES", b"<a b='1'><c d='2'/></a>", Limits(attributes=1)),
    ],
)
def test_a_document_that_passes_a_limit_is_refused(code: str, data: bytes, limits: Limits) -> None:
    assert problem_of(data, limits).code == code


def test_nesting_beyond_every_limit_is_refused_as_well() -> None:
    assert problem_of(b"<a>" * 100_000 + b"</a>" * 100_000).code == "XML-DEPTH"


def test_comments_and_instructions_are_left_out() -> None:
    root = parse(b"<a>one<!-- two --><?three?> four</a>")
    assert (xmldoc.text(root), len(root)) == ("one four", 0)


def test_an_element_knows_its_line_and_its_names() -> None:
    root = parse(b'<a xmlns="urn:a">\n<b/>\n<c/>text<b/></a>')
    second = list(xmldoc.children(root, "b"))[1]
    assert (xmldoc.line(second), xmldoc.local_name(second), xmldoc.namespace(second)) == (3, "b", "urn:a")
    assert xmldoc.child(root, "c", "b") is root[0]
    assert xmldoc.child(root, "d") is None


def test_a_document_that_is_made_reads_back() -> None:
    root = xmldoc.new("{urn:a}case", {None: "urn:a"})
    xmldoc.add(root, "{urn:a}part", {"id": "p<1>"}, "ä & b")
    again = parse(xmldoc.tostring(root))
    assert (xmldoc.text(again), again[0].get("id")) == ("ä & b", "p<1>")


def test_a_schema_finds_what_it_imports_among_the_documents() -> None:
    check = validator("a.xsd", {"a.xsd": SCHEMA, "b.xsd": IMPORTED})
    assert check(parse(b'<case xmlns="urn:a"><part xmlns="urn:b">1</part></case>')) == []
    (problem,) = check(parse(b'<case xmlns="urn:a">\n<part xmlns="urn:b">x</part></case>'))
    assert (problem.code, problem.line) == ("XML-INVALID", 2)
    assert "integer" in problem.message


@pytest.mark.parametrize("documents", [{"a.xsd": SCHEMA}, {"b.xsd": IMPORTED}, {"a.xsd": b"<a"}])
def test_a_schema_that_is_not_whole_is_refused(documents: dict[str, bytes]) -> None:
    with pytest.raises(Invalid, match=r"a\.xsd"):
        validator("a.xsd", documents)


def test_a_schema_reads_no_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is not among the documents is not sought on the disk, though it lies there."""
    file = tmp_path_factory.mktemp("schema") / "b.xsd"
    file.write_bytes(IMPORTED)
    pointing = SCHEMA.replace(b"b.xsd", file.as_uri().encode())
    with pytest.raises(Invalid):
        validator("a.xsd", {"a.xsd": pointing})
