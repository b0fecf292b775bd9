"""What a learner does next, what is coming, and what is in force."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.compliance.queries import Obligation, Timeline, obligations_of, timeline_of
from tracker.dashboards.queries.person import not_applying
from tracker.dashboards.queries.reasons import Line, line_ids, lines
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.domain.obligations import ASKING
from tracker.learning.queries import HistoryEntry, Progress, history, progress_of
from tracker.people.models import Person
from tracker.requirements.models import Assignment
from tracker.requirements.queries import Listed, NamedDecision, assignments_of, listed


@dataclass(frozen=True, slots=True)
class Step:
    """A course to take, with every obligation that one completion of it serves, the most urgent first.

    `progress` is None while the course has no published version.
    """

    obligations: Sequence[Obligation]
    progress: Progress | None

    @property
    def line_ids(self) -> list[int]:
        """The audience lines that made it asked for."""
        return [line_id for one in self.obligations for line_id in line_ids(one)]

    @property
    def first(self) -> Obligation:
        """The obligation that decides by when."""
        return self.obligations[0]


@dataclass(frozen=True, slots=True)
class Settled:
    """An obligation that asks for nothing now: valid, on hold or exempt. `renewable_from` is ahead, or unknown."""

    obligation: Obligation
    renewable_from: date | None


@dataclass(frozen=True, slots=True)
class Home:
    """A learner's own page. `later` begins to apply after the day; `lines` are the audience lines behind the steps."""

    steps: list[Step]
    settled: list[Settled]
    later: list[Timeline]
    lines: dict[int, Line]
    assigned: dict[int, NamedDecision[Assignment]]
    """By the requirement that was assigned."""
    history: list[HistoryEntry]
    not_applying: list[Listed]
    public_id: str

    @property
    def next_renewal(self) -> Settled | None:
        """What can be renewed next, if anything has an end."""
        ahead = [one for one in self.settled if one.renewable_from is not None]
        return min(ahead, key=lambda one: one.renewable_from or date.max, default=None)


def home(session: BoundSession, person_id: int, day: date) -> Home:
    """Return how a learner stands on a day: steps to take, the most urgent first; what is settled, first to end first."""
    obligations = obligations_of(session, person_id, day)
    by_course: dict[int, list[Obligation]] = defaultdict(list)
    for one in obligations:
        if one.state in ASKING:
            by_course[one.course_id].append(one)
    progress = progress_of(session, person_id, today=day, course_ids=list(by_course))
    timelines = {one.requirement_id: one for one in timeline_of(session, person_id)}
    settled = [_settled(one, timelines[one.requirement_id]) for one in obligations if one.state not in ASKING]
    known = {one.requirement_id for one in obligations}
    matched = {line_id for same in by_course.values() for one in same for line_id in line_ids(one)}
    return Home(
        steps=[Step(same, progress.get(course_id)) for course_id, same in by_course.items()],
        settled=sorted(settled, key=lambda one: (one.obligation.valid_until or date.max, one.obligation.code)),
        later=[one for one in timelines.values() if one.requirement_id not in known and one.phases[-1].starts_on > day],
        lines=lines(session, matched, day),
        assigned={one.fact.requirement_id: one for one in assignments_of(session, person_id, day)},
        history=[entry for entry in history(session, person_id) if entry.completion.completed_on <= day],
        not_applying=not_applying(listed(session, day), obligations, day),
        public_id=session.get_one(Person, person_id).public_id,
    )


def _settled(one: Obligation, timeline: Timeline) -> Settled:
    """Return it with the day its renewal window opens: when what is valid now is first to be renewed."""
    if one.state is not State.VALID:
        return Settled(one, None)
    ahead = (phase for phase in timeline.phases if phase.starts_on > one.starts_on)
    after = next((phase for phase in ahead if phase.state is not State.VALID), None)
    return Settled(one, after.starts_on if after is not None and after.state is State.RENEW else None)
