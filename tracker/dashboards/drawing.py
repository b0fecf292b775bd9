"""Where things stand on an axis of days, in per cent of its width. Plain arithmetic; templates draw."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Protocol


class Stretch(Protocol):
    """Days in one state: a phase."""

    @property
    def state(self) -> Any: ...  # noqa: D102
    @property
    def starts_on(self) -> date: ...  # noqa: D102
    @property
    def ends_on(self) -> date | None: ...  # noqa: D102
    @property
    def due_on(self) -> date | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch as it is drawn. Its own days are whole, even where the drawing is cut at the edge of the axis."""

    state: Any
    x: float
    width: float
    starts_on: date
    ends_on: date | None
    note: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a year."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Return where a day begins, in per cent of the axis; 0 and 100 for what lies outside."""
        share = (day - self.first).days / ((self.last - self.first).days + 1)
        return round(100 * min(1, max(0, share)), 3)

    def ticks(self) -> list[Tick]:
        """Return where the years begin."""
        return [Tick(self.at(date(year, 1, 1)), str(year)) for year in range(self.first.year, self.last.year + 1)]


def axis(phases: Iterable[Stretch], day: date) -> Axis:
    """Return whole years that show what matters on a day: at most two years back, at most three ahead."""
    stretches = list(phases)
    begun = min((one.starts_on for one in stretches), default=day)
    dates = [known for one in stretches for known in (one.starts_on, one.ends_on, one.due_on) if known is not None]
    first = min(day.year, max(begun.year, day.year - 2))
    last = min(day.year + 3, max((known.year for known in dates), default=day.year))
    return Axis(date(first, 1, 1), date(max(last, day.year + 1), 12, 31))


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One obligation's stretches, with the address that its label leads to."""

    label: str
    url: str
    segments: list[Segment]


def segments(axis: Axis, phases: Iterable[Stretch], note: Callable[[Any], str]) -> list[Segment]:
    """Return the phases that the axis shows some day of, each with its note."""
    drawn = []
    for phase in phases:
        last = phase.ends_on or axis.last
        if phase.starts_on > axis.last or last < axis.first:
            continue
        x = axis.at(phase.starts_on)
        end = 100.0 if last >= axis.last else axis.at(last + timedelta(days=1))
        drawn.append(Segment(phase.state, x, round(end - x, 3), phase.starts_on, phase.ends_on, note(phase)))
    return drawn


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of a curve: from one point to the next, x in per cent of the width, y in per cent from the top."""

    x1: float
    y1: float
    x2: float
    y2: float


def curve(shares: Sequence[float | None]) -> list[Line]:
    """Return the pieces of a curve of shares (0 to 1) at even distances; none to or from an unknown share."""
    step = 100 / max(1, len(shares) - 1)
    points = [(round(index * step, 3), share) for index, share in enumerate(shares)]
    return [
        Line(x1, round(100 - 100 * one, 2), x2, round(100 - 100 * other, 2))
        for (x1, one), (x2, other) in pairwise(points)
        if one is not None and other is not None
    ]
