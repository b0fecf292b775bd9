"""Two years of believable history: who completed what, and when. Everyone is invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tracker.demo.chance import between, share
from tracker.domain.evidence import Evidence
from tracker.municipalities.calendar import working_day_from

# Part of a unit's people who do what is asked in time; some units are behind, as in life.
_DILIGENCE = (0.95, 0.92, 0.9, 0.86, 0.8, 0.72, 0.6)
# Days within which something asked may well be undone; and how much rarer that is for what was asked before.
RECENT = 200
LONG_AGO = 0.03


@dataclass(frozen=True, slots=True)
class Worker:
    """A person of the roster, as far as their history goes."""

    person_id: int
    key: str  # employee number
    unit: str  # code of the unit
    employed: tuple[tuple[date, date | None], ...]  # first and last days of the employments, the earliest first
    hourly: bool

    @property
    def started_on(self) -> date:
        """First day of the earliest employment."""
        return self.employed[0][0]

    @property
    def ended_on(self) -> date | None:
        """Last day of the last employment; None while one has no end."""
        ends = [last for _first, last in self.employed if last is not None]
        return max(ends) if len(ends) == len(self.employed) else None

    def is_employed(self, day: date) -> bool:
        """Say whether the person is employed on a day."""
        return any(first <= day and (last is None or day <= last) for first, last in self.employed)


@dataclass(frozen=True, slots=True)
class Done:
    """A course completed on a day."""

    person_id: int
    course: str  # code
    on: date
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Asked:
    """A course the demo's requirements ask some people for, how soon after they begin, and how often again."""

    course: str
    evidence: Evidence
    within: int  # days
    every_months: int | None = None
    keenness: float = 1.0  # multiplies diligence: documents are read sooner than practice is signed


def completions(workers: list[Worker], asked: Asked, *, begins: date, today: date) -> Iterator[Done]:
    """Yield the completions of a course by those who are asked for it, from the day the requirement began."""
    for worker in workers:
        start = max(worker.started_on, begins)
        if start > today:
            continue
        diligence = _DILIGENCE[between(0, len(_DILIGENCE) - 1, "unit", worker.unit)] * asked.keenness
        if worker.hourly:
            diligence *= 0.9
        due = start
        for turn in range(4):
            # What was asked long ago has mostly been done by now; what is behind is mostly recent.
            forgotten = (1 - diligence) * (1.0 if (today - due).days < RECENT else LONG_AGO)
            if share("does", worker.key, asked.course, turn) < forgotten:
                break  # The person shows up as overdue or lapsed.
            late = share("late", worker.key, asked.course, turn) > 0.93
            on = due + timedelta(days=between(3, asked.within + (40 if late else -3), worker.key, asked.course, turn))
            on = working_day_from(on)
            if on > today or not worker.is_employed(on):
                break
            yield Done(worker.person_id, asked.course, on, asked.evidence)
            if asked.every_months is None:
                break
            due = on + timedelta(days=int(asked.every_months * 30.4) - asked.within - 10)


def recorded_at(done: Done) -> datetime:
    """Return the instant at which a completion was recorded: that day, in office hours."""
    minute = between(0, 8 * 60, "minute", done.person_id, done.course)
    return datetime.combine(done.on, time(8), ZoneInfo("Europe/Stockholm")) + timedelta(minutes=minute)
