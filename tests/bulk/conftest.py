"""Lists of people, and how to do something for all of them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tracker.audit.models import JournalEntry
from tracker.bulk import operations
from tracker.bulk.models import Act, Batch, BatchItem
from tracker.bulk.operations import Terms
from tracker.bulk.reading import ListRow
from tracker.compliance.operations import differences
from tracker.compliance.queries import obligations_of
from tracker.people.queries import viewer_of
from tracker.requirements.models import Requirement

TODAY = date(2026, 11, 23)
SOON = TODAY + timedelta(days=30)


@pytest.fixture
def course(in_kil, cast):
    """A course that only users of the system must take, whom there are none of. Its version."""
    with in_kil() as session:
        version = add_course(session, "system", now=NOW)
        add_requirement(session, "system", course_id=version.course_id, now=NOW, lines=({"system_id": cast.system_id},))
        session.expunge_all()
        return version


@pytest.fixture
def requirement_id(in_kil, course):
    with in_kil() as session:
        return session.scalars(select(Requirement.id)).one()


def listed(*written, **fields):
    return [ListRow(number, one, **fields) for number, one in enumerate(written, 1)]


@pytest.fixture
def acts(in_kil, cast):
    """Stage, apply and undo as somebody, each in a transaction of its own."""

    class Acting:
        def stage(self, terms, rows, by="david"):
            with in_kil() as session:
                viewer = viewer_of(session, cast.accounts[by], TODAY)
                batch = operations.stage(session, terms=terms, rows=rows, by=viewer, now=NOW, today=TODAY)
                return batch.public_id

        def apply(self, public_id, by="david", today=TODAY):
            with in_kil() as session:
                viewer = viewer_of(session, cast.accounts[by], today)
                operations.apply(session, batch=self.batch(session, public_id), by=viewer, now=NOW, today=today)

        def undo(self, public_id, by="david", why="Fel lista"):
            with in_kil() as session:
                viewer = viewer_of(session, cast.accounts[by], TODAY)
                batch = self.batch(session, public_id)
                operations.undo(session, batch=batch, why=why, by=viewer, now=NOW, today=TODAY)

        def batch(self, session, public_id):
            return session.scalars(select(Batch).where(Batch.public_id == public_id)).one()

        def rows(self, public_id, column=BatchItem.previewed):
            with in_kil() as session:
                batch = self.batch(session, public_id)
                return list(
                    session.scalars(select(column).where(BatchItem.batch_id == batch.id).order_by(BatchItem.number))
                )

    return Acting()


def assign(requirement_id, starts_on=TODAY, ends_on=None):
    return Terms(Act.ASSIGN, requirement_id=requirement_id, starts_on=starts_on, ends_on=ends_on, reason="Ny journal")


def complete(course, completed_on=TODAY, signer="Lena Lärare"):
    return Terms(Act.COMPLETE, course_id=course.course_id, completed_on=completed_on, signer=signer)


def stands(in_kil, cast, name="anna"):
    with in_kil() as session:
        assert differences(session) == []
        return [(one.state, one.due_on) for one in obligations_of(session, cast.people[name], TODAY)]


def journal(in_kil):
    with in_kil() as session:
        return [
            (entry.action, entry.details) for entry in session.scalars(select(JournalEntry).order_by(JournalEntry.id))
        ]


def number_of(in_kil, model):
    with in_kil() as session:
        return session.scalar(select(func.count()).select_from(model))
