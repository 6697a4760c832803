"""Tokens -> tree, by precedence (DMN 1.5, 10.3.1.2); depth is bounded, and long chains are flat."""

from cases.feel.parser.expressions import parse_tests, parse_tree

__all__ = ["parse_tests", "parse_tree"]
