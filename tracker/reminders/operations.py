"""The managers' weekly mail: one each, only when it is needed, never twice, never stale."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from tracker import clock
from tracker.accounts.models import Account
from tracker.audit.operations import record
from tracker.compliance.queries import Obligation, Standing, standing_rows
from tracker.db import BoundSession
from tracker.domain.reminders import Digest, DigestPerson, weekly_digest
from tracker.i18n import translated
from tracker.mail.models import OutgoingMail
from tracker.mail.operations import enqueue
from tracker.municipalities.models import Municipality
from tracker.naming import shown_name
from tracker.people.models import Person
from tracker.people.queries import in_team, viewer_of
from tracker.permissions import Role, Viewer, system
from tracker.reminders.newcomers import MOST_NEWCOMERS, NEWCOMERS, WEEKLY, in_words, late_by_account, of_managers
from tracker.reminders.queries import can_be_reached, can_be_told, digest_rows, last_decided, managers_on

# How long a digest may wait for a mail server before what it says is too old to send.
STALE_AFTER = timedelta(days=3)
# A mail that lists more than this is not read in ten seconds; the rest is a click away.
MOST_PEOPLE = 10
MOST_OBLIGATIONS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """One person in the mail: how they may be named there, and what they need, the most urgent first."""

    name: str
    public_id: str
    obligations: list[Obligation]
    more: int  # obligations that are left out


@dataclass(frozen=True, slots=True)
class Group:
    """People who are in the mail for the same reason."""

    kind: str  # overdue, newly_lapsed, due_soon, still_lapsed
    people: list[Told]
    more: int  # people who are left out


def send_weekly_digests(session: BoundSession, *, planned_on: date, now: datetime) -> int:
    """Put a mail to each manager whose people, or new hires, need something in the outbox. Returns how many.

    `planned_on` names the mailing: running it again adds nothing, since the outbox knows each mail by manager and
    mailing. What the mails say is how it stands now. Writes a journal entry for each.
    """
    municipality = session.get_one(Municipality, session.municipality_id)
    today = clock.local_date(now, municipality.timezone)
    before = last_decided(session, WEEKLY)
    decided = 0
    newcomers = of_managers(session, today)
    for account in managers_on(session, today):
        told = before.get(account.id)
        told_on = clock.local_date(told.created_at, municipality.timezone) if told else None
        digest = _digest(session, account, today, told_on=told_on)
        beginning = newcomers.get(account.person_id or 0, [])
        if digest is None and not beginning:
            continue
        locale = account.locale or municipality.locale
        mail = enqueue(
            session,
            kind=WEEKLY,
            dedupe_key=f"{WEEKLY}:{planned_on}:{account.public_id}",
            account=account,
            template=WEEKLY,
            context={
                "groups": _groups(session, digest, today, locale) if digest else [],
                "newcomers": in_words(beginning[:MOST_NEWCOMERS], locale),
                "more_newcomers": max(0, len(beginning) - MOST_NEWCOMERS),
                "need": len(digest.people) if digest else 0,
                "day": today,
                "today": today,
            },
            now=now,
        )
        if mail is not None:
            decided += 1
            by = system(session.municipality_id, WEEKLY)
            record(session, "reminder.decided", subject=account, by=by, planned_on=str(planned_on))
    return decided


def _digest(session: BoundSession, account: Account, today: date, *, told_on: date | None) -> Digest | None:
    """Return what a manager is to be told today. To one who was never told anything, everything is news."""
    rows = digest_rows(session, _as_manager(session, account, today), today)
    return weekly_digest(rows, today, last_digest=told_on or date.min)


def _as_manager(session: BoundSession, account: Account, today: date) -> Viewer:
    """Return the viewer an account is as a manager only: one who is in HR too still gets mail about their own units."""
    return replace(viewer_of(session, account.id, today), roles=frozenset({Role.UNIT_MANAGER}))


def _groups(session: BoundSession, digest: Digest, today: date, locale: str) -> list[Group]:
    parts = {
        "overdue": digest.overdue,
        "newly_lapsed": digest.newly_lapsed,
        "due_soon": digest.due_soon,
        "still_lapsed": digest.still_lapsed,
    }
    first = [(kind, person) for kind, people in parts.items() for person in people][:MOST_PEOPLE]
    known = {
        (row.person.id, row.obligation.requirement_id): row
        for row in standing_rows(session, Person.id.in_({person.person_id for _, person in first}), today)
    }
    protected = translated("Protected identity", locale)
    return [
        Group(
            kind,
            [_told(person, known, protected) for of, person in first if of == kind],
            len(people) - sum(of == kind for of, _ in first),
        )
        for kind, people in parts.items()
        if people
    ]


def _told(person: DigestPerson, known: dict[tuple[int, int], Standing], protected: str) -> Told:
    standing = [known[person.person_id, row.requirement_id] for row in person.rows]
    who = standing[0].person
    return Told(
        # Nobody is the viewer of a mail: a protected name is never written in one.
        shown_name(who, None, protected=protected),
        who.public_id,
        [row.obligation for row in standing[:MOST_OBLIGATIONS]],
        max(0, len(standing) - MOST_OBLIGATIONS),
    )


def still_wanted(session: BoundSession, mail: OutgoingMail, now: datetime) -> bool:
    """Say, just before it is sent, whether a mail is still called for.

    Not if its recipient's account was disabled meanwhile. A reminder not either if it has waited too long, its recipient is
    away (or no longer manages anyone), all it tells of has been done, or it names someone whose identity has become
    protected.
    """
    if mail.account_id is None:
        return True
    account = session.get_one(Account, mail.account_id)
    if mail.kind not in (WEEKLY, NEWCOMERS) or account.disabled_at is not None:
        return account.disabled_at is None
    municipality = session.get_one(Municipality, session.municipality_id)
    today = clock.local_date(now, municipality.timezone)
    told = can_be_told(today) if mail.kind == WEEKLY else can_be_reached(today)
    if now - mail.created_at >= STALE_AFTER or not session.scalar(
        select(Account.id).where(Account.id == account.id, told)
    ):
        return False
    if mail.kind == NEWCOMERS:
        late = {one.person.id for one, _tasks in late_by_account(session, today).get(account, [])}
        return bool(late) and not _names_protected(session, mail, Person.id.in_(late))
    beginning = {one.person.id for one, _tasks in of_managers(session, today).get(account.person_id or 0, [])}
    if _digest(session, account, today, told_on=None) is None and not beginning:
        return False
    manager = _as_manager(session, account, today)
    return not _names_protected(session, mail, or_(in_team(manager, today), Person.id.in_(beginning)))


def _names_protected(session: BoundSession, mail: OutgoingMail, which: ColumnElement[bool]) -> bool:
    protected = session.scalars(select(Person).where(which, Person.protected_identity))
    return any(f"{person.given_name} {person.family_name}" in mail.text for person in protected)
