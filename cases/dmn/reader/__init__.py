"""DMN XML, 1.2 to 1.5 -> Definitions, or Invalid with every problem and its line."""

from collections.abc import Sequence

from cases import xmldoc
from cases.dmn.definitions import Definitions
from cases.dmn.reader.elements import ModelReader
from cases.errors import Invalid, Problem

_NAMESPACE = "omg.org/spec/DMN/"


def read(xml: bytes, source: str = "", imported: Sequence[Definitions] = ()) -> Definitions:
    """The decisions of a file; `imported` are the files it may import, found by their namespace.

    Raises `Invalid` with every problem and its line.
    """
    definitions, problems = read_leniently(xml, source, imported)
    if problems:
        raise Invalid(problems)
    return definitions


def read_leniently(
    xml: bytes, source: str = "", imported: Sequence[Definitions] = ()
) -> tuple[Definitions, list[Problem]]:
    """The decisions of a file, where a faulty expression is null, and what is wrong with it.

    Raises `Invalid` for what is no XML, or no DMN at all.
    """
    root = xmldoc.parse(xml, source=source)
    if xmldoc.local_name(root) != "definitions" or _NAMESPACE not in xmldoc.namespace(root):
        raise Invalid([Problem("DMN-ROOT", "this is no DMN file", line=xmldoc.line(root), file=source)])
    reader = ModelReader(root, source, {definitions.namespace: definitions.model for definitions in imported})
    return Definitions(reader.read()), reader.problems
