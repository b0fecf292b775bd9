"""Why an obligation is as it is, or why there is none."""

import pytest
from hypothesis import given

from tests.domain.cases import (
    BASIC,
    EVERYONE,
    assigned,
    away,
    completed,
    days,
    employed,
    exempt,
    extended,
    learner,
    on,
    required,
    rule,
)
from tests.domain.histories import day, learners, requirements
from tracker.domain.acceptance import Verdict
from tracker.domain.evidence import Evidence
from tracker.domain.explain import Applies, Checked, Condition, DueStep, Lasts, Step, Wanted, explain
from tracker.domain.facts import Access, Duty, DutyKind, State
from tracker.domain.obligations import phase_on, phases, state_on
from tracker.domain.periods import later
from tracker.domain.requirement import (
    AudienceLine,
    EarlierCompletions,
    Equivalence,
    MajorVersion,
    MajorVersions,
    Requirement,
)
from tracker.domain.validity import UntilDayOfYear

CARE = {10: (days("2000-01-01"),), 11: (days("2000-01-01"),)}


def explained(*facts, by, date):
    return explain(learner(*facts), by if isinstance(by, Requirement) else required(by), on(date))


# Why it applies


def test_the_line_that_matches_and_the_facts_that_meet_it():
    line = AudienceLine(4, units=CARE, position_id=5, system_id=6)
    job, use = employed("2026-03-02", unit=10, position=5), Access(days("2026-03-20"), 6)
    other_job = employed("2026-03-02", unit=20, position=6)
    found = explained(job, other_job, use, by=rule(lines=(line,)), date="2026-04-10")
    assert found.applies is Applies.MATCHES
    [checked] = found.lines
    assert (checked.line_id, checked.excludes, checked.since) == (4, False, on("2026-03-20"))
    assert checked.conditions == (
        Checked(Condition.UNIT, (job,)),
        Checked(Condition.SYSTEM, (use,)),
        Checked(Condition.POSITION, (job,)),
    )
    assert (found.required_from, found.anchor) == (on("2026-03-20"), on("2026-03-20"))
    assert found.version_id == 1


def test_employment_is_what_a_line_without_fields_asks_for():
    job = employed("2026-03-02")
    [checked] = explained(job, by=rule(), date="2026-03-02").lines
    assert checked.conditions == (Checked(Condition.EMPLOYED, (job,)),)
    [checked] = explained(job, by=rule(), date="2026-03-01").lines
    assert (checked.since, checked.conditions) == (None, (Checked(Condition.EMPLOYED, ()),))


def test_the_condition_that_fails():
    line = AudienceLine(1, units=CARE, position_id=5, employment_kind="Timlön", new_hire_days=30)
    job = employed("2026-03-02", unit=20, position=5)
    found = explained(job, by=rule("2026-01-01", lines=(line,)), date="2026-04-10")
    assert found.applies is Applies.NO_LINE
    assert found.lines[0].conditions == (
        Checked(Condition.UNIT, ()),
        Checked(Condition.POSITION, (job,)),
        Checked(Condition.EMPLOYMENT_KIND, ()),
        Checked(Condition.NEW_HIRE, (job,)),
    )
    assert (found.phase, found.due_steps, found.wanted) == (None, (), None)


def test_who_was_hired_too_early_is_not_a_new_hire():
    by = rule("2026-01-01", lines=(AudienceLine(1, new_hire_days=30),))
    assert explained(employed("2025-12-01"), by=by, date="2026-04-10").lines[0].conditions == (
        Checked(Condition.NEW_HIRE, ()),
    )


def test_conditions_met_by_facts_that_do_not_belong_together():
    line = AudienceLine(1, units=CARE, position_id=5)
    facts = (employed("2026-03-02", unit=10, position=6), employed("2026-03-02", unit=20, position=5))
    found = explained(*facts, by=rule(lines=(line,)), date="2026-04-10")
    assert found.applies is Applies.NO_LINE
    assert [checked.condition for checked in found.lines[0].conditions if not checked.met_by] == [Condition.TOGETHER]


def test_the_unit_and_system_of_a_duty():
    line = AudienceLine(1, duty=DutyKind.UNIT_MANAGER, units=CARE, system_id=6)
    manager = Duty(days("2026-03-02"), DutyKind.UNIT_MANAGER, unit_id=10)
    use, job = Access(days("2026-03-02"), 6), employed("2026-03-02", unit=11)
    assert explained(manager, use, job, by=rule(lines=(line,)), date="2026-04-10").lines[0].conditions == (
        Checked(Condition.DUTY, (manager,)),
        Checked(Condition.UNIT, (manager,)),
        Checked(Condition.SYSTEM, (use,)),
    )
    unplaced = Duty(days("2026-03-02"), DutyKind.UNIT_MANAGER, system_id=6)
    assert explained(unplaced, use, job, by=rule(lines=(line,)), date="2026-04-10").lines[0].conditions == (
        Checked(Condition.DUTY, (unplaced,)),
        Checked(Condition.UNIT, (job,)),
        Checked(Condition.SYSTEM, (unplaced,)),
    )


def test_an_exclusion_explains_why_a_requirement_does_not_apply():
    by = rule(lines=(EVERYONE, AudienceLine(2, position_id=5, excludes=True)))
    found = explained(employed("2026-03-02", position=5), by=by, date="2026-04-10")
    assert found.applies is Applies.EXCLUDED
    assert [(line.line_id, line.excludes, line.since) for line in found.lines] == [
        (1, False, on("2026-03-02")),
        (2, True, on("2026-03-02")),
    ]


def test_a_requirement_not_in_effect():
    by = rule("2026-03-02", effective_until=on("2026-12-31"))
    for date in ("2026-03-01", "2027-01-01"):
        found = explained(employed("2020-01-01"), by=by, date=date)
        assert (found.applies, found.version_id) == (Applies.NOT_IN_EFFECT, 1)
        assert found.lines[0].since == on("2020-01-01")
    assert explained(employed("2020-01-01"), by=Requirement(1, ()), date="2026-03-02").version_id is None


def test_the_days_between_two_stretches_that_are_one():
    facts = (employed("2026-03-02", "2026-03-31"), employed("2026-04-10"))
    found = explained(*facts, by=rule(), date="2026-04-05")
    assert (found.applies, found.required_from) == (Applies.BETWEEN, on("2026-03-02"))
    assert found.phase is not None


def test_an_assignment_is_a_reason_whatever_the_lines_say():
    excluded = (EVERYONE, AudienceLine(2, excludes=True, position_id=1))
    given = assigned("2026-05-04", "2026-12-31")
    found = explained(employed("2026-03-02"), given, by=rule(lines=excluded), date="2026-05-04")
    assert (found.applies, found.assignments, found.anchor) == (Applies.MATCHES, (given,), on("2026-05-04"))
    before = explained(employed("2026-03-02"), given, by=rule(lines=excluded), date="2026-05-03")
    assert (before.applies, before.assignments) == (Applies.EXCLUDED, ())


def test_an_assignment_and_a_line_are_both_told():
    given = assigned("2026-05-04")
    found = explained(employed("2026-03-02"), given, by=rule(), date="2026-05-04")
    assert (found.applies, found.lines[0].since, found.assignments) == (Applies.MATCHES, on("2026-03-02"), (given,))


# Why by that date


def test_the_first_due_date_is_the_later_of_two():
    found = explained(employed("2026-03-02"), by=rule(), date="2026-03-10")
    assert found.due_steps == (
        DueStep(Step.AFTER_ANCHOR, on("2026-03-02"), 30, on("2026-04-01")),
        DueStep(Step.NOTICE, on("2026-03-02"), 14, on("2026-03-16")),
    )


def test_a_fixed_date():
    by = rule(first_due_on=on("2026-06-30"))
    assert explained(employed("2026-03-02"), by=by, date="2026-03-10").due_steps[0] == (
        DueStep(Step.FIXED_DATE, None, None, on("2026-06-30"))
    )


def test_everything_that_moves_a_due_date():
    by = required(rule(), rule("2026-09-01", id=2, first_due_days=10, validity=None))
    facts = (
        employed("2026-03-02"),
        away("2026-03-05", "2026-03-14"),
        extended("2026-04-01", "2026-04-20"),
        exempt("2026-05-01", "2026-05-31"),
        extended("2026-06-10", "2026-08-31"),
        away("2026-08-01", "2026-08-25"),
    )
    assert explained(*facts, by=by, date="2026-09-01").due_steps == (
        DueStep(Step.AFTER_ANCHOR, on("2026-03-02"), 10, on("2026-03-12")),
        DueStep(Step.NOTICE, on("2026-03-02"), 14, on("2026-03-16")),
        DueStep(Step.LEAVE, on("2026-03-16"), 10, on("2026-03-26"), away=(facts[1].days,)),
        DueStep(Step.RETURNED, on("2026-03-15"), 14, on("2026-03-29"), away=(facts[1].days,)),
        DueStep(Step.EXTENDED, on("2026-04-01"), None, on("2026-04-20"), (facts[2],)),
        DueStep(Step.EXEMPTION_ENDED, on("2026-06-01"), 14, on("2026-06-15"), (facts[3],)),
        DueStep(Step.EXTENDED, on("2026-06-10"), None, on("2026-08-31"), (facts[4],)),
        DueStep(Step.RETURNED, on("2026-08-26"), 14, on("2026-09-09"), away=(facts[5].days,)),
        DueStep(Step.RULES_CHANGED, on("2026-09-01"), 14, on("2026-09-15")),
    )


def test_what_moves_the_due_date_later_on_is_not_yet_a_step():
    facts = (employed("2026-03-02"), extended("2026-03-20", "2026-05-15"), away("2026-08-01", "2026-08-31"))
    assert len(explained(*facts, by=rule(), date="2026-03-19").due_steps) == 2
    assert len(explained(*facts, by=rule(), date="2026-03-20").due_steps) == 3
    assert len(explained(*facts, by=rule(), date="2026-09-01").due_steps) == 4


def test_leave_with_no_known_end():
    found = explained(employed("2026-03-02"), away("2026-03-20"), by=rule(), date="2026-03-10")
    assert found.due_steps[-1] == DueStep(Step.LEAVE, on("2026-04-01"), None, None, away=(days("2026-03-20"),))
    away_now = explained(employed("2026-03-02"), away("2026-03-20"), by=rule(), date="2026-03-20")
    assert (away_now.due_steps, away_now.away) == ((), (days("2026-03-20"),))


def test_the_exemption_in_force():
    now, other = exempt("2026-05-01", "2026-05-31"), exempt("2026-07-01", "2026-07-31")
    found = explained(employed("2026-03-02"), now, other, by=rule(), date="2026-05-31")
    assert (found.due_steps, found.exemptions) == ((), (now,))
    assert explained(employed("2026-03-02"), now, other, by=rule(), date="2026-06-01").exemptions == ()


def test_the_end_of_validity():
    found = explained(employed("2026-03-02"), completed("2026-03-10"), by=rule(), date="2026-04-10")
    assert found.due_steps[-1] == DueStep(Step.VALIDITY, None, None, on("2027-03-09"))
    once = explained(employed("2026-03-02"), completed("2026-03-10"), by=rule(validity=None), date="2026-04-10")
    assert once.due_steps == ()  # Once is enough.


# What counts, and what would


def test_completions_are_judged():
    by = required(
        rule(
            minimum_evidence=Evidence.GRADED,
            earlier_completions=EarlierCompletions.FROM_ANCHOR,
            major_versions=MajorVersions.AT_RENEWAL,
        ),
        equivalences=(Equivalence(BASIC, 9, days("2026-03-01", "2026-03-31")),),
        majors=(MajorVersion(BASIC, 2, on("2026-06-01")),),
    )
    facts = (
        employed("2026-03-02"),
        completed("2026-03-01"),
        completed("2026-03-05", evidence=Evidence.SELF_DECLARED),
        completed("2026-03-06", 8),
        completed("2026-03-07", 9),
        completed("2026-04-08", 9),
        completed("2026-07-09"),
        completed("2026-07-10", version=2),
        completed("2027-07-10", version=2),
    )
    found = explained(*facts, by=by, date="2026-12-01")
    assert [(str(one.completion.completed_on), one.verdict, one.valid_until) for one in found.completions] == [
        ("2026-03-01", Verdict.TOO_EARLY, None),
        ("2026-03-05", Verdict.TOO_WEAK, None),
        ("2026-03-07", Verdict.COUNTS, on("2027-03-06")),
        ("2026-04-08", Verdict.EQUIVALENCE_NOT_IN_FORCE, None),
        ("2026-07-09", Verdict.SUPERSEDED, None),
        ("2026-07-10", Verdict.COUNTS, on("2027-07-09")),
    ]


def test_where_the_end_of_validity_comes_from():
    def told(*completions, by):
        found = explained(employed("2026-03-02"), *completions, by=by, date="2028-12-01").completions
        return [(str(one.completion.completed_on), str(one.valid_until), one.lasts) for one in found]

    months = told(
        completed("2026-03-02"), completed("2026-06-10"), completed("2027-02-01"), completed("2027-02-10"), by=rule()
    )
    assert months == [
        ("2026-03-02", "2027-03-01", Lasts.COUNTED),
        ("2026-06-10", "2027-06-09", Lasts.COUNTED),
        ("2027-02-01", "2028-03-01", Lasts.RENEWED),
        ("2027-02-10", "2028-03-01", Lasts.EARLIER),
    ]
    year_end = rule(validity=UntilDayOfYear(12, 31))
    assert told(completed("2026-06-30"), completed("2026-12-01"), by=year_end) == [
        ("2026-06-30", "2026-12-31", Lasts.COUNTED),
        ("2026-12-01", "2027-12-31", Lasts.COUNTED),
    ]
    active = rule(validity=UntilDayOfYear(12, 31, minimum_active_months=1), renewal_window_days=60)
    assert told(completed("2026-06-30"), completed("2026-11-15"), by=active)[-1] == (
        "2026-11-15",
        "2027-12-31",
        Lasts.RENEWED,
    )
    newer = rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30)
    ended = required(newer, majors=(MajorVersion(BASIC, 2, on("2026-06-01")),))
    assert told(completed("2026-03-10"), by=ended) == [("2026-03-10", "2026-07-01", Lasts.SUPERSEDED)]
    assert told(completed("2026-03-10"), by=rule(validity=None)) == [("2026-03-10", "None", None)]


def test_what_would_satisfy():
    by = required(
        rule(minimum_evidence=Evidence.ATTESTED, major_versions=MajorVersions.AT_RENEWAL),
        equivalences=(Equivalence(BASIC, 9, days("2026-03-01", "2026-03-31")), Equivalence(9, 8, days("2026-01-01"))),
        majors=(MajorVersion(BASIC, 2, on("2026-06-01")), MajorVersion(BASIC, 3, on("2026-07-01"))),
    )
    person = employed("2026-03-02")
    assert explained(person, by=by, date="2026-03-31").wanted == Wanted((BASIC, 9), Evidence.ATTESTED, None)
    assert explained(person, by=by, date="2026-06-15").wanted == Wanted((BASIC,), Evidence.ATTESTED, None)
    assert explained(person, by=by, date="2026-06-16").wanted == Wanted((BASIC,), Evidence.ATTESTED, 2)
    assert explained(person, by=by, date="2026-08-01").wanted == Wanted((BASIC,), Evidence.ATTESTED, 3)
    ignoring = required(rule(), majors=by.majors)
    assert explained(person, by=ignoring, date="2026-08-01").wanted == Wanted((BASIC,), Evidence.SELF_DECLARED, None)


def test_since_when():
    found = explained(employed("2026-03-02"), by=required(rule(), rule("2026-06-01", id=2)), date="2026-07-01")
    assert found.phase is not None
    assert (found.phase.starts_on, found.state_since) == (on("2026-06-01"), on("2026-04-02"))


def test_until_when():
    person = (employed("2026-03-02"), exempt("2026-05-01", "2026-07-31"))
    found = explained(*person, by=required(rule(), rule("2026-06-01", id=2)), date="2026-05-15")
    assert found.phase is not None
    assert (found.phase.ends_on, found.state_until) == (on("2026-05-31"), on("2026-07-31"))


@pytest.mark.parametrize(
    ("date", "state", "until", "followed_by", "from_day", "due_on"),
    [
        ("2026-03-04", State.TO_DO, "2026-03-04", State.ON_HOLD, "2026-03-05", None),
        ("2026-03-06", State.ON_HOLD, "2026-03-14", State.TO_DO, "2026-03-15", "2026-04-11"),
        ("2026-05-01", State.OVERDUE, "2026-09-30", None, None, None),
    ],
)
def test_what_then(date, state, until, followed_by, from_day, due_on):
    person = (employed("2026-03-02", "2026-09-30"), away("2026-03-05", "2026-03-14"))
    found = explained(*person, by=required(rule(), rule("2026-06-01", id=2)), date=date)
    assert found.phase is not None
    assert (found.phase.state, found.state_until) == (state, on(until))
    after = found.followed_by
    assert (after and (after.state, after.starts_on, after.due_on)) == (
        followed_by and (followed_by, on(from_day), due_on and on(due_on))
    )


# Always


@given(learners(), requirements(), day)
def test_explanations_agree_with_phases(learner, requirement, date):
    found = explain(learner, requirement, date)
    phase = phase_on(phases(learner, requirement), date)
    assert found.phase == phase
    assert (found.applies in (Applies.MATCHES, Applies.BETWEEN)) == (phase is not None)
    if phase is not None:
        assert found.version_id == phase.because.version_id
        assert {line.line_id for line in found.lines if line.since and not line.excludes} <= set(phase.because.line_ids)
        assert found.state_since is not None
        assert found.state_since <= phase.starts_on
        if found.state_until is None:
            assert found.followed_by is None
        else:
            assert state_on(phases(learner, requirement), found.state_until) is phase.state
            assert phase_on(phases(learner, requirement), later(found.state_until, 1)) == found.followed_by
    if found.due_steps:
        results = [step.due_on for step in found.due_steps]
        assert phase.due_on == (None if None in results else max(results))
    elif phase is not None:
        assert phase.due_on is None


@given(learners(), requirements(), day)
def test_a_line_fails_exactly_when_one_of_its_conditions_does(learner, requirement, date):
    for line in explain(learner, requirement, date).lines:
        assert (line.since is not None) == all(checked.met_by for checked in line.conditions)


@given(learners(), requirements(), day)
def test_what_is_wanted_would_satisfy(learner, requirement, date):
    found = explain(learner, requirement, date)
    if found.wanted is None or found.phase.state is State.EXEMPT:
        return
    version = found.wanted.least_major or 1
    done = [completed(str(date), course, version=3, evidence=Evidence.VERIFIED) for course in found.wanted.course_ids]
    oldest = completed(str(date), found.wanted.course_ids[0], version=version, evidence=found.wanted.minimum_evidence)
    for one in (*done, oldest):
        verdicts = explain(_with(learner, one), requirement, date).completions
        assert next(judged for judged in verdicts if judged.completion is one).verdict in (
            Verdict.COUNTS,
            Verdict.TOO_EARLY,
        )


def _with(person, completion):
    return learner(*(fact for name in person.__slots__ for fact in getattr(person, name)), completion)
