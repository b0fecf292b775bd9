"""What may happen to facts and rules in a municipality, at random."""

from datetime import date, timedelta

from sqlalchemy import select

from tests.factories import (
    add_absence,
    add_access,
    add_assignment,
    add_completion,
    add_course,
    add_duty,
    add_exemption,
    add_extension,
    add_person,
    add_requirement,
    add_unit,
)
from tracker.catalogue.models import CourseEquivalence, CourseVersion
from tracker.db import retract
from tracker.domain.facts import DutyKind
from tracker.domain.requirement import MajorVersions
from tracker.learning.models import Completion
from tracker.many_rows import insert_many
from tracker.organisation.models import UnitPlacement
from tracker.people.models import Absence, Employment
from tracker.requirements.models import Assignment, Exemption, Extension, Requirement
from tracker.systems.models import Access
from tracker.tables import stands


def beginning(session, chance, cast, now):
    """Three courses, a requirement, and four people who begin to work somewhere some day. Returns people and courses."""
    courses = [add_course(session, f"kurs-{one}", now=now) for one in range(3)]
    people = [
        add_person(
            session,
            f"P{one}",
            "Prov",
            unit_id=chance.choice(list(cast.units.values())[:4]),
            position_id=cast.position_id,
            now=now,
            starts_on=_day(chance),
        ).id
        for one in range(4)
    ]
    _require(session, chance, cast, people, courses, "först", now)
    return people, courses


def act(session, chance, cast, people, courses, step, now):
    """Let one thing happen, whichever."""
    chance.choice(ACTS)(session, chance, cast, people, courses, step, now)


def _day(chance):
    return date(2024, 1, 1) + timedelta(days=chance.randrange(1200))


def _complete(session, chance, cast, people, courses, step, now):
    add_completion(session, chance.choice(people), chance.choice(courses), on=_day(chance), now=now)


def _absence(session, chance, cast, people, courses, step, now):
    first = _day(chance)
    last = chance.choice([None, first + timedelta(days=chance.randrange(200))])
    add_absence(session, chance.choice(people), starts_on=first, ends_on=last, now=now)


def _employ(session, chance, cast, people, courses, step, now):
    first = _day(chance)
    insert_many(
        session,
        Employment,
        [
            {
                "person_id": person,
                "unit_id": chance.choice(list(cast.units.values())[:4]),
                "position_id": cast.position_id,
                "kind": "Vikariat",
                "percent": 50,
                "starts_on": first,
                "ends_on": first + timedelta(days=chance.randrange(400)),
                "recorded_at": now,
                "source": "test",
            }
            for person in chance.sample(people, 2)
        ],
    )


def _except(session, chance, cast, people, courses, step, now):
    codes = sorted(session.scalars(select(Requirement.code)))
    if not codes:
        return
    first = _day(chance)
    last = first + timedelta(days=chance.randrange(300))
    person, code = chance.choice(people), chance.choice(codes)
    add_exemption(session, person, code, starts_on=first, ends_on=chance.choice([None, last]), now=now)
    add_extension(session, chance.choice(people), code, granted_on=first, due_on=last, now=now)
    add_assignment(session, chance.choice(people), code, starts_on=first, ends_on=chance.choice([None, last]), now=now)


def _retract(session, chance, cast, people, courses, step, now):
    kind = chance.choice([Completion, Absence, Employment, Access, Exemption, Extension, Assignment])
    standing = session.scalars(select(kind).where(kind.person_id.in_(people), kind.retracted_at.is_(None))).all()
    if standing:
        retract([chance.choice(standing)], now=now, by_id=None, why="Prov.")


def _duty(session, chance, cast, people, courses, step, now):
    add_duty(
        session, chance.choice(people), DutyKind.SYSTEM_OWNER, system_id=cast.system_id, starts_on=_day(chance), now=now
    )


def _access(session, chance, cast, people, courses, step, now):
    add_access(session, chance.choice(people), cast.system_id, starts_on=_day(chance), now=now)


def _require(session, chance, cast, people, courses, step, now):
    line = chance.choice(
        [
            {},
            {"unit_id": cast.units["10"]},
            {"duty": DutyKind.SYSTEM_OWNER},
            {"system_id": cast.system_id},
            {"new_hire_days": 0},
        ]
    )
    add_requirement(
        session,
        f"krav-{step}",
        course_id=chance.choice(courses).course_id,
        now=now,
        effective_from=_day(chance),
        lines=(line,),
        validity_months=chance.choice([None, 6, 12]),
        major_versions=MajorVersions.AT_RENEWAL,
    )


def _equivalence(session, chance, cast, people, courses, step, now):
    one, other = chance.sample(courses, 2)
    there = session.scalars(
        select(CourseEquivalence).where(
            CourseEquivalence.course_id == one.course_id,
            CourseEquivalence.accepted_course_id == other.course_id,
            stands(CourseEquivalence),
        )
    ).one_or_none()
    if there is not None:
        retract([there], now=now, by_id=None, why="slump")
    else:
        session.add(
            CourseEquivalence(
                course_id=one.course_id,
                accepted_course_id=other.course_id,
                starts_on=_day(chance),
                recorded_at=now,
                source="test",
            )
        )


def _major(session, chance, cast, people, courses, step, now):
    session.add(
        CourseVersion(
            course_id=chance.choice(courses).course_id,
            number=100 + step,
            major=100 + step,
            titles={},
            summaries={},
            minutes=1,
            published_on=_day(chance),
            published_at=now,
        )
    )


def _move(session, chance, cast, people, courses, step, now):
    session.add(
        UnitPlacement(
            unit_id=add_unit(session, f"Enhet {step}", parent_id=cast.units["10"], code=None, now=now).id,
            parent_id=cast.units["20"],
            name="Flyttad",
            sort_key="flyttad",
            starts_on=_day(chance),
            recorded_at=now,
            source="test",
        )
    )
    placement = session.scalars(
        select(UnitPlacement).where(UnitPlacement.unit_id == cast.units["11"], UnitPlacement.retracted_at.is_(None))
    ).one()
    retract([placement], now=now, by_id=None, why="Flyttad.")
    session.add(
        UnitPlacement(
            unit_id=cast.units["11"],
            parent_id=chance.choice([cast.units["10"], cast.units["20"]]),
            name="Hemtjänsten",
            sort_key="hemtjansten",
            starts_on=_day(chance),
            recorded_at=now,
            source="test",
        )
    )


ACTS = [
    _complete,
    _absence,
    _employ,
    _except,
    _retract,
    _duty,
    _access,
    _require,
    _equivalence,
    _major,
    _move,
]
