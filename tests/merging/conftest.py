"""Anna, who has been registered twice; how to make her one, and two again."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import (
    add_absence,
    add_access,
    add_account,
    add_assignment,
    add_completion,
    add_course,
    add_duty,
    add_exemption,
    add_extension,
    add_person,
    add_request,
    add_requirement,
    add_upload,
    sign_in,
)
from tracker.bulk.models import Act, Batch, BatchItem, BatchState, Outcome
from tracker.compliance.models import Phase
from tracker.compliance.operations import COLUMNS
from tracker.db import retract
from tracker.domain.facts import DutyKind
from tracker.domain.programme import Layer
from tracker.learning.models import Enrolment
from tracker.learning.operations import issue_certificate
from tracker.merging.operations import merge, undo_merge
from tracker.merging.treatment import COPIED, says
from tracker.people.models import Person, PersonMerge
from tracker.people.queries import viewer_of
from tracker.programmes.models import ProgrammeItem, TaskDone
from tracker.requirements.models import Assignment

TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)
LATEST = NOW + timedelta(hours=2)


@pytest.fixture
def double(in_kil, cast):
    """Anna's other record, "anna-2": spelt otherwise, with a fact of every kind. Its public id; the cast knows it."""
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        add_requirement(session, "grund", course_id=course.course_id, now=NOW, validity_months=12)
        other = add_course(session, "annan", now=NOW)
        add_requirement(session, "annan", course_id=other.course_id, now=NOW)
        person = add_person(
            session,
            "Anna",
            "Akesson",
            unit_id=cast.units["20"],
            position_id=cast.position_id,
            now=NOW,
            employee_number="anna-2",
            starts_on=date(2024, 1, 1),
        )
        person.email = "anna.akesson@kommun.example"
        session.flush()
        account = add_account(session, person, now=NOW)
        completion = add_completion(session, person.id, course, on=date(2026, 5, 1), now=NOW)
        issue_certificate(session, completion=completion, person=person, version=course, today=TODAY).code = CODE
        add_access(session, person.id, cast.system_id, starts_on=date(2026, 1, 1), now=NOW)
        add_absence(session, person.id, starts_on=date(2025, 1, 1), ends_on=date(2025, 1, 20), now=NOW)
        add_duty(session, person.id, DutyKind.LOCAL_IT_RESOURCE_PERSON, unit_id=cast.units["10"], now=NOW)
        add_exemption(session, person.id, "annan", starts_on=TODAY, ends_on=date(2026, 12, 31), now=NOW)
        add_extension(session, person.id, "annan", granted_on=TODAY, due_on=date(2027, 3, 1), now=NOW)
        add_request(session, person.id, "annan", now=NOW)
        add_upload(session, person.id, other.course_id, by=account.id, now=NOW)
        assignment = add_assignment(session, person.id, "grund", starts_on=TODAY, now=NOW)
        add_batch_of(session, assignment)
        item = ProgrammeItem(code="x-dator", layer=Layer.MUNICIPALITY, created_at=NOW)
        session.add(item)
        session.flush()
        add_task_done(session, person.id, item.id, on=date(2024, 1, 2))
        session.add(Enrolment(person_id=person.id, course_version_id=other.id, number=1, started_at=NOW))
        cast.people["double"], cast.accounts["double"] = person.id, account.id
        cast.person_ids["double"] = person.public_id
    return cast.person_ids["double"]


def add_batch_of(session, assignment) -> None:
    """Let an assignment have come of a list of people."""
    batch = Batch(
        act=Act.ASSIGN,
        state=BatchState.APPLIED,
        requirement_id=assignment.requirement_id,
        starts_on=assignment.starts_on,
        summary={},
        created_at=NOW,
        applied_at=NOW,
    )
    session.add(batch)
    session.flush()
    item = BatchItem(
        batch_id=batch.id,
        number=2,
        written="anna-2",
        person_id=assignment.person_id,
        previewed=Outcome.DONE,
        outcome=Outcome.DONE,
    )
    session.add(item)
    same = {name: getattr(assignment, name) for name in ("person_id", "requirement_id", "starts_on", "reason")}
    retract([assignment], now=NOW, by_id=None, why="it comes of a list instead")
    session.add(Assignment(**same, recorded_at=NOW, source=batch.source))
    session.flush()


def add_task_done(session, person_id, item_id, *, on) -> None:
    """Let a task of a person's introduction have been done."""
    done = TaskDone(
        person_id=person_id, item_id=item_id, hired_on=date(2024, 1, 1), done_on=on, recorded_at=NOW, source="test"
    )
    session.add(done)
    session.flush()


CODE = "ABCD-EFGH-JKMN"


@pytest.fixture
def david(client, database, cast):
    return sign_in(client, database, cast, "david")


def person(session, cast, name) -> Person:
    return session.get_one(Person, cast.people[name])


def phases_of(session, person_id):
    columns = [getattr(Phase, name) for name in COLUMNS if name != "person_id"]
    statement = select(*columns).where(Phase.person_id == person_id)
    return sorted(map(tuple, session.execute(statement.order_by(Phase.requirement_id, Phase.starts_on))), key=repr)


def facts_of(session, person_id):
    """All that stands about a person, in a form that does not depend on rows."""
    return {
        kind.__name__: sorted(
            map(
                repr,
                map(
                    says, session.scalars(select(kind).where(kind.person_id == person_id, kind.retracted_at.is_(None)))
                ),
            )
        )
        for kind in COPIED
    }


def merge_them(session, cast, survivor="anna", absorbed="double", *, by="david", now=LATER):
    return merge(
        session,
        survivor=person(session, cast, survivor),
        absorbed=person(session, cast, absorbed),
        reason="Samma person",
        by=viewer_of(session, cast.accounts[by], TODAY),
        now=now,
        today=TODAY,
    )


def undo_it(session, cast, row, *, by="david", now=LATEST):
    row = session.get_one(PersonMerge, row.id)
    undo_merge(session, merge=row, why="Fel", by=viewer_of(session, cast.accounts[by], TODAY), now=now)
