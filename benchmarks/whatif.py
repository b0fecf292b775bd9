"""Seeing what a draft would change, or letting a course count as another, before it is done: while somebody waits."""

from datetime import date

from sqlalchemy import select

from benchmarks.bench import Bench
from benchmarks.municipality import Invented, invent
from tracker.catalogue.models import Course, CourseVersion
from tracker.compliance.computing import PEOPLE_AT_A_TIME
from tracker.compliance.learners import load_learners
from tracker.compliance.operations import rebuild
from tracker.compliance.whatif import Change, what_if
from tracker.db import BoundSession
from tracker.domain.periods import Days
from tracker.domain.requirement import Equivalence
from tracker.domain.validity import ForMonths
from tracker.equivalences.queries import Effect, consequences, named
from tracker.people.models import Person
from tracker.permissions import Role, Viewer
from tracker.reminders.forecast import mail_changes
from tracker.requirements.operations import Draft, Line

DAY = date(2026, 11, 23)
WORDS = {"sv": "Prov", "en": "Trial"}


def run(bench: Bench) -> None:
    """Measure a draft for all staff and one for a unit, and letting a course that most have completed count as another.

    The floor is reading the facts they are decided from.
    """
    people = 50_000 if bench.full else 5_000
    invented = invent(bench.database, people=people, requirements=2)
    with bench.database.bound(invented.municipality_id) as session:
        rebuild(session)
        session.commit()
    for label, lines in (("all staff", [Line()]), ("one unit", [Line(unit_id=invented.units[-1])])):
        bench.measure(
            f"a draft for {label}, among {people:,} people",
            lambda lines=lines: _weigh(bench, invented, lines),
            floor=lambda: _read(bench, invented),
            times=3,
        )
    bench.measure(
        f"letting a course count as another, among {people:,} people",
        lambda: _let_count(bench, invented),
        floor=lambda: _read(bench, invented),
        times=3,
    )


def _weigh(bench: Bench, invented: Invented, lines: list[Line]) -> None:
    with bench.database.bound(invented.municipality_id, reading=True) as session:
        course_id = session.scalars(select(CourseVersion.course_id)).first()
        draft = Draft(
            titles=WORDS,
            reasons=WORDS,
            course_id=course_id,
            effective_from=DAY,
            lines=lines,
            first_due_days=30,
            validity=ForMonths(24),
        )
        found = what_if(session, requirement_id=invented.requirements[0], draft=draft, day=DAY)
        assert found.count(Change.MATCHED) > 0
        mail_changes(session, {invented.requirements[0]: found}, today=DAY)


def _let_count(bench: Bench, invented: Invented) -> None:
    with bench.database.bound(invented.municipality_id, reading=True) as session:
        asked, other = session.scalars(select(Course.id).order_by(Course.id)).all()
        found = consequences(session, Equivalence(asked, other, Days(date.min)), counts=True, day=DAY)
        assert found.count(Effect.RELIEVED) > 0
        hr = Viewer(municipality_id=invented.municipality_id, actor="benchmark", roles=frozenset({Role.HR}))
        assert named(session, found, hr).rows


def _read(bench: Bench, invented: Invented) -> None:
    with bench.database.bound(invented.municipality_id, reading=True) as session:
        persons = _persons(session)
        for start in range(0, len(persons), PEOPLE_AT_A_TIME):
            load_learners(session, persons[start : start + PEOPLE_AT_A_TIME])


def _persons(session: BoundSession) -> list[int]:
    return list(session.scalars(select(Person.id).order_by(Person.id)))
