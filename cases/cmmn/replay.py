"""Events -> state: the proof that the journal is enough, and the case as it was at any moment (I-02)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby

from cases.cmmn import sentries
from cases.cmmn.agenda import Run
from cases.cmmn.events import AnyEvent
from cases.cmmn.instance import CaseInstance, CaseState, new
from cases.cmmn.metamodel import Program

_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""Nothing is computed anew, so nobody asks what time it was."""


def fold(program: Program, case_id: int, business_key: str, rows: Iterable[Iterable[AnyEvent]]) -> CaseState:
    """The state after these journal rows, each the events of one command; byte for byte the stored one."""
    return fold_onto(new(program, case_id, business_key), rows)


def fold_onto(case: CaseInstance, rows: Iterable[Iterable[AnyEvent]]) -> CaseState:
    """The state after these rows, from a case as a snapshot holds it."""
    for row in rows:
        run = Run(case, _NO_TIME)
        for _, wave in groupby(row, key=lambda event: event.wave):
            happened = list(wave)
            for event in happened:
                run.apply(event)
            for event in happened:
                sentries.latch(run, event)
        sentries.forget_events(run)
        case = CaseInstance(case.program, run.state, run.live)
    return case.state
