"""What must always hold of phases, whatever the history and the rules."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from tests.domain import cases
from tests.domain.histories import (
    FIRST,
    HORIZON,
    OTHER,
    THIS,
    absences,
    any_fact,
    assignments,
    by_day,
    completions,
    day,
    extensions,
    facts_of,
    learners,
    requirements,
    with_fact,
)
from tracker.domain.facts import (
    Access,
    Assignment,
    Duty,
    DutyKind,
    Exemption,
    Extension,
    Fact,
    Learner,
    Recorded,
    State,
    learner_known_at,
    learner_of,
    merged,
)
from tracker.domain.obligations import AT_FAULT, phases, state_on
from tracker.domain.periods import Days

BEST_FIRST = [State.VALID, State.RENEW, State.ON_HOLD, State.TO_DO, State.GRACE, State.OVERDUE]


def rank(state):
    """How bad a state is. Overdue and lapsed are equally bad; a warning is worse than having time left."""
    return BEST_FIRST.index(State.OVERDUE if state is State.LAPSED else state)


@given(learners(), requirements(), st.randoms(use_true_random=False))
def test_the_order_of_facts_is_irrelevant(learner, requirement, shuffler):
    facts = facts_of(learner)
    shuffler.shuffle(facts)
    assert phases(learner_of(facts), requirement) == phases(learner, requirement)


@given(learners(), requirements())
def test_a_fact_known_twice_changes_nothing(learner, requirement):
    assert phases(merged(learner, learner), requirement) == phases(learner, requirement)


@given(learners(), requirements())
def test_phases_are_in_order_and_touch_without_overlap(learner, requirement):
    found = phases(learner, requirement)
    for phase in found:
        assert phase.ends_on is None or phase.starts_on <= phase.ends_on
    for before, after in pairwise(found):
        assert before.ends_on is not None
        gap = (after.starts_on - before.ends_on).days - 1
        assert gap == 0 or gap >= 30  # shorter gaps are bridged
        if gap == 0:
            assert before[2:] != after[2:]  # otherwise they would be one


@given(learners(), requirements())
def test_every_state_is_true_to_its_dates(learner, requirement):
    versions = {version.id: version for version in requirement.versions}
    for phase in phases(learner, requirement):
        version, last = versions[phase.because.version_id], phase.ends_on or HORIZON
        match phase.state:
            case State.VALID | State.RENEW:
                assert phase.valid_until is None or last <= phase.valid_until
                if phase.valid_until is not None:
                    opens = phase.valid_until - timedelta(version.renewal_window_days)
                    assert last < opens if phase.state is State.VALID else phase.starts_on >= opens
            case State.TO_DO:
                assert phase.due_on is None or last <= phase.due_on
            case State.GRACE:
                assert phase.due_on < phase.starts_on
                assert last <= phase.due_on + timedelta(version.grace_days)
            case State.OVERDUE | State.LAPSED:
                assert phase.starts_on > phase.due_on + timedelta(version.grace_days)
                assert (phase.state is State.LAPSED) == (phase.valid_until is not None)
            case State.EXEMPT | State.ON_HOLD:
                assert phase.due_on is None


@given(learners(), requirements(), completions())
def test_an_extra_completion_never_makes_a_day_worse(learner, requirement, completion):
    before = by_day(phases(learner, requirement))
    after = by_day(phases(with_fact(learner, completion), requirement))
    assert list(before) == list(after)
    for date, phase in before.items():
        if phase.state is State.EXEMPT:
            assert after[date].state is State.EXEMPT
        else:
            assert rank(after[date].state) <= rank(phase.state), date


@given(learners(), requirements(), absences())
def test_an_absence_never_puts_anyone_at_fault(learner, requirement, absence):
    before = by_day(phases(learner, requirement))
    after = by_day(phases(with_fact(learner, absence), requirement))
    assert list(before) == list(after)
    for date, phase in after.items():
        if phase.state in AT_FAULT:
            assert before[date].state in AT_FAULT, date


@given(learners(), requirements(), extensions())
def test_an_extension_never_puts_anyone_at_fault(learner, requirement, extension):
    before = by_day(phases(learner, requirement))
    for date, phase in by_day(phases(with_fact(learner, extension), requirement)).items():
        if phase.state in AT_FAULT:
            assert before[date].state in AT_FAULT, date


@given(learners(), requirements(), assignments())
def test_an_assignment_asks_for_its_days_of_employment_and_takes_none_away(learner, requirement, assignment):
    before = by_day(phases(learner, requirement))
    after = by_day(phases(with_fact(learner, assignment), requirement))
    asked = {
        date
        for term in requirement.terms
        for date in days_between(max(term.first, FIRST), min(term.asks_until, HORIZON))
        if assignment.requirement_id == THIS
        and date in assignment.days
        and any(date in one.days for one in learner.employments)
    }
    assert set(before) | asked <= set(after)
    if not asked:
        assert {date: phase[:5] for date, phase in before.items()} == {date: phase[:5] for date, phase in after.items()}


def days_between(first, last):
    return [first + timedelta(number) for number in range((last - first).days + 1)]


@given(learners(), requirements())
def test_fair_notice(learner, requirement):
    found = by_day(phases(learner, requirement))
    versions = {version.id: version for version in requirement.versions}
    away = {date for date in found if any(date in one.days for one in learner.absences)}
    exempt = {
        date for date in found if any(date in one.days for one in learner.exemptions if one.requirement_id == THIS)
    }
    latest_event = None
    for date, phase in found.items():
        yesterday = date - timedelta(1)
        before = found.get(yesterday)
        rules_changed = before is not None and before.because.version_id != phase.because.version_id
        if (
            before is None
            or (yesterday in away and date not in away)
            or (yesterday in exempt and date not in exempt)
            or (rules_changed and before.state not in AT_FAULT)
        ):
            latest_event = date
        if phase.state in AT_FAULT:
            notice = timedelta(versions[phase.because.version_id].minimum_notice_days)
            assert date > latest_event + notice, (date, latest_event)


@given(learners(), requirements(), day, st.integers(0, 300))
def test_facts_about_another_requirement_change_nothing(learner, requirement, start, length):
    exemption = Exemption(OTHER, Days(start, start + timedelta(length)))
    extension = Extension(OTHER, start, start + timedelta(length))
    assignment = Assignment(OTHER, Days(start, start + timedelta(length)))
    person = with_fact(with_fact(with_fact(learner, exemption), extension), assignment)
    assert phases(person, requirement) == phases(learner, requirement)


@given(learners(most=3), learners(most=3), requirements())
def test_merging_two_persons_is_the_union_of_their_facts(learner, other, requirement):
    together = phases(merged(learner, other), requirement)
    assert together == phases(learner_of([*facts_of(other), *facts_of(learner)]), requirement)
    assert together == phases(merged(other, learner), requirement)


def test_merging_loses_no_kind_of_fact():
    employment, duty = cases.employed("2026-03-02"), Duty(cases.days("2026-03-02"), DutyKind.SYSTEM_OWNER)
    facts = [
        *(
            employment,
            duty,
            Access(cases.days("2026-03-02"), 4),
            cases.away("2026-04-01"),
            cases.completed("2026-04-01"),
        ),
        *(cases.exempt("2026-05-01"), cases.extended("2026-03-02", "2026-06-01"), cases.assigned("2026-03-02")),
    ]
    assert {type(fact) for fact in facts} == set(get_args(Fact))
    for one, other in ((Learner(), learner_of(facts)), (learner_of(facts), Learner())):
        assert facts_of(merged(one, other)) == facts_of(learner_of(facts))


instants = st.integers(0, 1000).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


@st.composite
def records(draw):
    recorded_at, standing = draw(instants), draw(st.booleans())
    retracted_at = None if standing else recorded_at + timedelta(hours=draw(st.integers(0, 500)))
    return Recorded(draw(any_fact()), recorded_at, retracted_at)


@given(st.lists(records(), max_size=20), requirements(), instants, st.lists(any_fact(), max_size=5), day)
def test_what_was_known_does_not_change_by_anything_recorded_later(known, requirement, instant, later_facts, date):
    was = state_on(phases(learner_known_at(known, instant), requirement), date)
    soon = instant + timedelta(hours=1)
    retracted_later = [
        Recorded(one.fact, one.recorded_at, soon) if one.retracted_at is None and one.recorded_at <= instant else one
        for one in known
    ]
    added_later = [Recorded(fact, soon) for fact in later_facts]
    assert state_on(phases(learner_known_at([*retracted_later, *added_later], instant), requirement), date) == was


def test_a_fact_is_known_from_its_recording_up_to_its_retraction():
    recorded_at, retracted_at = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 5, 9, tzinfo=UTC)
    fact = Exemption(THIS, Days(FIRST))
    record, moment = Recorded(fact, recorded_at, retracted_at), timedelta(microseconds=1)
    assert learner_known_at([record], recorded_at - moment) == Learner()
    assert learner_known_at([record], recorded_at) == Learner(exemptions=(fact,))
    assert learner_known_at([record], retracted_at - moment) == Learner(exemptions=(fact,))
    assert learner_known_at([record], retracted_at) == Learner()
