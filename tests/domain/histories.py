"""Random learners and requirements for properties, rich in what goes wrong: leap days, month ends, overlaps, gaps."""

import random
from dataclasses import fields
from datetime import date, timedelta
from itertools import count

from hypothesis import strategies as st

from tracker.domain.evidence import Evidence
from tracker.domain.facts import (
    Absence,
    Access,
    Assignment,
    Completion,
    Duty,
    DutyKind,
    Employment,
    Exemption,
    Extension,
    Learner,
    learner_of,
)
from tracker.domain.periods import Days
from tracker.domain.requirement import (
    AudienceLine,
    EarlierCompletions,
    Equivalence,
    MajorVersion,
    MajorVersions,
    Requirement,
    RequirementVersion,
)
from tracker.domain.validity import ForMonths, UntilDayOfYear

FIRST, LAST = date(2023, 11, 1), date(2026, 12, 31)  # facts and rules lie here, with a leap day among them
HORIZON = date(2028, 6, 30)  # later than anything that the facts and rules below can lead to, but validity
THIS, OTHER = 1, 2  # requirements
COURSES, UNITS, POSITIONS, SYSTEMS = (1, 2, 3), (1, 2, 3), (1, 2), (1, 2)
KINDS = ("Tillsvidare", "Timlön")
DUTIES = (DutyKind.SYSTEM_OWNER, DutyKind.UNIT_MANAGER)

any_day = st.integers(0, (LAST - FIRST).days).map(lambda days: FIRST + timedelta(days))
odd_day = st.sampled_from(
    [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2024, 1, 31), date(2024, 12, 31), date(2025, 2, 28)]
)
day = st.one_of(any_day, any_day, any_day, odd_day)


@st.composite
def days(draw, longest=700, may_be_open=True):
    """A stretch of days; short, long or open, often beginning where others do."""
    starts_on = draw(day)
    lengths = [
        st.integers(0, 40),
        st.integers(0, 40),
        st.integers(0, longest),
        st.none() if may_be_open else st.just(0),
    ]
    length = draw(st.one_of(*lengths))
    return Days(starts_on, None if length is None else min(starts_on + timedelta(length), LAST))


def employments():
    return st.builds(Employment, days(), st.sampled_from(UNITS), st.sampled_from(POSITIONS), st.sampled_from(KINDS))


def duties():
    return st.builds(
        Duty,
        days(),
        st.sampled_from(DUTIES),
        st.sampled_from([None, *UNITS]),
        st.sampled_from([None, *SYSTEMS]),
    )


def accesses():
    return st.builds(Access, days(), st.sampled_from(SYSTEMS))


def absences():
    return st.builds(Absence, days(longest=200))


def completions():
    return st.builds(
        Completion,
        st.sampled_from([1, 1, 1, 2, 3]),
        day,
        st.integers(1, 3),
        st.sampled_from([*Evidence, Evidence.GRADED, Evidence.ATTESTED, Evidence.VERIFIED]),
    )


def exemptions():
    return st.builds(Exemption, st.sampled_from([THIS, THIS, OTHER]), days(longest=200))


def extensions():
    return st.builds(
        lambda requirement, granted_on, length: Extension(requirement, granted_on, granted_on + timedelta(length)),
        st.sampled_from([THIS, THIS, OTHER]),
        day,
        st.integers(0, 120),
    )


def assignments():
    return st.builds(Assignment, st.sampled_from([THIS, THIS, OTHER]), days(), st.sampled_from([1, 2, 3, 4]))


def several(facts, most):
    return st.integers(0, most).flatmap(lambda number: st.lists(facts, min_size=number, max_size=number)).map(tuple)


@st.composite
def careers(draw, most):
    """Employments one after another, with no days or a few or many between them; the last is often open."""
    starts_on, found = FIRST + timedelta(draw(st.integers(0, 300))), []
    for _ in range(draw(st.integers(1, most))):
        ends_on = starts_on + timedelta(draw(st.integers(0, 400)))
        ended = draw(st.booleans())
        position, kind = draw(st.sampled_from(POSITIONS)), draw(st.sampled_from(KINDS))
        if ends_on >= LAST or not ended:
            found.append(Employment(Days(starts_on), draw(st.sampled_from(UNITS)), position, kind))
            break
        found.append(Employment(Days(starts_on, ends_on), draw(st.sampled_from(UNITS)), position, kind))
        starts_on = ends_on + timedelta(draw(st.one_of(st.just(1), st.integers(20, 40), st.integers(1, 90))))
        if starts_on > LAST:
            break
    return tuple(found)


def learners(most=4):
    """Learners with up to so many facts of each kind."""
    return st.builds(
        Learner,
        st.one_of(careers(most), careers(most), several(employments(), most)),
        several(duties(), most),
        several(accesses(), most),
        several(absences(), most),
        several(completions(), most * 2),
        several(exemptions(), most // 2),
        several(extensions(), most // 2),
        several(assignments(), most // 2),
    )


def crowded_learner(seed, number):
    """A learner with so many facts of each kind, far more than hypothesis would draw."""
    chance = random.Random(seed)

    def some_day():
        return FIRST + timedelta(chance.randrange((LAST - FIRST).days))

    def some_days(longest):
        starts_on = some_day()
        return Days(starts_on, min(starts_on + timedelta(chance.randrange(longest)), LAST))

    def many(make):
        return tuple(make() for _ in range(number))

    def some_employment():
        return Employment(some_days(200), chance.choice(UNITS), chance.choice(POSITIONS), chance.choice(KINDS))

    def some_duty():
        unit, system = chance.choice([None, *UNITS]), chance.choice([None, *SYSTEMS])
        return Duty(some_days(200), chance.choice(DUTIES), unit, system)

    def some_extension():
        granted_on = some_day()
        return Extension(THIS, granted_on, granted_on + timedelta(chance.randrange(60)))

    return Learner(
        many(some_employment),
        many(some_duty),
        many(lambda: Access(some_days(200), chance.choice(SYSTEMS))),
        many(lambda: Absence(some_days(8))),
        many(
            lambda: Completion(chance.choice(COURSES), some_day(), chance.randint(1, 3), chance.choice(list(Evidence)))
        ),
        many(lambda: Exemption(THIS, some_days(5))),
        many(some_extension),
        tuple(Assignment(THIS, some_days(40), number) for number in range(1, number + 1)),
    )


@st.composite
def subtrees(draw):
    """A subtree of the organisation: which units lay in it, and when. Units move in and out."""
    units = draw(st.lists(st.sampled_from(UNITS), min_size=1, max_size=3, unique=True))
    always = (Days(date(2000, 1, 1)),)
    return {
        unit: draw(st.one_of(st.just(always), st.lists(days(), min_size=1, max_size=2).map(tuple))) for unit in units
    }


FIELDS = {
    "units": subtrees(),
    "position_id": st.sampled_from(POSITIONS),
    "employment_kind": st.sampled_from(KINDS),
    "duty": st.sampled_from(DUTIES),
    "system_id": st.sampled_from(SYSTEMS),
    "new_hire_days": st.integers(0, 400),
}


@st.composite
def lines(draw, number, *, excludes=False):
    """A line that asks for none, one, or a few things."""
    fields = draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=excludes, max_size=3, unique=True))
    return AudienceLine(number, excludes=excludes, **{field: draw(FIELDS[field]) for field in fields})


@st.composite
def audiences(draw, numbers):
    """Lines of a version: often everyone employed, often narrower, sometimes with an exclusion."""
    everyone = [AudienceLine(next(numbers))] if draw(st.sampled_from([True, True, False])) else []
    narrower = [draw(lines(next(numbers))) for _ in range(draw(st.integers(not everyone, 3)))]
    excluding = [draw(lines(next(numbers), excludes=True)) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    return (*everyone, *narrower, *excluding)


validities = st.one_of(
    st.none(),
    st.builds(ForMonths, st.sampled_from([1, 3, 6, 12, 12, 24]), st.sampled_from([True, True, False])),
    st.builds(
        UntilDayOfYear,
        st.sampled_from([1, 2, 12]),
        st.sampled_from([1, 28, 29]),
        st.sampled_from([1, 1, 2]),
        st.sampled_from([2000, 2001]),
        st.sampled_from([0, 1, 6]),
    ),
)


@st.composite
def versions(draw, number, effective_from, numbers):
    """A version of a requirement; the numbers that its lines get."""
    validity = draw(validities)
    one_month = isinstance(validity, ForMonths) and validity.months == 1
    first_due_on = draw(st.one_of(st.none(), st.none(), day))
    earlier = draw(st.sampled_from([EarlierCompletions.ALL, *EarlierCompletions]))
    majors = draw(st.sampled_from(MajorVersions))
    ends = draw(st.one_of(st.none(), st.none(), st.none(), st.integers(0, 500)))
    return RequirementVersion(
        id=number,
        course_id=draw(st.sampled_from([1, 1, 1, 2])),
        lines=draw(audiences(numbers)),
        effective_from=effective_from,
        effective_until=None if ends is None else effective_from + timedelta(ends),
        first_due_days=None if first_due_on else draw(st.sampled_from([0, 10, 30, 90])),
        first_due_on=first_due_on,
        minimum_notice_days=draw(st.sampled_from([14, 0, 1, 30])),
        validity=validity,
        renewal_window_days=draw(st.sampled_from([20, 0, 27 if one_month else 80])),
        grace_days=draw(st.sampled_from([0, 7, 40])),
        minimum_evidence=draw(st.sampled_from([Evidence.SELF_DECLARED, Evidence.SELF_DECLARED, Evidence.GRADED])),
        earlier_completions=earlier,
        accepted_from=draw(day) if earlier is EarlierCompletions.FROM_DATE else None,
        major_versions=majors,
        major_version_days=draw(st.integers(0, 60)) if majors is MajorVersions.WITHIN_DAYS else None,
    )


@st.composite
def requirements(draw, most=4):
    """Requirements with up to so many versions, most of them taking effect in the order they were published."""
    numbers = count(1)
    found, effective_from = [], draw(st.one_of(st.just(FIRST), day))
    for number in range(1, draw(st.integers(1, most)) + 1):
        found.append(draw(versions(number, effective_from, numbers)))
        wait = timedelta(draw(st.one_of(st.integers(0, 40), st.integers(-60, 400))))
        effective_from = min(max(effective_from + wait, FIRST), LAST)
    equivalences = st.builds(Equivalence, st.sampled_from([1, 2]), st.sampled_from(COURSES), days())
    majors = st.builds(MajorVersion, st.sampled_from([1, 2]), st.integers(2, 3), day)
    return Requirement(THIS, tuple(found), draw(several(equivalences, 2)), draw(several(majors, 2)))


def any_fact():
    kinds = (employments(), duties(), accesses(), absences(), completions(), exemptions(), extensions(), assignments())
    return st.one_of(*kinds)


def facts_of(learner):
    return [fact for field in fields(learner) if field.init for fact in getattr(learner, field.name)]


def with_fact(learner, fact):
    return learner_of([*facts_of(learner), fact])


def by_day(phases):
    """The phase of every day up to the horizon on which there is one."""
    found = {}
    for phase in phases:
        last = min(phase.ends_on or HORIZON, HORIZON)
        for number in range((last - phase.starts_on).days + 1):
            found[phase.starts_on + timedelta(number)] = phase
    return found
