"""What to put in an address's placeholders: one of everything, in Kil. For tests that go through every page."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from tests.conftest import NOW
from tests.factories import (
    BEGINNING,
    Cast,
    acting,
    add_access,
    add_assignment,
    add_completion,
    add_exemption,
    add_extension,
    add_person,
    add_request,
    add_requirement,
    add_upload,
)
from tests.hr.rosters import content, line
from tests.packs.cases import PACK
from tracker import clock
from tracker.accounts.models import Account, LoginSession, RoleRequest
from tracker.administration.operations import hand_over_link
from tracker.bulk.models import Act
from tracker.bulk.operations import Terms, stage
from tracker.bulk.reading import ListRow
from tracker.catalogue.models import Course, CourseFile, CourseVersion, Module
from tracker.catalogue.operations import accept_completions
from tracker.catalogue.starter import load_starter
from tracker.db import BoundSession
from tracker.domain.programme import Layer, Owner
from tracker.drafting.operations import begin_draft
from tracker.hr.operations import stage_roster
from tracker.learning.models import Attempt
from tracker.learning.operations import issue_certificate, start_course
from tracker.mail.models import MailState, OutgoingMail
from tracker.merging.operations import merge
from tracker.packs.archives import to_zip
from tracker.packs.files import write_pack
from tracker.packs.operations import keep_pack
from tracker.people.models import Duty, FormerDetails, Person
from tracker.people.queries import viewer_of
from tracker.permissions import GivenRole
from tracker.programmes.models import TaskDone
from tracker.programmes.operations import Audience, Says, add_item
from tracker.requirements.models import Requirement
from tracker.requirements.operations import Draft
from tracker.systems.models import Access


@dataclass
class Addresses:
    """What to put in each route's placeholders: things of Kil's."""

    values: dict[str, str]
    checklist_id: str  # a course that has one

    def of(self, rule: Rule) -> str:
        missing = rule.arguments - self.values.keys()
        assert not missing, f"{rule}: say here what {missing} may be, so that the route is tried"
        values = self.values | ({"course_id": self.checklist_id} if rule.endpoint == "learning.sign_steps" else {})
        return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda match: values[match.group(1)], rule.rule)


def one_of_everything(app: Flask, cast: Cast, in_kil: Callable[[], AbstractContextManager[BoundSession]]) -> Addresses:
    """Give Kil one of everything that an address can name."""
    today = clock.local_date(clock.now(), "Europe/Stockholm")
    by = acting(cast)
    with app.test_request_context(), in_kil() as session:
        load_starter(session, by=by, now=NOW, today=date(2025, 1, 1), codes=["grund-it-teori", "grund-it-praktik"])
        session.flush()
        courses = {course.code: course for course in session.scalars(select(Course))}
        course = courses["grund-it-teori"]
        version = session.scalars(select(CourseVersion).where(CourseVersion.course_id == course.id)).one()
        add_requirement(session, "grund", course_id=course.id, now=NOW, effective_from=date(2025, 1, 1))
        enrolment = start_course(
            session, person_id=cast.people["anna"], course_id=course.id, by=by, now=NOW, today=today
        )
        module = session.scalars(select(Module).where(Module.course_version_id == version.id)).first()
        attempt = Attempt(enrolment_id=enrolment.id, module_id=module.id, number=1, started_at=NOW, answers={})
        nine_days_ago = today - timedelta(days=9)
        completion = add_completion(
            session, cast.people["anna"], version, on=nine_days_ago, now=NOW, attested_by=cast.accounts["bosse"]
        )
        anna = session.get_one(Person, cast.people["anna"])
        certificate = issue_certificate(session, completion=completion, person=anna, version=version, today=today)
        login = LoginSession(
            account_id=cast.accounts["anna"],
            token_hash="x",
            started_at=NOW,
            seen_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            address="127.0.0.1",
            browser="test",
        )
        mail = OutgoingMail(
            dedupe_key="x",
            kind="weekly_digest",
            account_id=cast.accounts["bosse"],
            address="bosse@kommun.example",
            locale="sv",
            subject="Hemtjänsten",
            text="Åkesson",
            html="Åkesson",
            message_id="<x>",
            created_at=NOW,
            due_at=NOW,
            state=MailState.CAUGHT,
        )
        role_asked = RoleRequest(
            account_id=cast.accounts["anna"],
            role=GivenRole.MUNICIPALITY_ADMINISTRATOR,
            asked_at=NOW,
            asked_by_id=cast.accounts["mona"],
        )
        session.add_all([attempt, login, mail, role_asked])
        asked = add_request(session, anna.id, "grund", now=NOW)
        exemption = add_exemption(
            session, anna.id, "grund", starts_on=today - timedelta(days=3), ends_on=today, now=NOW
        )
        extension = add_extension(
            session, anna.id, "grund", granted_on=today, due_on=today + timedelta(days=90), now=NOW
        )
        assignment = add_assignment(session, anna.id, "grund", starts_on=today, now=NOW)
        add_access(session, anna.id, cast.system_id, starts_on=date(2026, 1, 1), now=NOW)
        session.flush()
        account = session.get_one(Account, cast.accounts["anna"])
        roster = content(line("anna-1"), line("2", "Nya", "Nilsson"), line("3", starts="i går"))
        staged = stage_roster(session, filename="personal.csv", content=roster, by=by, now=NOW, today=today)
        batch = stage(
            session,
            terms=Terms(Act.COMPLETE, course_id=course.id, completed_on=today, signer="Lena Lärare"),
            rows=[ListRow(1, "anna-1"), ListRow(2, "nobody")],
            by=viewer_of(session, cast.accounts["bosse"], today),
            now=NOW,
            today=today,
        )
        words = {"sv": "Nytt krav", "en": "New requirement"}
        says = Draft(titles=words, reasons=words, course_id=course.id, effective_from=today, first_due_days=7)
        required = session.scalars(select(Requirement)).one()
        item = add_item(
            session,
            says=Says({"sv": "Hämta nycklar", "en": "Fetch keys"}, Owner.LEARNER, 0),
            audience=Audience(Layer.MUNICIPALITY),
            effective_from=BEGINNING,
            by=by,
            now=NOW,
        )
        session.add(
            TaskDone(
                person_id=anna.id,
                item_id=item.id,
                hired_on=BEGINNING,
                done_on=nine_days_ago,
                recorded_at=NOW,
                source="test",
            )
        )
        draft = begin_draft(session, code="nytt", draft=says, by=by, now=NOW)
        former = FormerDetails(
            person_id=anna.id,
            employee_number="before",
            given_name="Anna",
            family_name="Åkesson",
            sort_key="",
            until=today,
            changed_at=NOW,
        )
        session.add(former)
        session.flush()
        upload = add_upload(session, anna.id, course.id, by=cast.accounts["anna"], now=NOW)
        pair = [
            add_person(
                session,
                "Dubbel",
                name,
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                employee_number=name,
            )
            for name in ("dubbel-1", "dubbel-2")
        ]
        equivalence = accept_completions(
            session,
            course=course,
            of=courses["grund-it-praktik"],
            starts_on=None,
            ends_on=None,
            by=by,
            now=NOW,
        )
        merged = merge(session, survivor=pair[0], absorbed=pair[1], reason="x", by=by, now=NOW, today=today)
        sent = keep_pack(session, filename="paket.zip", content=to_zip(write_pack(PACK)), by=by, now=NOW)
        values = {
            "merge_id": merged.public_id,
            "other_id": cast.person_ids["bosse"],
            "pack_id": sent.public_id,
            "pack_name": "informationssakerhet",
            "former_id": str(former.id),
            "upload_id": upload.public_id,
            "draft_id": draft.public_id,
            "item_id": item.public_id,
            "completion_id": completion.public_id,
            "assignment_id": assignment.public_id,
            "batch_id": batch.public_id,
            "exception_request_id": asked.public_id,
            "exemption_id": exemption.public_id,
            "extension_id": extension.public_id,
            "person_id": cast.person_ids["anna"],
            "account_id": account.public_id,
            "unit_id": cast.unit_ids["11"],
            "system_id": cast.system_public_id,
            "course_id": course.public_id,
            "requirement_id": required.public_id,
            "enrolment_id": enrolment.public_id,
            "module_id": module.public_id,
            "attempt_id": attempt.public_id,
            "certificate_id": certificate.public_id,
            "picture_id": session.scalars(select(CourseFile)).first().public_id,
            "session_id": login.public_id,
            "role_request_id": role_asked.public_id,
            "mail_id": mail.public_id,
            "duty_id": str(session.scalars(select(Duty.id)).first()),
            "on": "2026-03-01",
            "equivalence_id": str(equivalence.id),
            "access_id": str(session.scalars(select(Access.id)).one()),
            "import_id": staged.row.public_id,
            "code": certificate.code,
            "token": hand_over_link(session, account=account, by=by, now=NOW),
        }
    return Addresses(values, courses["grund-it-praktik"].public_id)
