"""Events -> state: the proof that the journal is enough, and the case as it was at any moment (I-02)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby

from cases.cmmn import sentries
from cases.cmmn.agenda import Run
from cases.cmmn.events import AnyEvent, CaseMigrated
from cases.cmmn.instance import CaseInstance, CaseState, new
from cases.cmmn.metamodel import Program

_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""Nothing is computed anew, so nobody asks what time it was."""

_NO_VERSIONS: Mapping[str, Program] = {}


def first_version(rows: Iterable[Iterable[AnyEvent]]) -> str | None:
    """The version that these rows begin on, where the case has moved to another one since."""
    for row in rows:
        for event in row:
            if isinstance(event, CaseMigrated):
                return event.source
    return None


def fold(
    program: Program,
    case_id: int,
    business_key: str,
    rows: Iterable[Iterable[AnyEvent]],
    versions: Mapping[str, Program] = _NO_VERSIONS,
) -> CaseState:
    """The state after these journal rows, each the events of one command; byte for byte the stored one.

    `program` is the version that the case began on, `versions` are those that it has moved to since.
    """
    return fold_onto(new(program, case_id, business_key), rows, versions)


def fold_onto(
    case: CaseInstance, rows: Iterable[Iterable[AnyEvent]], versions: Mapping[str, Program] = _NO_VERSIONS
) -> CaseState:
    """The state after these rows, from a case as a snapshot holds it. Raises KeyError for a version."""
    for row in rows:
        run = Run(case, _NO_TIME)
        run.versions = versions
        for _, wave in groupby(row, key=lambda event: event.wave):
            happened = list(wave)
            for event in happened:
                run.apply(event)
            for event in happened:
                sentries.latch(run, event)
        sentries.forget_events(run)
        case = CaseInstance(run.program, run.state, run.live)
    return case.state
