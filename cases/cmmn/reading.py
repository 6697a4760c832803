"""What is collected while one document is read: problems, remarks, and which element has which id."""

from dataclasses import dataclass, field, replace

from cases import xmldoc
from cases.cmmn.profile import STRICT, Profile
from cases.cmmn.remarks import Kind, Remark
from cases.errors import Problem
from cases.xmldoc import Element

_MOST_PROBLEMS = 200
_MOST_REMARKS = 5000
_LONGEST = 500


@dataclass(slots=True)
class Reading:
    """One document on its way.

    `elements` finds what has an id, `lines` the line where it stands. `language` is the document's language
    of expressions. `counter` is how repetitions are counted where a rule does not say; `items` and `work` how
    many plan items there are so far, and how many elements were looked at for them.
    """

    source: str
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    language: str = ""
    is_flowable: bool = False
    is_camunda: bool = False
    counter: str = ""
    profile: Profile = STRICT
    items: int = 0
    work: int = 0

    @property
    def is_vendor(self) -> bool:
        """Whether another engine's words stand in the document."""
        return self.is_flowable or self.is_camunda

    def report(self, code: str, message: str, element: Element) -> None:
        """One more problem, at this element; after so many that nobody reads on, no more are kept."""
        self.add(Problem(code, message, str(element.get("id") or ""), xmldoc.line(element)))

    def add(self, problem: Problem) -> None:
        """A problem that was found elsewhere, with the name of the document."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(
                replace(
                    problem,
                    message=shortened(problem.message),
                    where=shortened(problem.where),
                    file=self.source,
                )
            )

    def remark(self, kind: Kind, code: str, message: str, element: Element) -> None:
        """One more line of the import report, at this element or the next above it that has an id."""
        if len(self.remarks) < _MOST_REMARKS:
            named: Element | None = element
            while named is not None and not named.get("id"):
                named = named.getparent()
            where = "" if named is None else shortened(str(named.get("id")))
            self.remarks.append(Remark(kind, code, shortened(message), where, xmldoc.line(element)))

    def ignore(self, code: str, message: str, element: Element) -> None:
        """Something is kept, and has no effect."""
        self.remark(Kind.IGNORED, code, message, element)

    def upgrade(self, code: str, message: str, element: Element) -> None:
        """Something was put right."""
        self.remark(Kind.UPGRADED, code, message, element)

    def index(self, root: Element) -> None:
        """Remembers which element has which id; the first where two have one."""
        for element in root.iter():
            id_ = element.get("id")
            if id_ is not None and isinstance(element.tag, str):
                self.elements.setdefault(str(id_), element)
                self.lines.setdefault(str(id_), xmldoc.line(element) or 0)


def shortened(text: str) -> str:
    """A text as long as a line of a report may be: what a document brings is not repeated at any length."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
