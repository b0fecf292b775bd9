"""Recording what many people completed, from one attendance list."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from tracker import tokens
from tracker.catalogue.models import Course, CourseVersion
from tracker.db import BoundSession
from tracker.domain.evidence import Evidence
from tracker.learning.models import Certificate, Completion
from tracker.many_rows import insert_many
from tracker.people.models import Person
from tracker.permissions import Viewer

# SQLite takes at most 32,766 values in a statement.
AT_A_TIME = 1000


class Done(NamedTuple):
    """Who completed which version of the course on which day."""

    person_id: int
    completed_on: date
    version: CourseVersion
    note: str


def record_completions(
    session: BoundSession,
    *,
    course: Course,
    done: Sequence[Done],
    source: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> None:
    """Record completions attested by a list, and issue their certificates. Checks and journalling are the caller's."""
    before = _recorded_before(session, course, [one.person_id for one in done])
    rows = []
    for one in done:
        before[one.person_id, one.completed_on] += 1
        number = before[one.person_id, one.completed_on]
        rows.append(
            {
                "person_id": one.person_id,
                "course_id": course.id,
                "course_version_id": one.version.id,
                "completed_on": one.completed_on,
                "evidence": Evidence.ATTESTED,
                "note": one.note[:500],
                # As one recorded alone: what was retracted may be recorded again.
                "source_ref": f"attested:{course.code}:{one.completed_on.isoformat()}:{number}",
                "source": source,
                "recorded_at": now,
                "recorded_by_id": by.account_id,
            }
        )
    insert_many(session, Completion, rows)
    _issue_certificates(session, source, today)


def _recorded_before(session: BoundSession, course: Course, person_ids: Sequence[int]) -> Counter[tuple[int, date]]:
    """Return how often each completion of the course by these people was recorded, retracted ones too.

    Takes the people's locks: two who record the same thing at once get in a line.
    """
    found: Counter[tuple[int, date]] = Counter()
    ids = sorted(set(person_ids))
    for start in range(0, len(ids), AT_A_TIME):
        some = ids[start : start + AT_A_TIME]
        session.execute(select(Person.id).where(Person.id.in_(some)).order_by(Person.id).with_for_update()).all()
        rows = session.execute(
            select(Completion.person_id, Completion.completed_on).where(
                Completion.course_id == course.id, Completion.person_id.in_(some)
            )
        )
        found.update((person_id, completed_on) for person_id, completed_on in rows)
    return found


def _issue_certificates(session: BoundSession, source: str, today: date) -> None:
    rows = session.execute(
        select(Completion.id, Person.given_name, Person.family_name, CourseVersion.titles)
        .join(Person, Person.id == Completion.person_id)
        .join(CourseVersion, CourseVersion.id == Completion.course_version_id)
        .where(Completion.source == source)
    )
    insert_many(
        session,
        Certificate,
        [
            {
                "completion_id": completion_id,
                "code": tokens.certificate_code(),
                "issued_on": today,
                "holder": f"{given_name} {family_name}",
                "titles": titles,
            }
            for completion_id, given_name, family_name, titles in rows
        ],
    )
