"""The exporter: /metrics for Prometheus, of what this process counts and of what the store holds now."""

from collections.abc import Iterable, Mapping

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client import Counter as PrometheusCounter

from app import current
from app.auth.guards import open_door
from app.database import reading
from cases import telemetry
from cases.queries import gauges
from cases.telemetry import Counter, Timing


class Exporter:
    """The numbers of this process. A metric begins with its first count, and keeps its labels."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters: dict[str, PrometheusCounter] = {}
        self._timings: dict[str, Histogram] = {}

    def count(self, name: Counter, amount: int, labels: Mapping[str, str]) -> None:
        """So many more."""
        kept = self._counters.get(name)
        if kept is None:
            kept = self._counters[name] = PrometheusCounter(name, name, tuple(labels), registry=self.registry)
        (kept.labels(**labels) if labels else kept).inc(amount)

    def observe(self, name: Timing, seconds: float, labels: Mapping[str, str]) -> None:
        """One more duration."""
        kept = self._timings.get(name)
        if kept is None:
            kept = self._timings[name] = Histogram(name, name, tuple(labels), registry=self.registry)
        (kept.labels(**labels) if labels else kept).observe(seconds)


def init_app(app: Flask) -> None:
    """Keep what is counted, and open the door to it."""
    exporter = Exporter()
    telemetry.send_to(exporter)

    @app.get("/metrics", endpoint="telemetry.metrics")
    @open_door
    def metrics() -> Response:
        """Numbers alone: no case, no person, no name."""
        with reading() as session:
            found = gauges.read(session, current.now())
        store = generate_latest(_registry(found))
        return Response(generate_latest(exporter.registry) + store, content_type=CONTENT_TYPE_LATEST)


def _registry(found: gauges.Gauges) -> CollectorRegistry:
    registry = CollectorRegistry()
    for name, help_, value in _singles(found):
        Gauge(name, help_, registry=registry).set(value)
    jobs = Gauge("casewright_jobs", "Jobs by state", ("state",), registry=registry)
    for state, number in found.jobs.items():
        jobs.labels(state=state).set(number)
    return registry


def _singles(found: gauges.Gauges) -> Iterable[tuple[str, str, float]]:
    yield "casewright_cases_active", "Cases at work", found.cases_active
    yield "casewright_tasks_open", "Tasks that wait for somebody", found.tasks_open
    yield "casewright_oldest_due_seconds", "For how long a job could have been done", found.oldest_due_seconds
    yield "casewright_incidents_open", "Steps that wait for a decision", found.incidents_open
    yield "casewright_messages_waiting", "Messages that are not applied yet", found.messages_waiting
    if found.beat_age_seconds is not None:
        yield "casewright_beat_age_seconds", "Since a worker beat last", found.beat_age_seconds
