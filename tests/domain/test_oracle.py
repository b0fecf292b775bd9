"""`phases` agrees with someone who walks through the calendar day by day."""

from hypothesis import given
from tracker.domain.obligations import phases

from tests.domain.histories import FIRST, HORIZON, by_day, learners, requirements
from tests.domain.oracle import Walk


@given(learners(), requirements())
def test_phases_agree_with_the_oracle(learner, requirement):
    answers = Walk(learner, requirement, FIRST, HORIZON).answers
    found = by_day(phases(learner, requirement))
    assert list(found) == list(answers)
    for day, answer in answers.items():
        phase = found[day]
        assert (phase.state, phase.due_on, phase.valid_until, phase.because.version_id) == (
            answer.state,
            answer.due_on,
            answer.valid_until,
            answer.version_id,
        ), day
        assert answer.line_ids <= set(phase.because.line_ids), day
