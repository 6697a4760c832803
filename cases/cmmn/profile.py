"""Every documented difference between strict CMMN 1.1 and what other engines do, as one frozen value.

Each field is asked in one place of the engine, or where `wiring` makes its tables; nobody asks which product
a profile stands for (cmmn-semantics, "Seen by running Flowable").
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """How the engine reads what the standard leaves open (cmmn-semantics D7, D8, 3.6, 4.8), and deviations.

    `strict_exit`: exit criteria are ready while Active only. `failed_blocks`: a Failed child blocks
    completion. `absent_manual_rule`: what a missing manualActivationRule means. `cross_stage`: `spec`,
    `retroactive`, `ignore`, or `revive`: stages that have ended come back too, each by its own manual rule,
    and an idle stage hands no memory down when it starts.
    """

    name: str = "cmmn"
    strict_exit: bool = False
    failed_blocks: bool = True
    absent_manual_rule: bool = False
    cross_stage: str = "spec"
    gates_first: bool = False
    """A repetition rule that is false holds the first instance back as well."""
    is_level_triggered: bool = False
    """A condition alone repeats an item as long as it holds, and ends every instance while it holds."""
    remembers_conditions: bool = False
    """An if-part beside on-parts that was true once counts as true from then on (latchedAll)."""
    repeats_terminated: bool = True
    """An item without entry criteria repeats when it is terminated by hand, too."""
    leaves_waiting_children: bool = False
    """A stage that is terminated by hand leaves its Available children as they are."""
    terminates_early: bool = False
    """An item may be terminated by hand in every live state, not only while Active."""
    exits_disabled: bool = True
    """Exit criteria reach Disabled items."""
    ends_disabled: bool = False
    """What is Disabled ends when its container completes."""
    asks_required_again: bool = False
    """The required rule is asked whenever completion is, and its first answer does not bind."""
    requires_once: bool = False
    """A required item that repeats is done with its first completion in its container."""
    announces_start: bool = False
    """A start by hand is heard as `start` too, a reenable as `enable`."""
    hears_leftovers: bool = False
    """What is left over when its container completes is heard when it exits (R-2.4c)."""
    enters_first: bool = False
    """An item whose entry and exit criteria are satisfied at once begins, and the exit is lost."""
    orphaned_by_start: bool = False
    """A listener for entry criteria is heard by owners that still wait; by repeating ones always."""
    case_exit_hears: bool = True
    """The exit criteria of the case count as hearing a listener."""
    refuses_early_complete: bool = False
    """An exit criterion that completes what is not completable refuses the whole command."""
    completes_twice: bool = False
    """Completing a stage that has completed is accepted, and changes nothing."""
    forgets_ended: bool = False
    """An ended case takes no data any more: it is unknown."""
    maps_exited: bool = False
    """A called case that exited by itself gives back its variables before the task that called it exits."""
    begins_days: bool = False
    """A date alone, as the due date of a task, is the start of that day, not its end."""
    refuses_unknown: bool = False
    """A listener's action that reads a variable which is not there refuses the whole command."""
    reactivates_by_listener: bool = False
    """An ended case comes back by its reactivate event listener alone, or with items that are named."""


STRICT = Profile()

FLOWABLE = Profile(
    name="flowable",
    cross_stage="revive",
    gates_first=True,
    is_level_triggered=True,
    remembers_conditions=True,
    repeats_terminated=False,
    leaves_waiting_children=True,
    terminates_early=True,
    exits_disabled=False,
    ends_disabled=True,
    asks_required_again=True,
    requires_once=True,
    announces_start=True,
    hears_leftovers=True,
    enters_first=True,
    orphaned_by_start=True,
    case_exit_hears=False,
    refuses_early_complete=True,
    completes_twice=True,
    forgets_ended=True,
    maps_exited=True,
    begins_days=True,
    refuses_unknown=True,
    reactivates_by_listener=True,
)
"""What Flowable's engine does, for models in its namespace."""

CAMUNDA = Profile(name="camunda", strict_exit=True, cross_stage="ignore")
"""What Camunda 7 does, for models in its namespace."""
