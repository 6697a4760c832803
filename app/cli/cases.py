"""casewright case: one case, as the system or as somebody sees it."""

from collections.abc import Sequence

import click
import msgspec
from flask.cli import with_appcontext

from app import current
from app.database import reading
from app.presentation import sentences
from cases.errors import CaseError
from cases.policy.access import SYSTEM
from cases.queries import sight, snapshot, why
from cases.queries.sight import Sight
from cases.queries.why import Reason
from cases.services import identity


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


def _tell(seen: Sight, reasons: Sequence[Reason]) -> None:
    click.echo(f"{seen.key}\t{seen.title}\t{seen.state.name.lower()}")
    for reason in reasons:
        click.echo(sentences.in_words(reason).striptags())
    for state in seen.case.items():
        item = seen.case.plan_item(state.iid)
        if state.iid and seen.sees_item(item):
            click.echo(f"{item.id}\t{state.index}\t{state.state.name.lower()}\t{item.name}")


_ENCODER = msgspec.json.Encoder(decimal_format="number")
