"""Stages and plan items -> elements: items, sentries, planning tables, and definitions in their place."""

from collections.abc import Iterable, Sequence

from cases.cmmn import definition_writer
from cases.cmmn.controlmodel import Sentry
from cases.cmmn.definition_writer import Draft, element, house
from cases.cmmn.metamodel import Discretionary, PlanItem, PlanItemDefinition, Return, Stage
from cases.xmldoc import Element

_ON_PARTS = ("planItemOnPart", "caseFileItemOnPart")


class ItemWriter:
    """Writes the plan of one case; what is planned at several places is written at the first."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._items = draft.case.items
        self._first: dict[str, PlanItem] = {}
        self._homes: dict[str, set[str]] = {}
        for item in self._items:
            self._first.setdefault(item.definition.id, item)
            if item.stage >= 0:
                home = self._items[item.stage].definition.id
                self._homes.setdefault(item.definition.id, set()).add(home)

    def plan(self, parent: Element) -> None:
        """The plan model, with everything in it. Raises KeyError for a path that is not declared."""
        top = self._items[0]
        stage = top.definition
        auto = "true" if isinstance(stage, Stage) and stage.auto_complete else ""
        name = "" if top.name == top.id else top.name
        written = element(
            parent, "casePlanModel", {"id": self._draft.free(top.id), "name": name, "autoComplete": auto}
        )
        self._stage(written, top)
        for criterion in top.exit:
            self._criterion(written, "exitCriterion", top, criterion.number)

    def _stage(self, written: Element, stage: PlanItem) -> None:
        """What a stage holds, in the order of the schema."""
        inside = [item for item in self._items if item.stage == stage.number]
        named = list({item.id: item for item in inside}.values())
        own = [item for item in named if not item.fragment]
        planned = [item for item in own if not item.is_discretionary]
        fragments = list(dict.fromkeys(item.fragment for item in named if item.fragment))
        names: dict[str, str] = {}
        for item in planned:
            self._item(written, "planItem", item)
        for fragment in fragments:
            if any(item.fragment == fragment and not item.is_discretionary for item in named):
                id_ = self._draft.free(f"{fragment}.item")
                element(written, "planItem", {"id": id_, "definitionRef": fragment})
        with_own = [stage, *own] if not stage.number else own
        self._sentries(written, with_own, names)
        self._table(written, stage)
        for fragment in fragments:
            held = element(written, "planFragment", {"id": self._draft.free(fragment)})
            within = [item for item in named if item.fragment == fragment]
            for item in within:
                self._item(held, "planItem", item)
            self._sentries(held, within, {})
        for made in self._definitions_of(stage):
            self._definition(written, made)

    def _definitions_of(self, stage: PlanItem) -> list[PlanItemDefinition]:
        """The definitions that stand in a stage: those used there alone; in the plan, also shared ones."""
        home = stage.definition.id
        return [
            one.definition
            for id_, one in self._first.items()
            if one.stage >= 0
            and (self._homes[id_] == {home} or (not stage.number and len(self._homes[id_]) > 1))
        ]

    def _definition(self, parent: Element, made: PlanItemDefinition) -> None:
        written = definition_writer.definition(parent, made, self._draft)
        first = self._first[made.id]
        if isinstance(made, Stage):
            self._stage(written, first)
        else:
            self._table(written, first)

    def _item(self, parent: Element, name: str, item: PlanItem, more: dict[str, str] | None = None) -> None:
        attributes = {
            "id": self._draft.free(item.id),
            "name": "" if item.name == item.definition.name else item.name,
            "definitionRef": item.definition.id,
        }
        back = None if item.reactivation is Return.IGNORE else item.reactivation
        written = element(parent, name, attributes | (more or {}) | house(reactivation=back))
        rules = (
            ("repetitionRule", item.repetition),
            ("requiredRule", item.required),
            ("manualActivationRule", item.manual),
        )
        if any(rule is not None for _, rule in rules):
            control = element(written, "itemControl")
            for kind, rule in rules:
                if rule is not None:
                    definition_writer.rule(control, kind, rule, self._draft)
        for criterion in item.entry:
            self._criterion(written, "entryCriterion", item, criterion.number)
        for criterion in item.exit:
            self._criterion(written, "exitCriterion", item, criterion.number)

    def _criterion(self, parent: Element, name: str, item: PlanItem, number: int) -> None:
        criterion = self._draft.case.criteria[number]
        attributes = {
            "id": self._draft.free(criterion.id),
            "name": "" if criterion.name == criterion.sentry.name else criterion.name,
            "sentryRef": self._sentry_id(item, criterion.sentry),
        }
        element(parent, name, attributes)

    def _sentry_id(self, item: PlanItem, sentry: Sentry) -> str:
        """The id of a sentry: one that is used in several containers is written into each of them."""
        for other in self._items:
            held = [one.sentry.id for one in (*other.entry, *other.exit)]
            if sentry.id in held:
                is_first = self._container(other) == self._container(item)
                return sentry.id if is_first else f"{sentry.id}.{self._container(item)}"
        return sentry.id

    def _container(self, item: PlanItem) -> str:
        """What holds the sentries of an item: its plan fragment, its stage, or the plan itself."""
        return item.fragment or self._items[max(item.stage, 0)].definition.id

    def _sentries(self, written: Element, items: Iterable[PlanItem], done: dict[str, str]) -> None:
        for item in items:
            for criterion in (*item.entry, *item.exit):
                id_ = self._sentry_id(item, criterion.sentry)
                if id_ not in done:
                    done[id_] = id_
                    self._sentry(written, criterion.sentry, id_)

    def _sentry(self, parent: Element, sentry: Sentry, id_: str) -> None:
        mode = None if sentry.trigger_mode == "latched" else sentry.trigger_mode
        attributes = {"id": self._draft.free(id_), "name": sentry.name} | house(triggerMode=mode)
        written = element(parent, "sentry", attributes)
        for place, part in enumerate(sentry.on_parts, 1):
            own = self._draft.free(part.id or f"{id_}.on.{place}")
            definition_writer.on_part(written, _ON_PARTS, part, own, self._draft)
        if sentry.if_part is not None:
            definition_writer.rule(written, "ifPart", sentry.if_part, self._draft)

    def _table(self, written: Element, holder: PlanItem) -> None:
        """The planning table of a stage or human task, where it offers anything."""
        offers = [one for one in self._draft.case.discretionary if one.holder == holder.number]
        if not offers:
            return
        table = element(written, "planningTable", {"id": self._draft.free(f"{holder.id}.table")})
        rules = {rule.id: rule for one in offers for rule in one.rules}
        ids = {id_: self._draft.free(id_ or f"{holder.id}.applies") for id_ in rules}
        for offer in offers:
            self._offer(table, offer, [ids[rule.id] for rule in offer.rules])
        for id_, rule in rules.items():
            attributes = {"id": ids[id_]}
            if rule.context is not None:
                attributes["contextRef"] = self._draft.file_item(rule.context)
            made = element(table, "applicabilityRule", attributes)
            if rule.condition is not None:
                element(made, "condition", text=rule.condition.text.strip())

    def _offer(self, table: Element, offer: Discretionary, rules: Sequence[str]) -> None:
        """One item of a table; of several sets of roles all but the last are tables around it."""
        asked = [" ".join(self._draft.role(name) for name in sorted(roles)) for roles in offer.roles]
        for names in asked[:-1]:
            id_ = self._draft.free(f"{offer.id}.table")
            table = element(table, "planningTable", {"id": id_, "authorizedRoleRefs": names})
        more = {
            "authorizedRoleRefs": asked[-1] if asked else "",
            "applicabilityRuleRefs": " ".join(rules),
        }
        item = self._items[offer.items[0]]
        if item.id == offer.id:
            self._item(table, "discretionaryItem", item, more)
            return
        attributes = {"id": self._draft.free(offer.id), "name": offer.name, "definitionRef": item.fragment}
        element(table, "discretionaryItem", attributes | more)
