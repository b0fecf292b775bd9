"""Questions about uploaded certificates. Fetching one through here is the permission check."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from tracker.accounts.models import Account
from tracker.catalogue.models import CourseVersion
from tracker.db import BoundSession
from tracker.learning.models import Completion
from tracker.paging import Page, page_of
from tracker.people.models import Person
from tracker.people.queries import another, visible_to
from tracker.permissions import Permission, Viewer
from tracker.tables import known_at
from tracker.uploads.models import Outcome, UploadedCertificate, UploadedFile

PAGE_SIZE = 50


class AlteredFileError(Exception):
    """A file is no longer what was sent: its fingerprint is not the one that was noted."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded certificate, who sent it, what the course is called now, and who closed it."""

    certificate: UploadedCertificate
    person: Person
    titles: dict[str, str]
    closer: Person | None
    closer_account: str | None
    revoked_at: datetime | None  # when the completion that it led to was taken back

    @property
    def open(self) -> bool:
        """Whether it still waits for somebody to check it."""
        return self.certificate.closed_at is None


def checkable(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a viewer may check what a person sends: one they see on the day, and never themself.

    A certificate bears a name: those of protected identities are for HR and training administrators alone.
    """
    if not viewer.may(Permission.COMPLETION_RECORD):
        return not_(true())
    shielded = true() if viewer.sees_everyone else Person.protected_identity.is_(False)
    return and_(visible_to(viewer, day), another(viewer), shielded)


def uploads_of(session: BoundSession, person_id: int, *, limit: int | None = None) -> list[Upload]:
    """Return what a person has sent, the latest first, each with the outcome it has now. One query."""
    statement = _uploads().where(Person.id == person_id, UploadedCertificate.uploaded_at <= known_at())
    rows = session.execute(
        statement.order_by(UploadedCertificate.uploaded_at.desc(), UploadedCertificate.id.desc()).limit(limit)
    )
    return [Upload(*row) for row in rows]


def own_upload(session: BoundSession, viewer: Viewer, public_id: str) -> Upload | None:
    """Return something that the viewer has sent."""
    return _one(session, UploadedCertificate.public_id == public_id, Person.id == viewer.person_id)


def checkable_upload(session: BoundSession, viewer: Viewer, public_id: str, day: date) -> Upload | None:
    """Return what somebody has sent, closed or not, if the viewer may check it."""
    return _one(session, UploadedCertificate.public_id == public_id, checkable(viewer, day))


def readable_upload(session: BoundSession, viewer: Viewer, public_id: str, day: date) -> Upload | None:
    """Return what somebody has sent, if the viewer may open the file: their own, or one they may check."""
    own = Person.id == viewer.person_id
    return _one(session, UploadedCertificate.public_id == public_id, or_(own, checkable(viewer, day)))


def waiting_page(session: BoundSession, viewer: Viewer, day: date, *, closed: bool, number: int = 1) -> Page[Upload]:
    """Return a page of what waits for the viewer to check, the longest waiting first; or of what has been decided.

    Two queries.
    """
    if closed:
        decided = and_(UploadedCertificate.closed_at.is_not(None), UploadedCertificate.outcome != Outcome.WITHDRAWN)
        statement = _uploads().where(checkable(viewer, day), decided)
        statement = statement.order_by(UploadedCertificate.closed_at.desc(), UploadedCertificate.id.desc())
    else:
        statement = _uploads().where(checkable(viewer, day), UploadedCertificate.closed_at.is_(None))
        statement = statement.order_by(UploadedCertificate.uploaded_at, UploadedCertificate.id)
    found = page_of(session, statement, number=number, size=PAGE_SIZE)
    return Page([Upload(*row) for row in found.rows], found.number, found.total, found.size)


def number_waiting(session: BoundSession, viewer: Viewer, day: date) -> int:
    """Return how many certificates wait for the viewer to check. One query."""
    return (
        session.scalar(
            select(func.count())
            .select_from(UploadedCertificate)
            .join(Person, Person.id == UploadedCertificate.person_id)
            .where(UploadedCertificate.closed_at.is_(None), checkable(viewer, day))
        )
        or 0
    )


def content_of(session: BoundSession, certificate: UploadedCertificate) -> bytes | None:
    """Return the file of an uploaded certificate, None when it has been disposed of.

    Raises AlteredFileError when it is not what was sent.
    """
    content = session.scalar(select(UploadedFile.content).where(UploadedFile.uploaded_certificate_id == certificate.id))
    if content is not None and hashlib.sha256(content).hexdigest() != certificate.sha256:
        raise AlteredFileError(certificate.public_id)
    return content


def titles_of(session: BoundSession, certificate: UploadedCertificate) -> dict[str, str]:
    """Return what the course of an uploaded certificate is called now, by language."""
    return session.execute(_uploads().where(UploadedCertificate.id == certificate.id)).one()[2]


def has_file(session: BoundSession, certificate: UploadedCertificate) -> bool:
    """Say whether the file of an uploaded certificate is still kept."""
    kept = select(UploadedFile.id).where(UploadedFile.uploaded_certificate_id == certificate.id)
    return session.scalar(kept) is not None


def is_open_for(session: BoundSession, person_id: int, course_id: int) -> bool:
    """Say whether something that a person sent for a course waits to be checked."""
    waiting = select(UploadedCertificate.id).where(
        UploadedCertificate.person_id == person_id,
        UploadedCertificate.course_id == course_id,
        UploadedCertificate.closed_at.is_(None),
    )
    return session.scalar(waiting) is not None


def number_sent_since(session: BoundSession, person_id: int, since: datetime) -> int:
    """Return how many certificates a person has sent since an instant, whatever became of them."""
    return (
        session.scalar(
            select(func.count(UploadedCertificate.id)).where(
                UploadedCertificate.person_id == person_id, UploadedCertificate.uploaded_at >= since
            )
        )
        or 0
    )


def is_the_same_human(session: BoundSession, person: Person, viewer: Viewer) -> bool:
    """Say whether a viewer is a person, also through an account that is not tied to the person but bears their marks."""
    if viewer.person_id == person.id:
        return True
    account = session.get(Account, viewer.account_id) if viewer.account_id is not None else None
    if account is None:
        return False
    same_address = bool(person.email) and account.email_key == (person.email or "").casefold()
    return same_address or account.employee_number == person.employee_number


def _uploads() -> Select[UploadedCertificate, Person, dict[str, str], Person, str, datetime | None]:
    closer = aliased(Person)
    newest = (
        select(CourseVersion.course_id, func.max(CourseVersion.number).label("number"))
        .where(CourseVersion.published_on.is_not(None))
        .group_by(CourseVersion.course_id)
        .subquery()
    )
    return (
        select(UploadedCertificate, Person, CourseVersion.titles, closer, Account.display_name, Completion.retracted_at)
        .join(Person, Person.id == UploadedCertificate.person_id)
        .join(newest, newest.c.course_id == UploadedCertificate.course_id)
        .join(
            CourseVersion,
            (CourseVersion.course_id == newest.c.course_id) & (CourseVersion.number == newest.c.number),
        )
        .outerjoin(Account, Account.id == UploadedCertificate.closed_by_id)
        .outerjoin(closer, closer.id == Account.person_id)
        .outerjoin(Completion, Completion.id == UploadedCertificate.completion_id)
    )


def _one(session: BoundSession, *conditions: ColumnElement[bool]) -> Upload | None:
    row = session.execute(_uploads().where(*conditions)).one_or_none()
    return None if row is None else Upload(*row)
