"""Telling somebody by mail what became of what they sent or asked for."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from tracker import clock
from tracker.accounts.queries import account_of
from tracker.audit.operations import Identified
from tracker.db import BoundSession
from tracker.mail.operations import enqueue
from tracker.municipalities.models import Municipality

KIND = "answer"


class About(StrEnum):
    """What was sent or asked for."""

    CERTIFICATE = "certificate"
    EXTENSION = "extension"
    EXEMPTION = "exemption"


def mail_answer(
    session: BoundSession,
    *,
    about: About,
    subject: Identified,
    person_id: int,
    titles: Mapping[str, str],
    granted: bool,
    day: date | None,
    words: str,
    now: datetime,
) -> None:
    """Put a mail in the outbox that tells a person of a decision, why, and what to do next. Never two of the same.

    `subject`: what was decided about; `titles`: what its course or requirement is called, by language; `day`: when the course
    was completed, or until when something was granted; `words`: of who decided. Nothing happens if the person has no
    account, or if that has no address or is disabled.
    """
    account = account_of(session, person_id)
    if account is None:
        return
    municipality = session.get_one(Municipality, session.municipality_id)
    enqueue(
        session,
        kind=KIND,
        dedupe_key=f"{KIND}:{subject.public_id}",
        account=account,
        template=KIND,
        context={
            "about": about.value,
            "titles": titles,
            "granted": granted,
            "day": day,
            "words": words,
            "today": clock.local_date(now, municipality.timezone),
        },
        now=now,
    )
