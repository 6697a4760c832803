"""JUEL, the expression language of Flowable and Camunda models, translated to FEEL text when a model is read.

translate("Hello ${name}").value == 'juel text("Hello ", name)'

Differences from Java that are meant: a name that nothing has is null; what is null has members that are
null; numbers are decimals; and where Java refuses to add a text that is no number, the texts are joined.
"""

from dataclasses import dataclass

from cases.feel.budget import MAX_LENGTH
from cases.feel.errors import FeelError
from cases.feel.juel.hosts import Assignment
from cases.feel.juel.parsing import Parser
from cases.feel.juel.tokens import parts, refusal
from cases.feel.juel.writing import Piece, call, quoted

_LONGEST = 4 * MAX_LENGTH
"""Characters of an attribute: more than its translation may have, since a translation may be the shorter."""

__all__ = ["Assignment", "Translation", "translate", "translate_condition"]


@dataclass(frozen=True, slots=True)
class Translation:
    """FEEL for what an attribute is worth (None: nothing), after its assignments, in order."""

    value: str | None
    assignments: tuple[Assignment, ...] = ()


def translate(text: str) -> Translation:
    """FEEL for an attribute: an expression, plain text, or text with expressions in it.

    Raises `FeelError` with the place and the reason where there is no translation.
    """
    if len(text) > _LONGEST:
        raise FeelError("FEEL-LENGTH", f"an attribute has at most {_LONGEST} characters")
    found = parts(text.strip())
    assignments: list[Assignment] = []
    pieces: list[Piece | None] = []
    for part in found:
        if not part.tokens:
            pieces.append(quoted(part.text))
            continue
        parser = Parser(part.tokens, text.strip())
        pieces.append(parser.whole())
        assignments.extend(parser.assignments)
    if len(pieces) == 1:
        return Translation(None if pieces[0] is None else pieces[0].text, tuple(assignments))
    texts = [piece for piece in pieces if piece is not None]
    return Translation(_joined(texts), tuple(assignments))


def translate_condition(text: str) -> str:
    """FEEL for a condition: one expression, or the word true or false.

    Raises `FeelError` with the place and the reason where there is no translation, or it writes variables.
    """
    plain = text.strip()
    if len(plain) > _LONGEST:
        raise FeelError("FEEL-LENGTH", f"a condition has at most {_LONGEST} characters")
    if plain in ("true", "false"):
        return plain
    if len([part for part in parts(plain) if part.tokens]) != 1:
        raise refusal("a condition should be one expression in ${...}", plain, 0)
    found = translate(plain)
    if found.assignments or found.value is None:
        raise refusal("a condition cannot write variables", plain, 0)
    return found.value


def _joined(pieces: list[Piece]) -> str:
    """One text of several pieces; an attribute without text is the empty text."""
    if not pieces:
        return '""'
    return pieces[0].text if len(pieces) == 1 else call("juel text", *pieces).text
