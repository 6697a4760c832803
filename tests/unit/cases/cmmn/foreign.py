"""Models in the words of Flowable, short enough to read beside their test.

foreign(item("a"), item("b", enters="a complete", repeats=""), profile=STRICT)
"""

from cases.cmmn import reader
from cases.cmmn.metamodel import Program
from cases.cmmn.profile import Profile

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" '
    'xmlns:flowable="http://flowable.org/cmmn" targetNamespace="urn:foreign">'
)


class Item:
    """A plan item, its definition and the sentries of its criteria, as XML."""

    def __init__(self, name: str, kind: str, body: str, attributes: str) -> None:
        self.name = name
        self.kind = kind
        self.body = body
        self.attributes = attributes
        self.control: list[str] = []
        self.criteria: list[str] = []
        self.sentries: list[str] = []

    def enters(self, *parts: str, when: str = "", mode: str = "") -> "Item":
        """With an entry criterion: `a complete`, `go occur`; and a condition in `${...}`."""
        return self._criterion("entry", parts, when, mode, "")

    def exits(self, *parts: str, when: str = "", mode: str = "", **how: str) -> "Item":
        """With an exit criterion; `exitType`, `exitEventType`."""
        return self._criterion("exit", parts, when, mode, _written(how))

    def repeats(self, when: str = "", **how: str) -> "Item":
        return self._rule("repetitionRule", when, _written(how))

    def required(self, when: str = "") -> "Item":
        return self._rule("requiredRule", when, "")

    def manual(self, when: str = "") -> "Item":
        return self._rule("manualActivationRule", when, "")

    def completes(self, rule: str) -> "Item":
        """A parent completion rule."""
        self.control.insert(
            0,
            f'<extensionElements><flowable:parentCompletionRule type="{rule}"/></extensionElements>',
        )
        return self

    def _rule(self, rule: str, when: str, how: str) -> "Item":
        condition = f"<condition><![CDATA[{when}]]></condition>" if when else ""
        self.control.append(f"<{rule}{how}>{condition}</{rule}>")
        return self

    def _criterion(self, kind: str, parts: tuple[str, ...], when: str, mode: str, how: str) -> "Item":
        id_ = f"{self.name}_{kind}{len(self.criteria) + 1}"
        self.criteria.append(f'<{kind}Criterion id="{id_}" sentryRef="s_{id_}"{how}/>')
        self.sentries.append(_sentry(f"s_{id_}", parts, when, mode))
        return self

    @property
    def plan_item(self) -> str:
        control = f"<itemControl>{''.join(self.control)}</itemControl>" if self.control else ""
        entries = "".join(one for one in self.criteria if one.startswith("<entry"))
        exits = "".join(one for one in self.criteria if one.startswith("<exit"))
        own = f'id="{self.name}" name="{self.name}" definitionRef="d_{self.name}"'
        return f"<planItem {own}>{control}{entries}{exits}</planItem>"

    @property
    def definition(self) -> str:
        return (
            f'<{self.kind} id="d_{self.name}" name="{self.name}"{self.attributes}>{self.body}</{self.kind}>'
        )


def task(name: str) -> Item:
    return Item(name, "humanTask", "", "")


def milestone(name: str) -> Item:
    return Item(name, "milestone", "", "")


def listener(name: str, **how: str) -> Item:
    return Item(name, "userEventListener", "", _written(how))


def timer(name: str, text: str, **how: str) -> Item:
    return Item(name, "timerEventListener", f"<timerExpression>{text}</timerExpression>", _written(how))


def stage(name: str, *children: Item, **how: str) -> Item:
    return Item(name, "stage", _inside(children), _written(how))


def foreign(
    *children: Item, profile: Profile | None = None, case_exit: Item | None = None, **how: str
) -> Program:
    """The program of a case with these items; `case_exit` carries the exit criteria of the case."""
    criteria, sentries = "", ""
    if case_exit is not None:
        criteria, sentries = "".join(case_exit.criteria), "".join(case_exit.sentries)
    plan = f'<casePlanModel id="plan" name="plan"{_written(how)}>{_inside(children, sentries)}{criteria}'
    text = f'{_HEAD}<case id="the_case">{plan}</casePlanModel></case></definitions>'
    return Program(reader.read(text.encode(), profile=profile).cases["the_case"])


def _inside(children: tuple[Item, ...], sentries: str = "") -> str:
    return "".join(
        [
            *(one.plan_item for one in children),
            *("".join(one.sentries) for one in children),
            sentries,
            *(one.definition for one in children),
        ]
    )


def _sentry(id_: str, parts: tuple[str, ...], when: str, mode: str) -> str:
    heard = "".join(
        f'<planItemOnPart id="{id_}_{place}" sourceRef="{part.split()[0]}">'
        f"<standardEvent>{part.split()[1]}</standardEvent></planItemOnPart>"
        for place, part in enumerate(parts)
    )
    condition = f"<ifPart><condition><![CDATA[{when}]]></condition></ifPart>" if when else ""
    trigger = f' flowable:triggerMode="{mode}"' if mode else ""
    return f'<sentry id="{id_}"{trigger}>{heard}{condition}</sentry>'


_OURS = frozenset({"autoComplete", "isBlocking"})


def _written(how: dict[str, str]) -> str:
    return "".join(f' {"" if name in _OURS else "flowable:"}{name}="{value}"' for name, value in how.items())
