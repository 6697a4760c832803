"""CMMN 1.0 -> CMMN 1.1, on the tree, before anything is read (V-02).

What 1.1 renamed: the namespace, `body` of expressions, criteria as references to sentries, `description`,
repeated `caseRoles`, `sentryRef` of an on-part, plural parameters, and the names of event listeners.
"""

from cases import xmldoc
from cases.cmmn.reading import Reading
from cases.xmldoc import Element

MODEL = "http://www.omg.org/spec/CMMN/20131201/MODEL"
MODEL_11 = "http://www.omg.org/spec/CMMN/20151109/MODEL"
_RENAMED = {
    "inputs": "input",
    "outputs": "output",
    "event": "eventListener",
    "timerEvent": "timerEventListener",
    "userEvent": "userEventListener",
}
_URIS = ("expressionLanguage", "definitionType", "implementationType", "type", "language", "importType")
_CRITERIA = {"entryCriteriaRefs": "entryCriterion", "exitCriteriaRefs": "exitCriterion"}


def upgrade(root: Element, reading: Reading) -> None:
    """Puts a CMMN 1.0 document into the words of 1.1. Remarks V-02."""
    reading.upgrade("V-02", "CMMN 1.0: the document is upgraded to CMMN 1.1", root)
    elements = [one for one in root.iter() if xmldoc.namespace(one) == MODEL]
    for element in elements:
        name = xmldoc.local_name(element)
        element.tag = f"{{{MODEL_11}}}{_RENAMED.get(name, name)}"
        for attribute in _URIS:
            text = str(element.get(attribute) or "")
            if "/20131201/" in text:
                element.set(attribute, text.replace("/20131201/", "/20151109/"))
    for element in elements:
        _body(element)
        _description(element)
        _criteria(element, reading)
        _sources(element, reading)
    for element in elements:
        if sum(1 for _ in xmldoc.children(element, "condition")) > 1:
            _conditions(element, reading)
    for case in xmldoc.children(root, "case"):
        _roles(case)
    _exit_criteria_of_on_parts(elements)


def _body(element: Element) -> None:
    """`<condition><body>text</body></condition>` -> `<condition>text</condition>`."""
    held = xmldoc.child(element, "body")
    if held is not None:
        language = held.get("language")
        element.text = xmldoc.text(held)
        element.remove(held)
        if language and not element.get("language"):
            element.set("language", str(language))


def _conditions(element: Element, reading: Reading) -> None:
    """Several conditions of one `ifPart`, which all had to hold, -> one."""
    first, *more = [*xmldoc.children(element, "condition")]
    texts = [xmldoc.text(one) for one in (first, *more)]
    if all(text.startswith(("${", "#{")) and text.endswith("}") for text in texts):
        first.text = f"${{({') && ('.join(text[2:-1] for text in texts)})}}"
    else:
        first.text = f"({') and ('.join(texts)})"
    for one in more:
        element.remove(one)
    reading.upgrade("V-02", f"{len(texts)} conditions of an ifPart are one now: {first.text}", element)


def _description(element: Element) -> None:
    """The attribute `description` -> the element `documentation`."""
    text = element.get("description")
    if text is not None:
        del element.attrib["description"]
        holder = xmldoc.add(element, f"{{{MODEL_11}}}documentation", text=str(text))
        element.insert(0, holder)


def _criteria(element: Element, reading: Reading) -> None:
    """References to sentries -> criteria, each with an id that follows from the item and the sentry."""
    for attribute, tag in _CRITERIA.items():
        references = str(element.attrib.pop(attribute, "") or "").split()
        for reference in references:
            made = xmldoc.add(element, f"{{{MODEL_11}}}{tag}", {"sentryRef": reference})
            if element.get("id"):
                made.set("id", f"{element.get('id')}.{tag}.{reference}")
            reading.upgrade("V-02", f"{attribute} {reference} is an {tag} now", element)


def _sources(element: Element, reading: Reading) -> None:
    """`sourceRefs` of a case file item -> `sourceRef`: an item is contained in one other."""
    references = str(element.attrib.pop("sourceRefs", "") or "").split()
    if references and not element.get("sourceRef"):
        element.set("sourceRef", references[0])
        for reference in references[1:]:
            reading.ignore("V-02", f"sourceRefs {reference} is ignored: an item has one source", element)


def _roles(case: Element) -> None:
    """`<caseRoles name="a"/><caseRoles name="b"/>` -> one `caseRoles` with its roles."""
    given = [one for one in xmldoc.children(case, "caseRoles") if xmldoc.child(one, "role") is None]
    named = [one for one in given if one.get("name") or one.get("id")]
    if not named:
        return
    holder = xmldoc.add(case, f"{{{MODEL_11}}}caseRoles")
    case.replace(named[0], holder)
    for one in named:
        one.tag = f"{{{MODEL_11}}}role"
        holder.append(one)


def _exit_criteria_of_on_parts(elements: list[Element]) -> None:
    """`sentryRef` of an on-part -> `exitCriterionRef`: that criterion of its source that names the sentry."""
    by_id = {str(one.get("id")): one for one in elements if one.get("id")}
    for part in elements:
        if xmldoc.local_name(part) != "planItemOnPart":
            continue
        reference = part.get("sentryRef")
        source = by_id.get(str(part.get("sourceRef") or ""))
        if reference is None or source is None:
            continue
        del part.attrib["sentryRef"]
        for criterion in xmldoc.children(source, "exitCriterion"):
            if criterion.get("sentryRef") == reference:
                part.set("exitCriterionRef", str(criterion.get("id")))
