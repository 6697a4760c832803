"""What other engines add to CMMN, name by name: understood, or kept without effect, and why.

`survey` says it of one document, as lines of the import report. What stands in neither table is unknown.
"""

from collections.abc import Mapping

from cases import xmldoc
from cases.cmmn import vendor
from cases.cmmn.extensions import HOUSE
from cases.cmmn.reading import Reading
from cases.cmmn.remarks import Kind
from cases.xmldoc import Element

_TASKS = frozenset({"isBlockingExpression", "async", "asyncLeave"})
_CALLS = _TASKS | frozenset(
    {"businessKey", "inheritBusinessKey", "inheritVariables", "idVariableName", "sameDeployment"}
)
_OVERVIEW = frozenset({"displayOrder", "includeInStageOverview", "businessStatus"})

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "case": frozenset({"initiatorVariableName"}),
    "casePlanModel": frozenset({"autoCompleteCondition"}) | _OVERVIEW,
    "stage": frozenset({"autoCompleteCondition"}) | _OVERVIEW,
    "milestone": frozenset({"milestoneVariable"}) | _OVERVIEW,
    "humanTask": _TASKS
    | frozenset(
        {
            "assignee", "owner", "candidateUsers", "candidateGroups", "dueDate", "priority", "category",
            "formKey", "taskIdVariableName", "taskCompleterVariableName",
        }
    ),
    "task": _TASKS
    | frozenset(
        {
            "type", "class", "delegateExpression", "expression", "resultVariableName", "resultVariable",
            "storeResultVariableAsTransient", "scriptFormat", "topic", "doNotIncludeVariables", "formKey",
        }
    ),
    "caseTask": _CALLS | frozenset({"fallbackToDefaultTenant", "caseBinding"}),
    "processTask": _CALLS | frozenset({"processBinding"}),
    "decisionTask": _TASKS
    | frozenset({"sameDeployment", "resultVariable", "mapDecisionResult", "decisionBinding"}),
    "timerEventListener": frozenset({"availableCondition"}),
    "userEventListener": frozenset({"availableCondition", "reactivateEventListener", "formKey"}),
    "eventListener": frozenset(
        {"eventType", "signalRef", "variableName", "variableChangeType", "availableCondition"}
    ),
    "repetitionRule": frozenset(
        {
            "maxInstanceCount", "counterVariable", "ignoreCounterVariable", "collectionVariable",
            "elementVariable", "elementIndexVariable", "repeatOnStandardEvent",
        }
    ),
    "sentry": frozenset({"triggerMode"}),
    "exitCriterion": frozenset({"exitType", "exitEventType"}),
}  # fmt: skip
"""Attributes that are understood, by the element on which they stand."""

WITHOUT_EFFECT: Mapping[str, str] = {
    "candidateStarterUsers": "the roles of the case app say who may start a case",
    "candidateStarterGroups": "the roles of the case app say who may start a case",
    "formFieldValidation": "the form of the case app decides what is valid",
    "followUpDate": "a task has a due date and no date of resubmission",
    "exclusive": "the commands of one case never run side by side",
    "asyncLeaveExclusive": "the commands of one case never run side by side",
    "async": "starting a case is one command",
    "formKey": "a form is shown with a human task or a user event",
    "fallbackToDefaultTenant": "one installation serves one organisation",
    "caseVersion": "a task starts the newest version, or that of its own deployment",
    "processVersion": "a task starts the newest version, or that of its own deployment",
    "decisionVersion": "a decision is that of the deployment",
    "caseTenantId": "one installation serves one organisation",
    "processTenantId": "one installation serves one organisation",
    "decisionTenantId": "one installation serves one organisation",
    "historyTimeToLive": "the case app says how long a case is kept",
    "versionTag": "a deployment numbers its versions itself",
    "parallelInSameTransaction": "a call to the outside is a job of its own",
    "label": "pages show the name",
    "icon": "pages show no icons of the model",
    "autoStoreVariables": "a script is carried out outside",
    "businessKey": "only a called case has a business key of its model",
    "assignee": "only a human task is for people",
    "owner": "only a human task is for people",
    "candidateUsers": "only a human task is for people",
    "candidateGroups": "only a human task is for people",
}
"""Attributes that are known, and why they have no effect."""

ELEMENTS: Mapping[str, str] = {
    "parentCompletionRule": "",
    "completionNeutralRule": "",
    "reactivationRule": "",
    "defaultReactivationRule": "",
    "variableAggregation": "",
    "field": "",
    "in": "",
    "out": "",
    "taskListener": "",
    "planItemLifecycleListener": "",
    "caseLifecycleListener": "",
    "caseExecutionListener": "",
    "externalWorkerInParameter": "",
    "externalWorkerOutParameter": "",
    "eventInParameter": "",
    "eventOutParameter": "",
    "eventCorrelationParameter": "",
    "eventType": "",
    "jobCategory": "",
    "channelKey": "",
    "variableOnPart": "",
    "condition": "what the condition beside it says is asked, this is how a form showed it",
    "historyLevel": "everything that happens is kept in the journal",
    "includeInHistory": "everything that happens is kept in the journal",
    "translation": "names are shown as they stand",
    "httpRequestHandler": "it names a program of another engine",
    "httpResponseHandler": "it names a program of another engine",
    "mapException": "it names a program of another engine",
    "startEventCorrelationConfiguration": "an intake of the case app says which message starts a case",
    "startformkey": "reactivating a case asks for no form",
    "startFormSameDeployment": "reactivating a case asks for no form",
    "state-rendering": "a page is drawn from its form",
    "default-menu-navigation-size": "a matter of another engine's pages",
    "task-candidates-type": "a matter of another engine's designer",
    "start-form-field-validation": "the form of the case app decides what is valid",
    "work-form-field-validation": "the form of the case app decides what is valid",
    "overwrite": "a matter of another engine's designer",
    "variableListener": "a sentry with an on-part on the variable hears the same",
}
"""Extension elements by name: empty where they are understood, else why they have no effect."""

_HOLDERS: Mapping[str, frozenset[str]] = {
    "eventType": frozenset({"eventListener", "task"}),
    "eventOutParameter": frozenset({"eventListener", "task"}),
    "eventCorrelationParameter": frozenset({"eventListener"}),
    "jobCategory": frozenset({"timerEventListener"}),
}
"""Extension elements that are understood on some elements alone."""


def survey(root: Element, reading: Reading) -> None:
    """One remark for each addition of another engine, and for each foreign word that is unknown."""
    for element in root.iter():
        if not isinstance(element.tag, str) or not xmldoc.namespace(element).startswith(_STANDARD):
            continue
        for name in element.attrib:
            _attribute(element, str(name), reading)
        if xmldoc.local_name(element) == "extensionElements":
            holder = element.getparent()
            for child in xmldoc.children(element):
                _element(child, element if holder is None else holder, reading)


_STANDARD = "http://www.omg.org/spec/CMMN/20151109/"
_SILENT = ("http://www.w3.org/", HOUSE)


def _attribute(element: Element, full: str, reading: Reading) -> None:
    if not full.startswith("{") or full[1:].startswith(_SILENT):
        return
    uri, _, name = full[1:].partition("}")
    kind = xmldoc.local_name(element)
    called = f"{_prefix(element, uri)}{name} of {kind}"
    if uri not in vendor.NAMESPACES:
        reading.ignore("V-61", f"{called} is unknown: it is kept, and ignored", element)
    elif name in ATTRIBUTES.get(kind, ()):
        reading.remark(Kind.MAPPED, "I-01", f"{called} is understood", element)
    elif name in WITHOUT_EFFECT:
        reading.ignore("I-02", f"{called} is kept without effect: {WITHOUT_EFFECT[name]}", element)
    else:
        reading.ignore("V-61", f"{called} is unknown: it is kept, and ignored", element)


def _element(child: Element, holder: Element, reading: Reading) -> None:
    uri, name, kind = xmldoc.namespace(child), xmldoc.local_name(child), xmldoc.local_name(holder)
    called = f"<{_prefix(child, uri)}{name}> of {kind}"
    if uri == HOUSE:
        return
    if uri not in vendor.NAMESPACES or name not in ELEMENTS:
        reading.ignore("V-61", f"{called} is unknown: it is kept, and ignored", child)
    elif ELEMENTS[name]:
        reading.ignore("I-02", f"{called} is kept without effect: {ELEMENTS[name]}", child)
    elif kind not in _HOLDERS.get(name, {kind}):
        reading.ignore("I-02", f"{called} is kept without effect: it has none on this element", child)
    else:
        reading.remark(Kind.MAPPED, "I-01", f"{called} is understood", child)


def _prefix(element: Element, uri: str) -> str:
    """How the document abbreviates a namespace, with its colon."""
    found = next((prefix for prefix, one in element.nsmap.items() if one == uri and prefix), None)
    return f"{found}:" if found else f"{{{uri}}}"
