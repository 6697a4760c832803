"""Decisions (DMN 1.5): read from XML, evaluated on our own FEEL, with a trace of the tables; pure.

read(xml).evaluate("Triage track", {"coverage": "covered", ...}).value
"""

from cases.dmn.definitions import Definitions
from cases.dmn.model import Decided, TableTrace
from cases.dmn.reader import read, read_leniently

__all__ = ["Decided", "Definitions", "TableTrace", "read", "read_leniently"]
