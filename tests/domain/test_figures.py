"""The two figures."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.facts import State
from tracker.domain.figures import Figures, figures

EACH_ONCE = dict.fromkeys(State, 1)


def test_exempt_and_on_hold_are_shown_apart():
    assert figures(EACH_ONCE) == Figures(counted=6, completed=2, in_order=4, exempt=1, on_hold=1)
    assert figures(EACH_ONCE).completed_percent == 33
    assert figures(EACH_ONCE).in_order_percent == 66


def test_to_do_is_in_order_but_not_completed():
    found = figures({State.TO_DO: 10})
    assert (found.completed_percent, found.in_order_percent) == (0, 100)


def test_grace_is_in_order_but_not_completed():
    found = figures({State.GRACE: 1, State.LAPSED: 1})
    assert (found.completed_percent, found.in_order_percent) == (0, 50)


def test_a_group_in_which_nobody_is_counted_has_no_figures():
    for numbers in ({}, {State.EXEMPT: 3, State.ON_HOLD: 2}):
        assert (figures(numbers).completed_percent, figures(numbers).in_order_percent) == (None, None)


def test_hundred_percent_is_said_only_when_nobody_is_missing():
    assert figures({State.VALID: 999, State.OVERDUE: 1}).in_order_percent == 99
    assert figures({State.VALID: 1000}).completed_percent == 100


@given(st.dictionaries(st.sampled_from(State), st.integers(0, 1000)))
def test_figures_add_up(numbers):
    found = figures(numbers)
    assert found.counted + found.exempt + found.on_hold == sum(numbers.values())
    assert 0 <= found.completed <= found.in_order <= found.counted
