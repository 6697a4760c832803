"""The words of scenario files: verbs, expectations, states, kinds; of each word what it takes.

A table says `key:kind`: `!` where the key must be there, `?` where null may stand, `+name` of `INCLUDED`.
"""

from collections.abc import Mapping

STATES = frozenset(
    [
        "available",
        "enabled",
        "disabled",
        "active",
        "suspended",
        "completed",
        "terminated",
        "failed",
        "unavailable",
        "waiting",
    ]
)
TYPES = frozenset(
    [
        "human-task",
        "task",
        "service-task",
        "http-task",
        "external-worker-task",
        "case-task",
        "process-task",
        "decision-task",
        "stage",
        "milestone",
        "user-event-listener",
        "timer-event-listener",
        "generic-event-listener",
        "signal-event-listener",
        "variable-event-listener",
        "intent-event-listener",
        "reactivate-event-listener",
    ]
)
KINDS = frozenset(
    [
        "forbidden",
        "illegal-state",
        "suspended",
        "not-found",
        "illegal-argument",
        "diverged",
        "expression",
        "deploy",
        "any",
    ]
)
FILE_OPERATIONS = frozenset(
    [
        "create",
        "replace",
        "update",
        "delete",
        "add_child",
        "remove_child",
        "add_reference",
        "remove_reference",
    ]
)
CASE_STATES = frozenset(["active", "suspended", "completed", "terminated", "failed", "closed"])
WORK_STATES = frozenset(["created", "claimed", "in-progress", "suspended", "completed", "terminated"])

VERBS: Mapping[str, str] = {
    "deploy": "models!:texts tenant:text as:text",
    "start": "case!:text as:text inputs:values vars:values team:team name:text? business_key:text? "
    "business_status:text? tenant:text",
    "assign_role": "user!:text role!:text of:case",
    "remove_role": "user!:text role!:text of:case",
    "claim": "of:case task:task user:text",
    "unclaim": "task!:task of:case",
    "assign": "task!:task assignee!:text? of:case",
    "start_progress": "task!:task of:case user:text",
    "suspend": "of:case item:selector task:task user:text",
    "resume": "of:case item:selector task:task user:text",
    "complete_case": "of:case",
    "terminate_case": "of:case",
    "close": "of:case",
    "delete_case": "of:case",
    "terminate_cases": "of!:cases",
    "reactivate": "of:case item:selector activate:texts default:texts vars:values transient:values",
    "find_child": "of!:case as!:text item:selector key:text",
    "update_case": "of:case name:text? business_key:text? business_status:text? due:instant? assignee:text? "
    "owner:text?",
    "complete": "of:case task:task item:selector output:values vars:values all:flag user:text",
    "manual_start": "item!:selector vars:values child_vars:values of:case",
    "disable": "item!:selector vars:values of:case",
    "enable": "item!:selector vars:values local:values of:case",
    "terminate": "item!:selector vars:values of:case",
    "reenable": "item!:selector of:case",
    "occur": "item!:selector of:case",
    "fail": "item!:selector code!:text of:case message:text",
    "give_up": "item!:selector of:case",
    "complete_stage": "item!:selector force:flag of:case",
    "plan": "item!:text in!:selector of:case",
    "process_complete": "item!:selector output:values of:case",
    "process_fault": "item!:selector code!:text of:case message:text",
    "trigger": "of:case item:selector each:texts vars:values all:flag expect_count:number",
    "file": "op!:operation path!:path of:case value:any name:text to:path",
    "set": "of:case vars:values scope:scope local:values",
    "unset": "names!:texts of:case scope:scope",
    "clock": "advance:duration to:instant",
    "run_jobs": "",
    "reschedule": "to!:moment of:case item:selector job:job",
    "worker_acquire": "topic!:text? worker!:text? max!:number as!:text lock:duration",
    "worker_complete": "jobs!:text worker!:text vars:values",
    "worker_terminate": "jobs!:text worker!:text vars:values",
    "worker_fail": "jobs!:text worker!:text retries!:number message:text details:text retry_after:duration",
    "worker_release": "worker!:text jobs:text all:flag",
    "migrate": "of!:case to!:text vars:values activate:texts terminate:texts to_available:texts "
    "waiting:texts",
    "change_state": "of!:case activate!:texts",
}
"""What each verb takes; `as_user`, `repeat`, `refused` and `expect` have a grammar of their own."""

ONE_OF: Mapping[str, tuple[str, ...]] = {
    "find_child": ("item", "key"),
    "complete": ("task", "item"),
    "trigger": ("item", "each"),
    "clock": ("advance", "to"),
    "reschedule": ("item", "job"),
    "worker_release": ("jobs", "all"),
}
"""Of these keys exactly one is given."""

AT_MOST_ONE: Mapping[str, tuple[str, ...]] = {"suspend": ("item", "task"), "resume": ("item", "task")}

EXPECTATIONS: Mapping[str, str] = {
    "case": "state:case-state ended:flag completable:flag key:text definition_name:text "
    "definition_version:number name:text? business_key:text? business_status:text? due:instant?",
    "item": "+described",
    "task": "name!:text assignee:text? inputs:values description:text? due:instant state:work-state "
    "claimed_by:text? in_progress_by:text? suspended_by:text? vars_exact:values",
    "jobs": "timer:number async:number suspended:number dead:number next_due:instant categories:texts",
    "acquired": "jobs!:text count!:number vars:values lock_owner:text locked_until:instant retries:number",
    "history": "vars:values vars_exact:values vars_absent:texts tasks:history-tasks",
}
"""The expectations that are mappings of fixed keys."""

LISTS: Mapping[str, str] = {
    "items": "+described",
    "live_items": "+described",
    "item_count": "count!:number live:flag +selector",
    "locals": "of!:selector rows:value-rows exact:flag absent:texts",
    "worker_jobs": "lock_owner:text? locked_until:instant? retries:number",
    "subscriptions": "kind!:subscription name:text item:selector",
    "overview": "name!:text current!:flag ended!:flag",
    "outbox": "kind!:http method:text headers:values",
    "definitions": "key!:text description:text?",
}
"""The expectations that are lists of such mappings."""

SIMPLE: Mapping[str, str] = {
    "of": "case",
    "live": "states",
    "live_includes": "states",
    "all": "states",
    "all_includes": "states",
    "live_count": "number",
    "all_count": "number",
    "completed": "texts",
    "terminated": "texts",
    "failed": "texts",
    "tasks": "texts",
    "task_count": "number",
    "milestones": "texts",
    "vars": "values",
    "vars_exact": "values",
    "vars_absent": "texts",
    "case_file": "paths",
    "file_state": "file-states",
    "offered": "texts",
    "offered_in": "text-lists",
    "all_on_definition": "text",
    "incidents": "number",
    "log": "pairs",
    "log_order": "pairs",
    "open_cases": "number",
    "ended_cases": "number",
}

NEVER_EMPTY = frozenset(["case", "item", "items", "item_count", "jobs", "history"])
"""The expectations that hold of anything when they are empty, and so are refused."""

INCLUDED = {
    "+selector": "name:text definition:text element:text type:type index:number in:selector local:values "
    "state:state",
    "+described": "+selector required:flag completable:flag parent:text assignee:text? completed_by:text? "
    "entry_criterion:text? exit_criterion:text?",
}
