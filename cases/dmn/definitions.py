"""Definitions: the decisions of one file, ready to be evaluated."""

from collections.abc import Mapping
from datetime import datetime

from cases.dmn.model import Decided, Decision, DecisionService, Element, Model
from cases.dmn.requirements import Evaluation, inputs_of
from cases.dmn.tables import Log
from cases.errors import NotFound
from cases.feel import FeelError, Scope
from cases.feel.scope import Run
from cases.feel.values import Function

_TICKS = 1_000_000
"""Steps of one evaluation: more than an expression has, since a decision may need many."""


class Definitions:
    """The decisions of one DMN file. `decisions` and `services` are their ids, `names` their names by id."""

    __slots__ = ("_by_name", "decisions", "model", "names", "services")

    def __init__(self, model: Model) -> None:
        self.model = model
        found = [element for element in model.elements.values() if isinstance(element, Decision)]
        self.decisions: tuple[str, ...] = tuple(decision.id for decision in found)
        self.services: tuple[str, ...] = tuple(
            element.id for element in model.elements.values() if isinstance(element, DecisionService)
        )
        self.names: Mapping[str, str] = {decision.id: decision.name for decision in found}
        self._by_name = {
            element.name: element
            for element in model.elements.values()
            if isinstance(element, Decision | DecisionService)
        }

    @property
    def namespace(self) -> str:
        """The namespace of the file, by which others import it."""
        return self.model.namespace

    def inputs(self, decision: str) -> tuple[str, ...]:
        """The names of the input data that a decision needs, itself or through others. Raises `NotFound`."""
        return inputs_of(self.model, self._element(decision))

    def evaluate(self, decision: str, inputs: Mapping[str, object], now: datetime | None = None) -> Decided:
        """What a decision, or a decision service, by id or name, makes of inputs given by name.

        What is missing, or not of its type, is null, and `notes` say why. Raises `NotFound` for an
        unknown decision, and `FeelError` when the evaluation takes more steps than one may.
        """
        element = self._element(decision)
        scope = Scope(now=now)
        log = Log()
        evaluation = Evaluation(self.model, inputs, Run(scope, _TICKS), log)
        try:
            value = evaluation.value(element)
            if isinstance(element, DecisionService) and isinstance(value, Function):
                given = {name: inputs.get(name) for name in value.parameters}
                value = value.invoke(Run(scope, _TICKS), (), given)
        except RecursionError:
            raise FeelError("FEEL-BUDGET", f"the decision {decision} goes too deep") from None
        return Decided(value, tuple(log.tables), tuple(scope.notes))

    def _element(self, decision: str) -> Element:
        found = self.model.elements.get(decision) or self._by_name.get(decision)
        if not isinstance(found, Decision | DecisionService):
            raise NotFound(f"there is no decision {decision}")
        return found
