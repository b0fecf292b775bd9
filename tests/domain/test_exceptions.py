"""What an exemption, an extension or an assignment would change, and which may not be."""

from datetime import date

import pytest

from tracker.domain.exceptions import (
    AlreadyAssignedError,
    AlreadyExemptError,
    DoesNotApplyError,
    NothingDueError,
    NotLaterError,
    assign,
    end,
    exempt,
    extend,
    withdraw,
)
from tracker.domain.facts import Absence, Assignment, Employment, Exemption, Extension, State, learner_of
from tracker.domain.periods import Days
from tracker.domain.requirement import AudienceLine, Requirement, RequirementVersion

RULE = Requirement(
    1,
    (
        RequirementVersion(
            id=1, course_id=1, lines=(AudienceLine(1),), effective_from=date(2020, 1, 1), first_due_days=30
        ),
    ),
)
HIRED = Employment(Days(date(2026, 3, 2)), 1)  # due on 1 April
LATE = date(2026, 4, 10)


def seen(phase):
    return None if phase is None else (phase.state, phase.due_on)


def test_an_extension_moves_the_due_date():
    effect = extend(learner_of([HIRED]), RULE, Extension(1, LATE, date(2026, 5, 15)))
    assert seen(effect.before) == (State.OVERDUE, date(2026, 4, 1))
    assert seen(effect.after) == (State.TO_DO, date(2026, 5, 15))


@pytest.mark.parametrize(
    "due_on", [date(2026, 4, 1), date(2026, 4, 9)], ids=["the present due date", "a day that passed"]
)
def test_an_extension_is_to_a_later_day_that_has_not_passed(due_on):
    with pytest.raises(NotLaterError) as error:
        extend(learner_of([HIRED]), RULE, Extension(1, LATE, due_on))
    assert error.value.due_on == date(2026, 4, 1)


def test_nothing_is_extended_for_who_is_away_or_not_concerned():
    away = learner_of([HIRED, Absence(Days(date(2026, 4, 5)))])
    with pytest.raises(NothingDueError):
        extend(away, RULE, Extension(1, LATE, date(2026, 5, 15)))
    with pytest.raises(DoesNotApplyError):
        extend(learner_of([HIRED]), RULE, Extension(1, date(2026, 3, 1), date(2026, 5, 15)))


def test_an_exemption_lifts_the_requirement_and_gives_notice_when_it_ends():
    effect = exempt(learner_of([HIRED]), RULE, Exemption(1, Days(LATE, date(2026, 4, 30))), LATE)
    assert seen(effect.before) == (State.OVERDUE, date(2026, 4, 1))
    assert seen(effect.after) == (State.EXEMPT, None)
    assert seen(effect.afterwards) == (State.TO_DO, date(2026, 5, 15))
    assert (effect.seen_on, effect.excused) == (LATE, None)


def test_an_exemption_of_past_days_is_seen_on_the_day_it_is_decided_and_tells_which_of_them_were_late():
    effect = exempt(learner_of([HIRED]), RULE, Exemption(1, Days(date(2026, 3, 2))), LATE)
    assert effect.seen_on == LATE
    assert seen(effect.before) == (State.OVERDUE, date(2026, 4, 1))
    assert seen(effect.after) == (State.EXEMPT, None)
    assert effect.excused == (8, date(2026, 4, 2))  # 2 to 9 April


def test_an_exemption_that_is_over_tells_only_its_own_days():
    effect = exempt(learner_of([HIRED]), RULE, Exemption(1, Days(date(2026, 4, 5), date(2026, 4, 7))), LATE)
    assert effect.seen_on == LATE
    assert seen(effect.after) == (State.TO_DO, date(2026, 4, 22))
    assert effect.excused == (3, date(2026, 4, 5))


def test_an_exemption_to_come_is_seen_on_its_first_day():
    effect = exempt(learner_of([HIRED]), RULE, Exemption(1, Days(date(2026, 5, 1))), LATE)
    assert effect.seen_on == date(2026, 5, 1)
    assert effect.excused is None


def test_an_exemption_from_before_the_first_day_is_seen_on_the_first_day():
    effect = exempt(learner_of([HIRED]), RULE, Exemption(1, Days(date(2026, 1, 1))), date(2026, 1, 1))
    assert effect.seen_on == date(2026, 3, 2)
    assert seen(effect.before) == (State.TO_DO, date(2026, 4, 1))
    assert seen(effect.after) == (State.EXEMPT, None)
    assert effect.afterwards is None


def test_nobody_is_exempt_twice_or_from_what_does_not_apply():
    once = learner_of([HIRED, Exemption(1, Days(LATE, date(2026, 4, 30)))])
    with pytest.raises(AlreadyExemptError):
        exempt(once, RULE, Exemption(1, Days(date(2026, 4, 30))), LATE)
    assert seen(exempt(once, RULE, Exemption(1, Days(date(2026, 5, 1))), LATE).after) == (State.EXEMPT, None)
    with pytest.raises(DoesNotApplyError):
        exempt(once, RULE, Exemption(1, Days(date(2026, 1, 1), date(2026, 3, 1))), LATE)


def test_another_requirements_exemption_is_no_hindrance():
    other = learner_of([HIRED, Exemption(2, Days(LATE))])
    assert seen(exempt(other, RULE, Exemption(1, Days(LATE)), LATE).after) == (State.EXEMPT, None)


def test_ending_an_exemption_and_taking_it_back():
    exemption = Exemption(1, Days(LATE), id=7)
    learner = learner_of([HIRED, exemption])
    ended = end(learner, RULE, exemption, date(2026, 4, 30))
    assert (seen(ended.before), seen(ended.after)) == ((State.EXEMPT, None), (State.TO_DO, date(2026, 5, 15)))
    undone = end(learner, RULE, exemption, None)
    assert (seen(undone.before), seen(undone.after)) == ((State.EXEMPT, None), (State.OVERDUE, date(2026, 4, 1)))


def test_taking_an_extension_back():
    extension = Extension(1, LATE, date(2026, 5, 15), id=7)
    effect = withdraw(learner_of([HIRED, extension]), RULE, extension, date(2026, 4, 20))
    assert seen(effect.before) == (State.TO_DO, date(2026, 5, 15))
    assert seen(effect.after) == (State.OVERDUE, date(2026, 4, 1))


OF_NOBODY = Requirement(
    1,
    (
        RequirementVersion(
            id=1,
            course_id=1,
            lines=(AudienceLine(1, position_id=99),),
            effective_from=date(2026, 4, 1),
            effective_until=date(2026, 12, 31),
            first_due_days=30,
        ),
    ),
)


def test_an_assignment_asks_for_the_course_from_its_first_day():
    effect = assign(learner_of([HIRED]), OF_NOBODY, Assignment(1, Days(LATE, date(2026, 6, 30))))
    assert (seen(effect.before), seen(effect.after)) == (None, (State.TO_DO, date(2026, 5, 10)))
    assert effect.afterwards is None


def test_an_assignment_of_what_applies_already_changes_nothing_now():
    effect = assign(learner_of([HIRED]), RULE, Assignment(1, Days(LATE)))
    assert seen(effect.before) == seen(effect.after) == (State.OVERDUE, date(2026, 4, 1))


def test_nothing_is_assigned_twice_or_outside_of_employment_or_of_what_is_not_in_effect():
    once = learner_of([HIRED, Assignment(1, Days(LATE, date(2026, 4, 30)))])
    with pytest.raises(AlreadyAssignedError):
        assign(once, OF_NOBODY, Assignment(1, Days(date(2026, 4, 30))))
    assert seen(assign(once, OF_NOBODY, Assignment(1, Days(date(2026, 8, 1)))).after)[0] is State.TO_DO
    with pytest.raises(DoesNotApplyError):
        assign(learner_of([HIRED]), OF_NOBODY, Assignment(1, Days(date(2026, 1, 1), date(2026, 3, 1))))
    with pytest.raises(DoesNotApplyError):
        assign(learner_of([HIRED]), OF_NOBODY, Assignment(1, Days(date(2027, 1, 1))))


def test_ending_an_assignment_ends_what_nothing_else_asks_for():
    given = Assignment(1, Days(LATE), id=7)
    effect = end(learner_of([HIRED, given]), OF_NOBODY, given, date(2026, 4, 20))
    assert (seen(effect.before)[0], effect.after) == (State.TO_DO, None)
    effect = end(learner_of([HIRED, given]), OF_NOBODY, given, None)
    assert (seen(effect.before)[0], effect.after) == (State.TO_DO, None)
