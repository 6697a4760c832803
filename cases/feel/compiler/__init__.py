"""Tree -> closures: the tree is read once, and what it says is then done by small functions of the frame."""

from cases.feel.compiler.running import Code
from cases.feel.compiler.tree import TestCode, compile_tests, compile_tree

__all__ = ["Code", "TestCode", "compile_tests", "compile_tree"]
