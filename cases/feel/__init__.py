"""FEEL, the one expression language (DMN 1.5, clause 10.3): pure, total, and limited in steps.

parse('claim.amount > 5000 and claim.type in ("auto", "home")').evaluate({"claim": claim})
"""

from cases.feel.errors import FeelError
from cases.feel.expression import Expression, parse
from cases.feel.scope import Scope
from cases.feel.unary import UnaryTests, parse_unary

__all__ = ["Expression", "FeelError", "Scope", "UnaryTests", "parse", "parse_unary"]
