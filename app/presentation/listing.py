"""A list of tasks as a page shows it: addresses of its tabs, chips, rows and of what comes after a task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote, urlencode

from app.presentation.language import gettext as _
from cases.queries import task_filters
from cases.queries.task_filters import ANYTHING, Filter, Kind, Level, Tab
from cases.queries.worklist import Count, TaskLine

Named = TypeVar("Named", bound=str)


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that the list is narrowed to; `href` is the list without it."""

    about: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class TabLink:
    """One tab; `count` equals the list that it opens."""

    words: str
    href: str
    count: Count
    tone: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that the list can be narrowed to."""

    name: str
    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The list at an address, with its tab and filter."""

    path: str
    tab: Tab
    wanted: Filter

    @property
    def query(self) -> str:
        """The query of its address, as a saved view keeps it."""
        return task_filters.write(self.tab, self.wanted)

    @property
    def address(self) -> str:
        """Where it is."""
        return self._with(self.query)

    @property
    def cleared(self) -> str:
        """The same tab with nothing narrowed."""
        return self._with(task_filters.write(self.tab, ANYTHING))

    @property
    def picks(self) -> str:
        """Where its rows are listed for "select all"."""
        return self._with(self.query, "picks=1")

    def page(self, after: str) -> str:
        """Its page after a key."""
        return self._with(self.query, urlencode({"after": after}))

    def opened(self, task: int) -> str:
        """The list with a task shown beside it."""
        return self._with(self.query, f"open={task}")

    def task(self, line: TaskLine) -> str:
        """The page of a task, from which one comes to the next one of this list."""
        return self.task_page(line.id, line.key)

    def task_page(self, task: int, key: str) -> str:
        """The same of a task at a place in the order."""
        return f"/tasks/{task}?{urlencode({'back': self._onward(task, key, page=1)})}"

    def panel(self, line: TaskLine) -> str:
        """A task as it stands beside this list."""
        return f"/tasks/{line.id}/panel?{urlencode({'back': self._onward(line.id, line.key)})}"

    def stay(self, line: TaskLine) -> str:
        """This list with the task beside it, after it was claimed from its row."""
        return self._onward(line.id, line.key)

    def tabs(self, counts: Mapping[Tab, Count]) -> list[TabLink]:
        """Its tabs, each with the same filter."""
        words = tab_words()
        return [
            TabLink(
                words=words[tab],
                href=self._with(task_filters.write(tab, self.wanted)),
                count=count,
                tone="red" if tab is Tab.OVERDUE and count else "",
                is_current=tab is self.tab,
            )
            for tab, count in counts.items()
        ]

    def chips(self, kinds: Sequence[Kind]) -> list[Chip]:
        """What it is narrowed to, each with a way without it."""
        names = {kind.id: kind.name for kind in kinds}
        wanted, levels = self.wanted, level_words()
        chips = [self._chip(_("Text"), wanted.text, replace(wanted, text=""))] if wanted.text else []
        chips += [
            self._chip(_("Type"), names.get(one, one), replace(wanted, types=_without(wanted.types, one)))
            for one in wanted.types
        ]
        chips += [
            self._chip(_("Stage"), one, replace(wanted, stages=_without(wanted.stages, one)))
            for one in wanted.stages
        ]
        chips += [
            self._chip(_("Priority"), levels[one], replace(wanted, levels=_without(wanted.levels, one)))
            for one in wanted.levels
        ]
        return chips

    def choices(self, kinds: Sequence[Kind]) -> dict[str, list[Choice]]:
        """What it can be narrowed to, by heading."""
        wanted = self.wanted
        stages = dict.fromkeys(kind.stage for kind in kinds if kind.stage)
        levels = level_words()
        return {
            _("Stage"): [Choice("stage", one, one, one in wanted.stages) for one in stages],
            _("Task"): [Choice("type", one.id, one.name, one.id in wanted.types) for one in kinds],
            _("Priority"): [
                Choice("priority", one.value, levels[one], one in wanted.levels) for one in Level
            ],
        }

    def _chip(self, about: str, words: str, without: Filter) -> Chip:
        return Chip(about, words, self._with(task_filters.write(self.tab, without)))

    def _onward(self, task: int, key: str, **more: int) -> str:
        return self._with(self.query, urlencode({"from": task, "past": key, **more}))

    def _with(self, *queries: str) -> str:
        query = "&".join(one for one in queries if one)
        return f"{self.path}?{query}" if query else self.path


def path_of(place: str) -> str:
    """The address of a place: `mine`, or a queue by its key."""
    return "/work/mine" if place == "mine" else f"/work/queue/{quote(place, safe=':')}"


def tab_words() -> dict[Tab, str]:
    """What the tabs are called."""
    return {
        Tab.OPEN: _("All open"),
        Tab.MINE: _("Mine"),
        Tab.UNASSIGNED: _("Unassigned"),
        Tab.OVERDUE: _("Overdue"),
        Tab.TODAY: _("Due today"),
        Tab.AT_RISK: _("At risk"),
    }


def level_words() -> dict[Level, str]:
    """What priorities are called."""
    return {Level.HIGH: _("High"), Level.NORMAL: _("Normal"), Level.LOW: _("Low")}


def _without(some: tuple[Named, ...], one: Named) -> tuple[Named, ...]:
    return tuple(other for other in some if other != one)
