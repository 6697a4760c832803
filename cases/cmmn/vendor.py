"""Where other engines write what CMMN has no words for: their namespaces, attributes and elements."""

from collections.abc import Iterator

from cases import xmldoc
from cases.xmldoc import Element

FLOWABLE = "http://flowable.org/cmmn"
CAMUNDA = "http://camunda.org/schema/1.0/cmmn"
FLOWABLE_NAMESPACES = (FLOWABLE, "http://flowable.org/bpmn", "http://activiti.org/cmmn")
NAMESPACES = (*FLOWABLE_NAMESPACES, CAMUNDA)
"""Namespaces whose names are understood. What design tools write beside them is kept and ignored."""

_TRUE = ("true", "1")
_BEGINS = "starts-with(namespace-uri(), $prefix)"
_QUALIFIED = f"boolean(//*[{_BEGINS}]) or boolean(//@*[{_BEGINS}])"
"""Whether an element or attribute stands in a namespace that begins so."""


def is_flowable(root: Element) -> bool:
    """Whether the document speaks Flowable's language."""
    return _speaks(root, "http://flowable.org/", "http://activiti.org/", "http://www.flowable.org/")


def is_camunda(root: Element) -> bool:
    """Whether the document speaks Camunda's language."""
    return _speaks(root, "http://camunda.org/")


def attribute(element: Element, name: str) -> str | None:
    """The value of another engine's attribute, stripped; None where there is none or it is empty."""
    for namespace in NAMESPACES:
        value = element.get(f"{{{namespace}}}{name}")
        if value is not None:
            return str(value).strip() or None
    return None


def is_true(element: Element, name: str) -> bool:
    """Whether another engine's attribute says true."""
    return (attribute(element, name) or "").lower() in _TRUE


def elements(element: Element, *names: str) -> Iterator[Element]:
    """The extension elements of another engine with one of these names, in document order."""
    holder = xmldoc.child(element, "extensionElements")
    if holder is not None:
        yield from (one for one in xmldoc.children(holder, *names) if xmldoc.namespace(one) in NAMESPACES)


def element(held_by: Element, name: str) -> Element | None:
    """The first extension element of another engine with this name."""
    return next(elements(held_by, name), None)


def own(element: Element, name: str) -> str | None:
    """An attribute of an extension element, in whatever namespace or none; stripped, None when empty."""
    value = element.get(name)
    return attribute(element, name) if value is None else (str(value).strip() or None)


def _speaks(root: Element, *prefixes: str) -> bool:
    named = (*root.nsmap.values(), str(root.get("targetNamespace") or ""))
    if any(uri.startswith(prefixes) for uri in named):
        return True
    return any(root.xpath(_QUALIFIED, prefix=prefix) is True for prefix in prefixes)
