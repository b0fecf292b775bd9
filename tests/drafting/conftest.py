"""A draft, who may write it, and how it is sent and read."""

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting, add_course, sign_in
from tracker import clock
from tracker.accounts.models import RoleGrant
from tracker.compliance.models import Phase
from tracker.drafting.operations import begin_draft
from tracker.permissions import GivenRole
from tracker.requirements.models import RequirementVersion
from tracker.requirements.operations import Draft, Line

TODAY = clock.local_date(clock.now(), "Europe/Stockholm")
WORDS = {"sv": "Därför.", "en": "Because."}


@pytest.fixture
def course(in_kil, cast):
    with in_kil() as session:
        return add_course(session, "grund", now=NOW, title="Grundkursen").course_id


@pytest.fixture
def draft_id(in_kil, cast, course):
    """A draft for those who work in or below Vård och omsorg: Anna, Bosse and Eva."""
    with in_kil() as session:
        return begin_draft(session, code="vård", draft=says(cast, course), by=acting(cast), now=NOW).public_id


def says(cast, course, **more):
    values = {
        "titles": {"sv": "Kravet", "en": "The requirement"},
        "reasons": WORDS,
        "course_id": course,
        "effective_from": TODAY,
        "first_due_days": 30,
        "lines": [Line(unit_id=cast.units["10"])],
    }
    return Draft(**(values | more))


def form(cast, course_public_id, **changes):
    """What a browser sends for the draft above."""
    return {
        "act": "save",
        "revision": "1",
        "lines-0-excludes": "",
        "lines-0-unit": cast.unit_ids["10"],
        "lines-0-position": "",
        "lines-0-kind": "",
        "lines-0-duty": "",
        "lines-0-system": "",
        "lines-0-new_hire_days": "",
        "course": course_public_id,
        "due": "days",
        "due_days": "30",
        "notice": "14",
        "validity": "months",
        "months": "24",
        "fixed_month": "12",
        "window": "60",
        "grace": "0",
        "evidence": "graded",
        "earlier": "all",
        "majors": "ignored",
        "effective_from": TODAY.isoformat(),
        "title_sv": "Nytt namn",
        "title_en": "New name",
        "reason_sv": "Därför.",
        "reason_en": "Because.",
        "legal_basis": "IT-strategi 2.4",
        "owner": "HR",
    } | changes


@pytest.fixture
def filled(in_kil, cast, draft_id):
    with in_kil() as session:
        from tracker.catalogue.models import Course

        public_id = session.scalars(select(Course.public_id)).one()
    return lambda **changes: form(cast, public_id, **changes)


@pytest.fixture
def cecilia(client, database, cast):
    return sign_in(client, database, cast, "cecilia")


@pytest.fixture
def david(app, database, cast, in_kil):
    """David may decide requirements too."""
    with in_kil() as session:
        session.add(RoleGrant(account_id=cast.accounts["david"], role=GivenRole.TRAINING_ADMINISTRATOR, granted_at=NOW))
    return sign_in(app.test_client(), database, cast, "david")


def text(response):
    return " ".join(response.get_data(as_text=True).split())


def read(in_kil, public_id):
    with in_kil() as session:
        return session.scalars(
            select(RequirementVersion).where(RequirementVersion.public_id == public_id)
        ).one_or_none()


def phases(in_kil):
    with in_kil() as session:
        return session.scalar(select(func.count()).select_from(Phase))
