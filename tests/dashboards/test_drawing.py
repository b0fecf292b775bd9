"""Where phases and curves are drawn."""

from dataclasses import dataclass
from datetime import date

from tracker.dashboards import drawing
from tracker.dashboards.queries.municipality import month_ends


@dataclass
class Stretch:
    starts_on: date
    ends_on: date | None
    state: str = "valid"
    due_on: date | None = None
    valid_until: date | None = None


def test_axis_is_whole_years_at_most_two_back_and_three_ahead():
    day = date(2026, 11, 23)
    assert drawing.axis([], day) == drawing.Axis(date(2026, 1, 1), date(2027, 12, 31))
    old = [Stretch(date(2015, 5, 1), date(2016, 1, 1)), Stretch(date(2016, 1, 2), None)]
    assert drawing.axis(old, day) == drawing.Axis(date(2024, 1, 1), date(2027, 12, 31))
    far = [Stretch(date(2026, 5, 1), date(2031, 5, 1))]
    assert drawing.axis(far, day) == drawing.Axis(date(2026, 1, 1), date(2029, 12, 31))


def test_axis_puts_days_in_per_cent():
    axis = drawing.Axis(date(2025, 1, 1), date(2028, 12, 31))
    assert axis.at(date(2025, 1, 1)) == 0
    assert axis.at(date(2027, 1, 1)) == 49.966
    assert axis.at(date(2030, 1, 1)) == 100
    assert axis.at(date(2020, 1, 1)) == 0
    assert [tick.label for tick in axis.ticks()] == ["2025", "2026", "2027", "2028"]


def test_segments_touch_and_are_cut_at_the_edges():
    axis = drawing.Axis(date(2025, 1, 1), date(2026, 12, 31))
    phases = [
        Stretch(date(2020, 1, 1), date(2021, 1, 1)),
        Stretch(date(2024, 1, 1), date(2025, 12, 31)),
        Stretch(date(2026, 1, 1), None),
        Stretch(date(2027, 1, 1), None),
    ]
    drawn = drawing.segments(axis, phases, lambda phase: f"from {phase.starts_on}")
    assert [(one.x, one.width) for one in drawn] == [(0, 50.0), (50.0, 50.0)]
    assert drawn[0].starts_on == date(2024, 1, 1), "the segment tells its own days"
    assert drawn[1].note == "from 2026-01-01"


def test_curve_breaks_where_a_share_is_unknown():
    lines = drawing.curve([1.0, 0.5, None, 0.25, 0.0])
    assert lines == [drawing.Line(0, 0, 25, 50), drawing.Line(75, 75, 100, 100)]
    assert drawing.curve([0.5]) == []


def test_month_ends():
    assert month_ends(date(2028, 3, 31), 2) == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]
    assert len(month_ends(date(2026, 11, 23), 24)) == 25
