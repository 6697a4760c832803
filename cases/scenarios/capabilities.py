"""What this engine offers, by the tags that a scenario names in `needs`; each with what carries it."""

from collections.abc import Mapping

CLAIMED: Mapping[str, str] = {
    # plan items, rules and events of CMMN 1.1
    "core": "cmmn.engine",
    "repetition": "cmmn.repetition",
    "user-listener": "cmmn.commands.OccurUser",
    "timer": "cmmn.timers, services.timers",
    "timer-start-trigger": "cmmn.wiring",
    "case-file": "cmmn.file_operations",
    "case-parameters": "cmmn.parameters",
    "task-output": "cmmn.parameters",
    "planning": "cmmn.planning",
    "plan-fragment": "cmmn.planning",
    "roles": "cmmn.command_handlers",
    "claim": "services.tasks",
    "suspend": "cmmn.suspension",
    "exit-criterion-ref": "cmmn.sentries",
    "cross-stage": "cmmn.sentries",
    "fault": "cmmn.transitions",
    "close": "cmmn.command_handlers",
    "reactivate-case": "cmmn.reactivation",
    "case-task": "services.links",
    "process-task": "cmmn.calls",
    "decision-task": "cmmn.behaviors, dmn",
    "transition-log": "persistence.journal",
    # choices where CMMN is silent
    "trigger-mode": "cmmn.sentries",
    "max-instance-count": "cmmn.repetition",
    "divergence-guard": "cmmn.agenda",
    "incidents": "services.effect_rows",
    # rules and events beyond CMMN
    "auto-complete-condition": "cmmn.completion",
    "available-condition": "cmmn.sentries",
    "collection-repetition": "cmmn.repetition",
    "completion-neutral": "cmmn.completion",
    "parent-completion-rule": "cmmn.completion",
    "exit-type": "cmmn.transitions",
    "exit-event-type": "cmmn.transitions",
    "if-part-memory": "cmmn.sentries",
    "criterion-id": "cmmn.folding",
    "orphan-listener": "cmmn.completion",
    "repeating-listener": "cmmn.repetition",
    "required-listener": "cmmn.completion",
    "generic-listener": "cmmn.commands.OccurListener",
    "intent-listener": "cmmn.commands.OccurListener",
    "signal-listener": "services.effect_rows",
    "variable-listener": "cmmn.variables",
    "repetition-counter": "cmmn.repetition",
    "variable-aggregation": "cmmn.repetition",
    "milestone-variable": "cmmn.behaviors",
    "dynamic-names": "cmmn.behaviors",
    "flattened-plan-fragment": "cmmn.reader",
    "vendor-sentry-ref": "cmmn.reader",
    "cron": "cmmn.timers",
    "reschedule-timer": "cmmn.commands.RescheduleTimer",
    "job-category": "services.effect_rows",
    "enable-available": "cmmn.commands.Enable",
    "lifecycle-listener-expression": "cmmn.behaviors",
    # tasks of products
    "assignment": "services.tasks",
    "task-states": "services.tasks",
    "task-variables": "cmmn.behaviors",
    "due-date": "policy.deadlines",
    "service-task-expression": "cmmn.behaviors",
    "blocking-expression": "cmmn.behaviors",
    "case-task-mapping": "cmmn.parameters",
    "id-variable": "services.links",
    "same-deployment": "catalogue.callee",
    "decision-service": "dmn",
    "dmn-vendor-entries": "dmn.reader",
    "external-worker": "services.external_work",
    "external-worker-mapping": "services.external_work",
    "http-task": "services.service_steps",
    "async-jobs": "services.work_rows",
    "async-leave": "services.work_rows",
    "dead-letter": "services.jobs",
    # data and expressions of products
    "variable-functions": "feel.juel",
    "variable-functions-unquoted": "feel.juel",
    "expression-variable-names": "cmmn.variables",
    "java-string-methods": "feel.juel",
    "plan-item-instances-keyword": "cmmn.views",
    "user-in-expressions": "cmmn.views",
    "date-types": "feel.temporal",
    "json-variables": "cmmn.casefile",
    "local-variables": "cmmn.commands.SetLocal",
    "transient-variables": "cmmn.commands.Command",
    "transition-variables": "cmmn.commands.Command",
    # cases and administration of products
    "argument-checks": "services.execution",
    "business-key": "cmmn.commands.Describe",
    "business-status": "cmmn.commands.Describe",
    "case-properties": "services.instances",
    "case-assignment": "services.instances",
    "case-claim": "services.instances",
    "delete-case": "cmmn.commands.DeleteCase",
    "bulk-terminate": "services.execution",
    "definitions": "catalogue.definitions",
    "versions": "catalogue.case_by_key",
    "deploy-validation": "caseapp.lint",
    "tenancy": "catalogue.case_by_key",
    "history": "queries.records",
    "migration": "services.upgrades",
    "change-state": "services.upgrades",
    "stage-overview": "queries.stage_overview",
    "reactivation-listener": "cmmn.reactivation",
    "reactivation-rules": "cmmn.reactivation",
}
"""A scenario that needs a tag which is not here is skipped, and counted as skipped."""

UNCLAIMED: frozenset[str] = frozenset()
"""Tags of the language that this engine does not claim: a tag that is in neither list is an error."""


def unknown(tags: frozenset[str]) -> frozenset[str]:
    """The tags that the language does not have."""
    return tags - CLAIMED.keys() - UNCLAIMED


def missing(needs: frozenset[str]) -> frozenset[str]:
    """The tags that are not claimed."""
    return needs - CLAIMED.keys()
