"""Granting and ending exemptions, extensions and assignments; asking for exceptions and answering.

What a decision changes is worked out when the transaction ends, as for every fact. Nobody decides about themself.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from tracker.audit.operations import record
from tracker.compliance.learners import load_learners
from tracker.compliance.operations import wait_for_turn
from tracker.db import BoundSession, retract
from tracker.domain import exceptions as rules
from tracker.domain import facts
from tracker.domain.exceptions import DoesNotApplyError, ExceptionKind
from tracker.domain.obligations import phases
from tracker.domain.periods import FOREVER, Days
from tracker.exceptions import queries
from tracker.exceptions.queries import Case
from tracker.people.answers import About, mail_answer
from tracker.people.models import Person
from tracker.people.queries import take_turn
from tracker.permissions import Viewer
from tracker.requirements.models import Assignment, ExceptionRequest, Exemption, Extension

Dated = TypeVar("Dated", bound=Exemption | Assignment)
Decided = Exemption | Extension | Assignment


class OwnCaseError(Exception):
    """Nobody grants themself an exception, ends their own or answers their own request."""


class EndsBeforeStartError(Exception):
    """An exemption or assignment would end before it starts."""


class StartsInPastError(Exception):
    """A requirement is assigned from today or later: nobody is behind with what they were not told of."""


class EndsInPastError(Exception):
    """An exemption that has begun ends today or later: nobody is behind with what they were exempt from."""


class NotStandingError(Exception):
    """It was ended or taken back meanwhile."""


class NotEarlierError(Exception):
    """Ending an exemption or assignment can only make it shorter: it ends by then already."""


class AlreadyAskedError(Exception):
    """The learner waits for an answer about this requirement."""


class AlreadyAnsweredError(Exception):
    """The request was answered, perhaps by somebody else."""


class UntilMissingError(Exception):
    """More time is granted until some day, and none was given."""


class AskedUntilPastError(Exception):
    """More time was asked for until a day that has passed."""


def grant_exemption(
    session: BoundSession,
    *,
    case: Case,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    by: Viewer,
    now: datetime,
) -> Exemption:
    """Let a requirement not apply to a person from a day, until another or until further notice. Writes the journal.

    Raises OwnCaseError, EndsBeforeStartError, domain.exceptions.DoesNotApplyError, AlreadyExemptError.
    """
    case = _as_it_stands(session, case)
    check_exemption(case, starts_on, ends_on, by, starts_on)  # What it may not be is the same on any day.
    exemption = Exemption(starts_on=starts_on, ends_on=ends_on, **_granted(case, reason, by, now))
    _add(session, "exemption.granted", exemption, case, by=by)
    return exemption


def assign(
    session: BoundSession,
    *,
    case: Case,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> Assignment:
    """Let a requirement apply to a person from today or later, until a day or further notice. Writes the journal.

    Raises OwnCaseError, StartsInPastError, EndsBeforeStartError, domain.exceptions.DoesNotApplyError,
    AlreadyAssignedError.
    """
    case = _as_it_stands(session, case)
    check_assignment(case, starts_on, ends_on, by, today)
    assignment = Assignment(starts_on=starts_on, ends_on=ends_on, **_granted(case, reason, by, now))
    _add(session, "assignment.made", assignment, case, by=by)
    return assignment


def check_assignment(case: Case, starts_on: date, ends_on: date | None, by: Viewer, today: date) -> rules.Effect:
    """Return what an assignment would change. Raises as `assign` does."""
    _refuse_own(case.person.id, by)
    if starts_on < today:
        raise StartsInPastError(starts_on)
    if ends_on is not None and ends_on < starts_on:
        raise EndsBeforeStartError(ends_on)
    return rules.assign(case.learner, case.rule, facts.Assignment(case.requirement.id, Days(starts_on, ends_on)))


def _as_it_stands(session: BoundSession, case: Case) -> Case:
    """Wait for whoever else decides in the municipality, one person or a list, and return the case with what they did."""
    wait_for_turn(session)
    return replace(case, learner=load_learners(session, [case.person.id])[case.person.id])


def _require_standing(session: BoundSession, fact: Decided) -> None:
    """Wait as `_as_it_stands` does. Raises NotStandingError if somebody ended the fact or took it back meanwhile."""
    wait_for_turn(session)
    session.refresh(fact)
    if fact.retracted_at is not None:
        raise NotStandingError(fact.public_id)


def _mark(by: Viewer, now: datetime) -> dict[str, Any]:
    return {"recorded_at": now, "recorded_by_id": by.account_id, "source": "manager"}


def _granted(case: Case, reason: str, by: Viewer, now: datetime) -> dict[str, Any]:
    """Return what every decision says: about whom and which requirement, why, and who decided when."""
    whom = {"person_id": case.person.id, "requirement_id": case.requirement.id}
    return whom | {"reason": reason} | _mark(by, now)


def _add(session: BoundSession, action: str, granted: Exemption | Assignment, case: Case, *, by: Viewer) -> None:
    session.add(granted)
    record(
        session,
        action,
        subject=granted,
        by=by,
        person=case.person.public_id,
        requirement=case.requirement.code,
        starts_on=granted.starts_on.isoformat(),
        ends_on=granted.ends_on.isoformat() if granted.ends_on else None,
    )


def check_exemption(case: Case, starts_on: date, ends_on: date | None, by: Viewer, today: date) -> rules.Effect:
    """Return what an exemption decided today would change. Raises as `grant_exemption` does."""
    _refuse_own(case.person.id, by)
    if ends_on is not None and ends_on < starts_on:
        raise EndsBeforeStartError(ends_on)
    exemption = facts.Exemption(case.requirement.id, Days(starts_on, ends_on))
    return rules.exempt(case.learner, case.rule, exemption, today)


def end(
    session: BoundSession,
    *,
    fact: Dated,
    person: Person,
    ends_on: date | None,
    why: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> Dated | None:
    """Let an exemption or an assignment end before it otherwise would, or take it back altogether: no day.

    It is retracted; one with the new last day takes its place, and is returned. Writes the journal.
    Raises OwnCaseError, NotStandingError, EndsBeforeStartError, EndsInPastError, NotEarlierError.
    """
    _refuse_own(person.id, by)
    _require_standing(session, fact)
    if ends_on is not None:
        check_end(fact, ends_on, today)
    retract([fact], now=now, by_id=by.account_id, why=why)
    record(
        session,
        "exemption.ended" if isinstance(fact, Exemption) else "assignment.ended",
        subject=fact,
        by=by,
        person=person.public_id,
        ends_on=ends_on.isoformat() if ends_on else None,
    )
    if ends_on is None:
        return None
    shorter = type(fact)(
        person_id=fact.person_id,
        requirement_id=fact.requirement_id,
        starts_on=fact.starts_on,
        ends_on=ends_on,
        reason=fact.reason,
        **_mark(by, now),
    )
    session.add(shorter)
    return shorter


def check_end(fact: Dated, ends_on: date, today: date) -> None:
    """Raise what `end` does of a last day that may not be."""
    if ends_on < fact.starts_on:
        raise EndsBeforeStartError(ends_on)
    if isinstance(fact, Exemption) and ends_on < today:
        raise EndsInPastError(ends_on)
    if fact.ends_on is not None and ends_on >= fact.ends_on:
        raise NotEarlierError(fact.ends_on)


def grant_extension(
    session: BoundSession, *, case: Case, due_on: date, reason: str, by: Viewer, now: datetime, today: date
) -> Extension:
    """Move a person's due date for a requirement to a later day, from today on. Writes the journal.

    Raises OwnCaseError, domain.exceptions.DoesNotApplyError, NothingDueError, NotLaterError.
    """
    case = _as_it_stands(session, case)
    check_extension(case, due_on, by, today)
    extension = Extension(granted_on=today, due_on=due_on, **_granted(case, reason, by, now))
    session.add(extension)
    record(
        session,
        "extension.granted",
        subject=extension,
        by=by,
        person=case.person.public_id,
        requirement=case.requirement.code,
        due_on=due_on.isoformat(),
    )
    return extension


def check_extension(case: Case, due_on: date, by: Viewer, today: date) -> rules.Effect:
    """Return what an extension would change. Raises as `grant_extension` does."""
    _refuse_own(case.person.id, by)
    return rules.extend(case.learner, case.rule, facts.Extension(case.requirement.id, today, due_on))


def withdraw_extension(
    session: BoundSession, *, extension: Extension, person: Person, why: str, by: Viewer, now: datetime
) -> None:
    """Take an extension back: the due date is what it was without it. Writes the journal.

    Raises OwnCaseError, NotStandingError.
    """
    _refuse_own(person.id, by)
    _require_standing(session, extension)
    retract([extension], now=now, by_id=by.account_id, why=why)
    record(session, "extension.withdrawn", subject=extension, by=by, person=person.public_id)


def ask(
    session: BoundSession,
    *,
    case: Case,
    kind: ExceptionKind,
    wanted_until: date | None,
    message: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> ExceptionRequest:
    """Ask, as a learner, for more time or to be left out of a requirement. Decides nothing. Writes the journal.

    Raises AlreadyAskedError, AskedUntilPastError, domain.exceptions.DoesNotApplyError, and for more time what no yes
    could grant: NothingDueError, NotLaterError.
    """
    take_turn(session, case.person.id)  # A form may be sent twice.
    if queries.open_request(session, case.person.id, case.requirement.id) is not None:
        raise AlreadyAskedError(case.requirement.code)
    if wanted_until is not None and wanted_until < today:
        raise AskedUntilPastError(wanted_until)
    if not any((phase.ends_on or FOREVER) >= today for phase in phases(case.learner, case.rule)):
        raise DoesNotApplyError(case.requirement.code)
    if kind is ExceptionKind.EXTENSION and wanted_until is not None:
        rules.extend(case.learner, case.rule, facts.Extension(case.requirement.id, today, wanted_until))
    request = ExceptionRequest(
        person_id=case.person.id,
        requirement_id=case.requirement.id,
        kind=kind,
        wanted_until=wanted_until,
        message=message,
        asked_at=now,
    )
    session.add(request)
    record(
        session,
        "exception.asked",
        subject=request,
        by=by,
        person=case.person.public_id,
        requirement=case.requirement.code,
        kind=kind.value,
    )
    return request


def answer(
    session: BoundSession,
    *,
    request: ExceptionRequest,
    case: Case,
    granted: bool,
    until: date | None,
    words: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> None:
    """Answer a request. A yes grants what was asked for, from today, until the day given.

    Writes the journal, and mails the learner. Raises OwnCaseError, AlreadyAnsweredError, UntilMissingError, and what granting raises.
    """
    _refuse_own(request.person_id, by)
    wait_for_turn(session)  # Before the request's lock, as everybody does.
    locked = select(ExceptionRequest).where(ExceptionRequest.id == request.id).with_for_update()
    session.scalars(locked.execution_options(populate_existing=True)).one()
    if request.answered_at is not None:
        raise AlreadyAnsweredError(request.public_id)
    if granted and request.kind is ExceptionKind.EXTENSION and until is None:
        raise UntilMissingError(request.public_id)
    if granted and request.kind is ExceptionKind.EXEMPTION:
        grant_exemption(session, case=case, starts_on=today, ends_on=until, reason=request.message, by=by, now=now)
    elif granted and until is not None:
        grant_extension(session, case=case, due_on=until, reason=request.message, by=by, now=now, today=today)
    request.answered_at = now
    request.answered_by_id = by.account_id
    request.granted = granted
    request.answer = words
    record(session, "exception.answered", subject=request, by=by, person=case.person.public_id, granted=granted)
    mail_answer(
        session,
        about=About(request.kind.value),
        subject=request,
        person_id=request.person_id,
        titles=queries.titles_of(session, request, today),
        granted=granted,
        day=until,
        words=words,
        now=now,
    )


def _refuse_own(person_id: int, by: Viewer) -> None:
    if by.person_id == person_id:
        raise OwnCaseError(by.actor)
