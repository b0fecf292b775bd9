"""Some certificates from elsewhere that wait to be checked. Everyone and everything said is invented."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import typst
from sqlalchemy import select

from tracker.accounts.models import Account
from tracker.catalogue.queries import course_by_code
from tracker.db import BoundSession
from tracker.demo.chance import between, share
from tracker.demo.history import Worker
from tracker.learning.models import Completion
from tracker.people.models import Person
from tracker.people.queries import viewer_of
from tracker.uploads.operations import upload

COURSE = "grund-it-teori"

# How many of those who never took the course send a certificate.
_OFTEN = 0.15
_ISSUERS = ("Karlstads kommun", "Region Värmland", "Arvika folkhögskola")


def add_uploads(session: BoundSession, workers: Sequence[Worker], *, now: datetime, today: date) -> None:
    """Let some of those who are behind in basic IT training have sent a certificate from an earlier employer."""
    course = course_by_code(session, COURSE)
    if course is None:
        return
    trained = set(session.scalars(select(Completion.person_id).where(Completion.course_id == course.id)))
    sending = {
        worker.person_id: worker
        for worker in workers
        if worker.person_id not in trained and share("upload", worker.key) < _OFTEN
    }
    rows = session.execute(
        select(Person, Account.id)
        .join(Account, Account.person_id == Person.id)
        .where(Person.id.in_(sending))
        .order_by(Person.id)
    )
    for person, account_id in rows:
        worker = sending[person.id]
        issuer = _ISSUERS[between(0, len(_ISSUERS) - 1, "issuer", worker.key)]
        completed_on = today - timedelta(days=between(30, 300, "completed", worker.key))
        upload(
            session,
            person=person,
            course=course,
            completed_on=completed_on,
            issuer=issuer,
            note="",
            content=_document(issuer, completed_on),
            by=viewer_of(session, account_id, today),
            now=now,
            today=today,
        )


def _document(issuer: str, completed_on: date) -> bytes:
    lines = (f"= {issuer}", "Kursintyg (påhittat, för demonstration)", "IT-grunder och informationssäkerhet, 4 timmar")
    said = "\n\n".join(["#set page(width: 148mm, height: 105mm)", *lines, completed_on.isoformat()])
    return typst.compile(said.encode(), format="pdf", ignore_system_fonts=True)
