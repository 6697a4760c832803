"""The words of a case page that are no sentences: counts of tasks, approvals, why one may not take a task."""

from flask import Flask

from app.presentation import filters
from app.presentation.language import gettext as _
from app.presentation.language import ngettext
from cases.policy.eligibility import Bar
from cases.queries.case_page import CasePage, CaseTask
from cases.queries.sign_off import Approvals


def init_app(app: Flask) -> None:
    """Put the words into the templates."""
    app.jinja_env.filters.update(
        task_counts=task_counts, approvals_words=approvals_words, hindrance_words=hindrance_words
    )


def task_counts(page: CasePage) -> str:
    """How many tasks are active, can start, and wait."""
    counts = (
        (len(page.tasks), _("%(count)s active")),
        (len(page.starts), _("%(count)s can start")),
        (len(page.waiting), _("%(count)s waiting")),
    )
    return ", ".join(text % {"count": count} for count, text in counts if count)


def approvals_words(approvals: Approvals) -> str:
    """How far the approvals have come, and by whom."""
    text = ngettext("%(given)s of %(needed)s approval", "%(given)s of %(needed)s approvals", approvals.needed)
    told = text % {"given": approvals.given, "needed": approvals.needed}
    if not approvals.by:
        return told
    return _("%(told)s, by %(people)s") % {"told": told, "people": _(" and ").join(approvals.by)}


def hindrance_words(task: CaseTask) -> str:
    """Why who looks at it may not do a task; empty where it is only offered to others."""
    hindrance = task.hindrance
    if hindrance is None:
        return ""
    if hindrance.bar is Bar.FOUR_EYES:
        names = ", ".join(hindrance.done)
        return _("You may not do this: you did %(tasks)s.") % {"tasks": names} if names else _("Four eyes.")
    if hindrance.bar is Bar.AUTHORITY:
        amount = filters.plain(hindrance.amount)
        return _("Your authority does not cover %(amount)s.") % {"amount": amount}
    return _("It is offered to others.")
