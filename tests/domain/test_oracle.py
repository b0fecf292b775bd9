"""`phases` agrees with someone who walks through the calendar day by day."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.histories import FIRST, HORIZON, by_day, crowded_learner, learners, requirements
from tests.domain.oracle import Walk
from tracker.domain.obligations import phases


def assert_agrees(learner, requirement):
    answers = Walk(learner, requirement, FIRST, HORIZON).answers
    found = by_day(phases(learner, requirement))
    assert list(found) == list(answers)
    matching, assigned = defaultdict(set), defaultdict(set)
    for day, answer in answers.items():
        phase = found[day]
        matching[phase] |= answer.line_ids
        assigned[phase] |= answer.assignment_ids
        assert (phase.state, phase.due_on, phase.valid_until, phase.because.version_id) == (
            answer.state,
            answer.due_on,
            answer.valid_until,
            answer.version_id,
        ), day
    for phase, line_ids in matching.items():
        assert set(phase.because.line_ids) == line_ids, phase
        assert set(phase.because.assignment_ids) == assigned[phase], phase


@given(learners(), requirements())
@settings(max_examples=2 * settings.default.max_examples)
def test_phases_agree_with_the_oracle(learner, requirement):
    assert_agrees(learner, requirement)


@given(st.integers(0, 10**6), st.integers(10, 60), requirements())
@settings(max_examples=settings.default.max_examples // 6)
def test_phases_agree_with_the_oracle_on_hundreds_of_facts(seed, number, requirement):
    assert_agrees(crowded_learner(seed, number), requirement)
