"""The lists behind the figures of what a draft would change: people, and managers’ weekly mails."""

from datetime import date

from flask import g, request
from sqlalchemy import Row, select
from werkzeug.wrappers import Response

from tracker.accounts.models import Account
from tracker.compliance.queries import workplaces
from tracker.compliance.whatif import Change
from tracker.drafting import queries
from tracker.drafting.views.blueprint import bp, names_of
from tracker.drafting.views.weighing import WORDS, Weighed, units_of, weigh
from tracker.drafting.words import CHANGES
from tracker.paging import Page, page_of
from tracker.people.models import Person
from tracker.people.queries import in_name_order, visible_to
from tracker.permissions import Permission
from tracker.reminders.forecast import Mail
from tracker.web.access import requires
from tracker.web.pages import found, page

PEOPLE_A_PAGE = 50


@bp.get("/drafts/<public_id:draft_id>/people")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def people(draft_id: str) -> Response:
    """List the people behind a figure of what a draft would change."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    weighed = weigh(drafted, drafted.says)
    whatif = weighed.whatif
    asked = request.args.get("change", "")
    change = Change(asked) if asked in set(Change) else Change.MATCHED
    unit = next((one for one in units_of(whatif) if one.public_id == request.args.get("unit", "")), None)
    chosen = whatif.people[change]
    if unit is not None:
        chosen &= whatif.units[unit.id]
    listed = _people_page(chosen, whatif.day)
    return page(
        "drafting/people.html",
        drafted=drafted,
        whatif=whatif,
        change=change,
        changes=CHANGES,
        unit=unit,
        listed=listed,
        places=workplaces(g.session, [person.id for (person,) in listed.rows], whatif.day),
    )


def _people_page(chosen: frozenset[int], day: date) -> Page[Row[Person]]:
    return page_of(
        g.session,
        select(Person).where(Person.id.in_(chosen), visible_to(g.viewer, day)).order_by(*in_name_order()),
        number=request.args.get("page", 1, type=int),
        size=PEOPLE_A_PAGE,
    )


@bp.get("/drafts/<public_id:draft_id>/mails")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def mails(draft_id: str) -> Response:
    """List the managers whose weekly mails a draft would change, on one of the days they go out."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    weighed = weigh(drafted, drafted.says)
    on = _mail_day(weighed)
    changed = {mail.account_id: mail for mail in weighed.mails.mails if mail.day == on}
    listed = page_of(
        g.session,
        select(Account, Person)
        .join(Person, Person.id == Account.person_id)
        .where(Account.id.in_(changed))
        .order_by(*in_name_order()),
        number=request.args.get("page", 1, type=int),
        size=PEOPLE_A_PAGE,
    )
    return page("drafting/mails.html", drafted=drafted, weighed=weighed, on=on, changed=changed, listed=listed, **WORDS)


@bp.get("/drafts/<public_id:draft_id>/mails/<public_id:account_id>")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def mail(draft_id: str, account_id: str) -> Response:
    """List the people for whose sake a draft would change a manager's weekly mail of a day."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    account = found(g.session.scalars(select(Account).where(Account.public_id == account_id)).one_or_none())
    weighed = weigh(drafted, drafted.says)
    on = _mail_day(weighed)
    changed: Mail | None = next(
        (one for one in weighed.mails.mails if (one.account_id, one.day) == (account.id, on)), None
    )
    listed = _people_page(changed.people if changed else frozenset(), weighed.whatif.day)
    return page(
        "drafting/mail.html",
        drafted=drafted,
        weighed=weighed,
        on=on,
        change=changed and changed.change,
        to=names_of({account.id})[account.id],
        listed=listed,
        places=workplaces(g.session, [person.id for (person,) in listed.rows], weighed.whatif.day),
        **WORDS,
    )


def _mail_day(weighed: Weighed) -> date:
    """Return the day asked about if any mail of it changes, else the first such day, else the day of the draft."""
    asked = request.args.get("on", "")
    days = {day.isoformat(): day for day in weighed.mail_days}
    return days.get(asked) or next(iter(days.values()), weighed.whatif.day)
