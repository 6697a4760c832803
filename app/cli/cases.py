"""casewright case: one case, as the system or as somebody sees it."""

from collections.abc import Sequence
from datetime import datetime

import click
import msgspec
from flask.cli import with_appcontext

from app import current
from app.database import database, reading, transaction
from app.presentation import explain_words, sentences
from cases.cmmn import explain
from cases.cmmn.explanation import Explanation
from cases.cmmn.instance import CASE, CaseInstance
from cases.errors import CaseError, Invalid
from cases.policy.access import SYSTEM
from cases.queries import sight, snapshot, why
from cases.queries.sight import Sight
from cases.queries.why import Reason
from cases.services import identity, retention


@click.group()
def case() -> None:
    """Cases."""


@case.command("show")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="The whole case as a document.")
@click.option("--as", "user", help="As this person sees it; without it nothing is hidden.")
@with_appcontext
def show(key: str, as_json: bool, user: str | None) -> None:  # noqa: FBT001 - an option of the command line
    """What a case is, where it stands and why."""
    now = current.now()
    try:
        with reading() as session:
            actor = SYSTEM if user is None else identity.actor_named(session, user, now)
            if as_json:
                document = snapshot.of(session, key, actor, now)
                click.echo(msgspec.json.format(_ENCODER.encode(document), indent=2).decode())
                return
            seen = sight.of_key(session, key, actor)
            reasons = why.reasons(session, seen, now)
    except CaseError as error:
        raise click.ClickException(str(error)) from None
    _tell(seen, reasons)


@case.command("why")
@click.argument("key")
@click.argument("item", required=False)
@with_appcontext
def explain_command(key: str, item: str | None) -> None:
    """Why a case, or each item of it with this id, stands where it stands, and what would move it."""
    now = current.now()
    try:
        with reading() as session:
            found = sight.of_key(session, key, SYSTEM).case
    except CaseError as error:
        raise click.ClickException(str(error)) from None
    if item is None:
        told = [explain.explain(found, CASE, now), *explain.everything(found, now)[1:]]
    else:
        told = [
            _explained(found, one, now) for one in explain.everything(found, now) if one.definition == item
        ]
        if not told:
            raise click.ClickException(f"{key} has no item {item}")
    for one in told:
        click.echo(explain_words.heading(one))
        for line in explain_words.lines(one) if item is not None or one.item == CASE else ():
            click.echo(f"  {line}")


def _explained(found: CaseInstance, one: Explanation, now: datetime) -> Explanation:
    if one.item < 0:
        return explain.explain_absent(found, one.number, one.parent, now)
    return explain.explain(found, one.item, now)


@case.command("erase")
@click.argument("key")
@click.option("--reason", default="asked for", show_default=True, help="Why: it is kept with the case.")
@click.option("--by", "user", help="Who erases it; without it the house itself.")
@click.option("--compact/--no-compact", default=False, help="Write the file of SQLite anew: all wait for it.")
@with_appcontext
def erase(key: str, reason: str, user: str | None, compact: bool) -> None:  # noqa: FBT001 - an option of the command line
    """Erase what an ended case holds; its number, and the proof of its history, stay."""
    now = current.now()
    try:
        with transaction() as session:
            actor = SYSTEM if user is None else identity.actor_named(session, user, now)
            turn = retention.erase(session, key, reason, actor, now)
    except Invalid as error:
        raise click.ClickException("; ".join(problem.message for problem in error.problems)) from None
    except CaseError as error:
        raise click.ClickException(str(error)) from None
    if compact:
        database().compact()
    elif not database().empty_log():
        click.echo("The log of SQLite is being read, and holds it until it is written over.")
    click.echo(f"{key} is erased; its journal goes on with row {turn.version}")


def _tell(seen: Sight, reasons: Sequence[Reason]) -> None:
    click.echo(f"{seen.key}\t{seen.title}\t{seen.state.name.lower()}")
    for reason in reasons:
        click.echo(sentences.in_words(reason).striptags())
    for state in seen.case.items():
        item = seen.case.plan_item(state.iid)
        if state.iid and seen.sees_item(item):
            click.echo(f"{item.id}\t{state.index}\t{state.state.name.lower()}\t{item.name}")


_ENCODER = msgspec.json.Encoder(decimal_format="number")
