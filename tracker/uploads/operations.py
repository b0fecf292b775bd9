"""Sending a certificate from elsewhere, taking it back, and checking it.

Whoever closes a certificate first takes its row's lock, so that of two who decide at once the second is told.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from tracker.audit.operations import record
from tracker.catalogue.models import Course
from tracker.db import BoundSession
from tracker.domain.evidence import Evidence
from tracker.learning.operations import CompletionInFutureError, record_completion
from tracker.people.answers import About, mail_answer
from tracker.people.models import Person
from tracker.people.queries import take_turn
from tracker.permissions import Viewer
from tracker.uploads import queries
from tracker.uploads.files import read_certificate
from tracker.uploads.models import Outcome, UploadedCertificate, UploadedFile

EARLIEST = date(1990, 1, 1)
MOST_A_DAY = 20


class TooEarlyError(Exception):
    """The day is before any training that could still matter."""


class AlreadySentError(Exception):
    """The learner has sent a certificate for the course, and waits for somebody to check it."""


class TooManyError(Exception):
    """The learner has sent more in a day than anybody has certificates."""


class AlreadyClosedError(Exception):
    """It was decided or taken back, perhaps just now and by somebody else."""


class OwnCertificateError(Exception):
    """Nobody checks their own certificate, nor one that they sent."""


def upload(
    session: BoundSession,
    *,
    person: Person,
    course: Course,
    completed_on: date,
    issuer: str,
    note: str,
    content: bytes,
    by: Viewer,
    now: datetime,
    today: date,
) -> UploadedCertificate:
    """Send, as the learner, a certificate from elsewhere. It proves nothing until somebody else has checked it.

    Writes the journal. Raises files.UnusableFileError, CompletionInFutureError, TooEarlyError, AlreadySentError,
    TooManyError.
    """
    if completed_on > today:
        raise CompletionInFutureError(completed_on)
    if completed_on < EARLIEST:
        raise TooEarlyError(completed_on)
    file = read_certificate(content)
    take_turn(session, person.id)  # A form may be sent twice.
    if queries.is_open_for(session, person.id, course.id):
        raise AlreadySentError(course.code)
    if queries.number_sent_since(session, person.id, now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooManyError(MOST_A_DAY)
    assert by.account_id is not None
    certificate = UploadedCertificate(
        person_id=person.id,
        course_id=course.id,
        completed_on=completed_on,
        issuer=issuer,
        note=note,
        media_type=file.media_type,
        size=len(file.content),
        sha256=file.sha256,
        uploaded_at=now,
        uploaded_by_id=by.account_id,
    )
    session.add(certificate)
    session.flush()  # The file refers to it.
    session.add(UploadedFile(uploaded_certificate_id=certificate.id, content=file.content))
    record(
        session,
        "certificate.uploaded",
        subject=certificate,
        by=by,
        person=person.public_id,
        course=course.code,
        completed_on=completed_on.isoformat(),
        sha256=file.sha256,
    )
    return certificate


def withdraw(session: BoundSession, *, certificate: UploadedCertificate, by: Viewer, now: datetime) -> None:
    """Take back, as the learner, what nobody has decided about yet. Writes the journal. Raises AlreadyClosedError."""
    _lock(session, certificate)
    _close(certificate, Outcome.WITHDRAWN, "", by, now)
    record(session, "certificate.withdrawn", subject=certificate, by=by)


def accept(
    session: BoundSession,
    *,
    certificate: UploadedCertificate,
    person: Person,
    words: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> None:
    """Confirm that a certificate is genuine and is of the course: it becomes a completion, proved as strongly as can be.

    Writes the journal, and mails the learner. Raises OwnCertificateError, AlreadyClosedError, and learning.operations.AlreadyCompletedError
    if the course is recorded as completed on that very day with evidence as strong.
    """
    _refuse_own(session, certificate, person, by)
    _lock(session, certificate)
    completion = record_completion(
        session,
        person=person,
        course_id=certificate.course_id,
        completed_on=certificate.completed_on,
        evidence=Evidence.VERIFIED,
        note=certificate.issuer,
        source="certificate",
        by=by,
        now=now,
        today=today,
    )
    certificate.completion_id = completion.id
    _close(certificate, Outcome.ACCEPTED, words, by, now)
    _tell(session, certificate, now)
    record(
        session,
        "certificate.accepted",
        subject=certificate,
        by=by,
        person=person.public_id,
        completion=completion.public_id,
        sha256=certificate.sha256,
    )


def decline(
    session: BoundSession, *, certificate: UploadedCertificate, person: Person, words: str, by: Viewer, now: datetime
) -> None:
    """Say that a certificate does not do, and why. The learner may send another.

    Writes the journal, and mails the learner. Raises OwnCertificateError, AlreadyClosedError.
    """
    _refuse_own(session, certificate, person, by)
    _lock(session, certificate)
    _close(certificate, Outcome.DECLINED, words, by, now)
    _tell(session, certificate, now)
    record(session, "certificate.declined", subject=certificate, by=by, person=person.public_id)


def note_opened(session: BoundSession, *, certificate: UploadedCertificate, by: Viewer) -> None:
    """Write in the journal that somebody other than its owner opened a certificate's file."""
    record(session, "certificate.opened", subject=certificate, by=by, sha256=certificate.sha256)


def _refuse_own(session: BoundSession, certificate: UploadedCertificate, person: Person, by: Viewer) -> None:
    sent_it = by.account_id is None or by.account_id == certificate.uploaded_by_id
    if sent_it or queries.is_the_same_human(session, person, by):
        raise OwnCertificateError(by.actor)


def _lock(session: BoundSession, certificate: UploadedCertificate) -> None:
    """Take a certificate's row and see it as it is now. Raises AlreadyClosedError."""
    locked = select(UploadedCertificate).where(UploadedCertificate.id == certificate.id).with_for_update()
    session.scalars(locked.execution_options(populate_existing=True)).one()
    if certificate.closed_at is not None:
        raise AlreadyClosedError(certificate.public_id)


def _close(certificate: UploadedCertificate, outcome: Outcome, words: str, by: Viewer, now: datetime) -> None:
    certificate.outcome = outcome
    certificate.words = words
    certificate.closed_at = now
    certificate.closed_by_id = by.account_id


def _tell(session: BoundSession, certificate: UploadedCertificate, now: datetime) -> None:
    mail_answer(
        session,
        about=About.CERTIFICATE,
        subject=certificate,
        person_id=certificate.person_id,
        titles=queries.titles_of(session, certificate),
        granted=certificate.outcome is Outcome.ACCEPTED,
        day=certificate.completed_on,
        words=certificate.words,
        now=now,
    )
