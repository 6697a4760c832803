"""A document without anything but CMMN 1.1: what is left out is told, variables become case file items.

What an extension said and the standard can say too is said in its words, all else is lost (6.5).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cases import xmldoc
from cases.cmmn import expression_reader, vendor
from cases.cmmn.definition_writer import MODEL
from cases.cmmn.expression_reader import FEEL, JUEL
from cases.cmmn.lifecycle import FileTransition
from cases.cmmn.metamodel import CaseDefinition, Stage
from cases.cmmn.remarks import Kind, Remark
from cases.cmmn.validation.wiring import GIVEN, expressions_of
from cases.feel import FeelError, parse
from cases.xmldoc import Element

UNSPECIFIED = "http://www.omg.org/spec/CMMN/DefinitionType/Unspecified"
_STANDARD = "http://www.omg.org/spec/CMMN/20151109/"
_XML = ("http://www.w3.org/",)
_EXPRESSIONS = frozenset({"condition", "bindingRefinement", "transformation"})
_COMPUTED = frozenset(
    {"timerExpression", "caseRefExpression", "processRefExpression", "decisionRefExpression"}
)
_BEFORE_FILE = ("documentation", "extensionElements")


@dataclass(slots=True)
class _Reduction:
    """One document on its way to the standard, and what is to be told of it."""

    root: Element
    taken: set[str]
    remarks: list[Remark] = field(default_factory=list)

    def tell(self, kind: Kind, code: str, message: str, element: Element) -> None:
        """One more line, at this element or the next above it that has an id."""
        named: Element | None = element
        while named is not None and not named.get("id"):
            named = named.getparent()
        where = "" if named is None else str(named.get("id"))
        self.remarks.append(Remark(kind, code, message, where))

    def free(self, wanted: str) -> str:
        """This id, or one that nothing has yet."""
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted


def reduce(root: Element, cases: Mapping[str, CaseDefinition]) -> tuple[Remark, ...]:
    """Takes everything that is not CMMN 1.1 out of a document; what became of it, a line each.

    E-01: it is lost. E-02: a variable is a case file item now. E-03: it stays, and others may not read it.
    """
    work = _Reduction(root, {str(one.get("id")) for one in root.iter() if one.get("id")})
    _say_languages(work)
    for element in xmldoc.children(root, "case"):
        case = cases.get(str(element.get("id")))
        if case is not None:
            _declare_variables(work, element, case)
    for element in list(root.iter()):
        if isinstance(element.tag, str) and xmldoc.namespace(element).startswith(_STANDARD):
            _leave_out(work, element)
    prefixes = re.findall(r"([\w.-]+):[\w.-]", " ".join(_qualified(root)))
    xmldoc.forget_unused_namespaces(root, prefixes)
    return tuple(work.remarks)


def _say_languages(work: _Reduction) -> None:
    """Each expression says in which language it is, where that is not the language of the document."""
    said = str(work.root.get("expressionLanguage") or "")
    is_unsaid = not said or expression_reader.is_unsaid(said)
    is_foreign = vendor.is_flowable(work.root) or vendor.is_camunda(work.root)
    if is_unsaid:
        work.root.set("expressionLanguage", FEEL)
    for element in _all(work.root, _EXPRESSIONS | _COMPUTED):
        text = xmldoc.text(element)
        if xmldoc.local_name(element) in _COMPUTED and (text.startswith("=") or "{" in text):
            told = f"{xmldoc.local_name(element)} {text} is computed: other tools may not read it"
            work.tell(Kind.IGNORED, "E-03", told, element)
        elif is_unsaid and not element.get("language") and text:
            is_feel = not expression_reader.is_juel(text) and (not is_foreign or _is_feel(text))
            element.attrib.update({} if is_feel else {"language": JUEL})


def _is_feel(text: str) -> bool:
    try:
        parse(text)
    except FeelError:
        return False
    return True


def _declare_variables(work: _Reduction, element: Element, case: CaseDefinition) -> None:
    """Each variable becomes an item of the case file, what listens to one an on-part on the item."""
    known = {root.name: root.id for root in case.file.roots}
    for name in _variables(case):
        if name not in known:
            known[name] = _declare(work, element, name)
    for sentry in list(_all(element, {"sentry"})):
        for part in list(vendor.elements(sentry, "variableOnPart")):
            heard = vendor.own(part, "variableName")
            event = xmldoc.text(xmldoc.child(part, "variableEvent"))
            if heard is None or heard not in known or event not in set(FileTransition):
                continue
            holder = part.getparent()
            if holder is not None:
                holder.remove(part)
            attributes = {"id": work.free(f"{sentry.get('id')}.{heard}"), "sourceRef": known[heard]}
            made = xmldoc.add(sentry, f"{{{MODEL}}}caseFileItemOnPart", attributes)
            xmldoc.add(made, f"{{{MODEL}}}standardEvent", text=event)
            _put_before(made, sentry, "ifPart")
            told = f"what listens to the variable {heard} is an on-part on its case file item"
            work.tell(Kind.MAPPED, "E-02", told, sentry)


def _variables(case: CaseDefinition) -> list[str]:
    """Root items that the case reads or writes by name, those too that only an extension makes local."""
    found: list[str] = []
    for item in case.items:
        if not isinstance(item.definition, Stage):
            work = item.definition.work
            found += [work.answer_to or "", *(output.path[0] for output in work.outputs if output.path)]
    for criterion in case.criteria:
        found += [part.path[0] for part in criterion.sentry.on_parts if hasattr(part, "path")]
    for _, expression in expressions_of(case):
        found += sorted(path if isinstance(path, str) else path[0] for path in expression.names if path)
    return [name for name in dict.fromkeys(found) if name and name not in GIVEN]


def _declare(work: _Reduction, case: Element, name: str) -> str:
    """A new item at the end of the case file of a case, and its id."""
    file = xmldoc.child(case, "caseFileModel")
    if file is None:
        file = xmldoc.add(case, f"{{{MODEL}}}caseFileModel", {"id": work.free(f"{case.get('id')}.file")})
        place = sum(1 for _ in xmldoc.children(case, *_BEFORE_FILE))
        case.insert(place, file)
    id_ = work.free("file." + re.sub(r"[^\w.-]", "_", name))
    attributes = {"id": id_, "name": name, "definitionRef": _unspecified(work)}
    made = xmldoc.add(file, f"{{{MODEL}}}caseFileItem", attributes)
    work.tell(Kind.MAPPED, "E-02", f"the variable {name} is a case file item", made)
    return id_


def _unspecified(work: _Reduction) -> str:
    """The id of the definition of items about which nothing is said."""
    for one in xmldoc.children(work.root, "caseFileItemDefinition"):
        if one.get("definitionType") == UNSPECIFIED:
            return str(one.get("id"))
    attributes = {"id": work.free("unspecified"), "definitionType": UNSPECIFIED}
    made = xmldoc.add(work.root, f"{{{MODEL}}}caseFileItemDefinition", attributes)
    _put_before(made, work.root, "case")
    return attributes["id"]


def _put_before(made: Element, holder: Element, name: str) -> None:
    following = xmldoc.child(holder, name)
    if following is not None:
        following.addprevious(made)


def _leave_out(work: _Reduction, element: Element) -> None:
    """Foreign attributes of an element, and its extension elements."""
    kind = xmldoc.local_name(element)
    for full in map(str, list(element.attrib)):
        if full.startswith("{") and not full[1:].startswith((*_XML, _STANDARD)):
            value = element.attrib.pop(full)
            if kind != "CMMNDiagram":
                name = f"{_prefixed(element, full)}={str(value)!r}"
                work.tell(Kind.LOST, "E-01", f"{name} of {kind} is left out", element)
    for holder in list(xmldoc.children(element, "extensionElements", "extension")):
        for child in xmldoc.children(holder):
            told = f"<{_prefixed(child, str(child.tag))}> of {kind} is left out"
            work.tell(Kind.LOST, "E-01", told, element)
        element.remove(holder)


def _prefixed(element: Element, full: str) -> str:
    uri, _, name = full[1:].rpartition("}")
    prefix = next((prefix for prefix, one in element.nsmap.items() if one == uri and prefix), None)
    return f"{prefix}:{name}" if prefix else name


def _qualified(root: Element) -> Iterator[str]:
    """Texts in which a prefix may stand for a namespace."""
    for element in root.iter():
        yield from (str(value) for value in element.attrib.values())
        if xmldoc.local_name(element) in ("source", "target"):
            yield xmldoc.text(element)


def _all(root: Element, names: Iterable[str]) -> Iterator[Element]:
    for name in names:
        yield from root.iter(f"{{{MODEL}}}{name}")
