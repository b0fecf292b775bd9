"""An independent, slow answer to the same question as `phases`: walk through the calendar one day at a time.

It takes the data classes from the domain and none of its logic. Days are numbers here, so that even the arithmetic
differs; NEVER is a day that does not come.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from tracker.domain.facts import Completion, Duty, Employment, Learner, State
from tracker.domain.periods import Days
from tracker.domain.requirement import (
    AudienceLine,
    EarlierCompletions,
    MajorVersions,
    Requirement,
    RequirementVersion,
)
from tracker.domain.validity import ForMonths, UntilDayOfYear, Validity

NEVER = float("inf")
EVIDENCE = ["self_declared", "browser_reported", "read_and_acknowledged", "graded", "attested", "verified"]
FAULTS = (State.OVERDUE, State.LAPSED)


@dataclass
class Answer:
    """How an obligation stands on one day."""

    state: State
    due_on: date | None
    valid_until: date | None
    version_id: int
    line_ids: set[int]
    assignment_ids: set[int]


@dataclass
class Walk:
    """A learner and a requirement, looked at from `start` to `stop`. All facts must begin and end between them."""

    learner: Learner
    requirement: Requirement
    start: date
    stop: date
    answers: dict[date, Answer] = field(default_factory=dict)
    memory: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first, self.last = self.start.toordinal(), self.stop.toordinal()
        self.calendar = range(self.first, self.last + 1)
        self.away = {day for day in self.calendar if any(within(one.days, day) for one in self.learner.absences)}
        self.exempt = {
            day
            for day in self.calendar
            if any(
                within(one.days, day) for one in self.learner.exemptions if one.requirement_id == self.requirement.id
            )
        }
        self.runs = {}  # for each version, for each day in its audience, the day the run of such days began
        for version in self.requirement.versions:
            matching = {day for day in self.calendar if self.in_audience(version, day)}
            self.runs[version.id] = runs_of(bridged(matching))
        asked = {
            day
            for day in self.calendar
            if (version := self.in_charge(day))
            and within(Days(version.effective_from, version.effective_until), day)
            and day in self.runs[version.id]
        }
        self.required = bridged(asked)
        self.walk()

    def in_charge(self, day: int) -> RequirementVersion | None:
        """Return the newest version that has taken effect."""
        for version in reversed(self.requirement.versions):
            if version.effective_from.toordinal() <= day:
                return version
        return None

    def once(self, question: Callable, *about):
        """Return the answer to a question asked before, or ask it."""
        key = (question.__name__, *(getattr(one, "id", one) for one in about))
        if key not in self.memory:
            self.memory[key] = question(*about)
        return self.memory[key]

    # For whom

    def assigned(self, day: int) -> set[int]:
        if not any(within(one.days, day) for one in self.learner.employments):
            return set()
        return {
            one.id
            for one in self.learner.assignments
            if one.requirement_id == self.requirement.id and within(one.days, day)
        }

    def in_audience(self, version: RequirementVersion, day: int) -> bool:
        if self.assigned(day):
            return True
        if any(line.excludes and self.matches(line, day) for line in version.lines):
            return False
        return any(not line.excludes and self.matches(line, day) for line in version.lines)

    def matches(self, line: AudienceLine, day: int) -> bool:
        employments = [one for one in self.learner.employments if within(one.days, day)]
        uses_system = any(one.system_id == line.system_id for one in self.learner.accesses if within(one.days, day))
        work_fields = (line.position_id, line.employment_kind, line.new_hire_days)
        if line.duty is None:
            if line.system_id is not None and not uses_system:
                return False
            asks_for_work = line.units is not None or work_fields != (None, None, None) or line.system_id is None
            return not asks_for_work or any(self.fits(one, line, day, ask_unit=True) for one in employments)

        def suffices(duty: Duty) -> bool:
            if not within(duty.days, day) or duty.kind != line.duty:
                return False
            right_system = duty.system_id == line.system_id or (duty.system_id is None and uses_system)
            if line.system_id is not None and not right_system:
                return False
            duty_has_unit = duty.unit_id is not None
            if line.units is not None and duty_has_unit and not in_unit(line, duty.unit_id, day):
                return False
            ask_unit = line.units is not None and not duty_has_unit
            if not ask_unit and work_fields == (None, None, None):
                return True
            return any(self.fits(one, line, day, ask_unit=ask_unit) for one in employments)

        return any(suffices(duty) for duty in self.learner.duties)

    def fits(self, employment: Employment, line: AudienceLine, day: int, *, ask_unit: bool) -> bool:
        return (
            (not ask_unit or line.units is None or in_unit(line, employment.unit_id, day))
            and (line.position_id is None or employment.position_id == line.position_id)
            and (line.employment_kind is None or employment.kind == line.employment_kind)
            and (line.new_hire_days is None or self.hired_on(day) >= self.starts_on - line.new_hire_days)
        )

    @property
    def starts_on(self) -> int:
        return min(version.effective_from.toordinal() for version in self.requirement.versions)

    def hired_on(self, day: int) -> int:
        return self.once(self.employed_runs)[day]

    def employed_runs(self) -> dict[int, int]:
        return runs_of(
            bridged({day for day in self.calendar if any(within(one.days, day) for one in self.learner.employments)})
        )

    # By when, and until when

    def walk(self) -> None:
        state = None
        for day in self.calendar:
            if day not in self.required:
                continue
            version = self.in_charge(day)
            if day - 1 not in self.required:
                required_from, events, anchor = day, [], day
                anchor = self.anchor(version, day, fallback=day)
            else:
                if version is not self.in_charge(day - 1):
                    anchor = self.anchor(version, day, fallback=anchor)
                    if state not in FAULTS:
                        events.append(day)
                if day - 1 in self.away and day not in self.away:
                    events.append(day)
                if day - 1 in self.exempt and day not in self.exempt:
                    events.append(day)
            due = max(
                self.once(self.first_due, version, required_from, anchor),
                *(event + version.minimum_notice_days for event in events),
                *(
                    one.due_on.toordinal()
                    for one in self.learner.extensions
                    if one.requirement_id == self.requirement.id and one.granted_on.toordinal() <= day
                ),
                0,
            )
            valid_until = self.valid_until(version, day, anchor)
            state = self.state(version, day, due, valid_until)
            if state in (State.EXEMPT, State.ON_HOLD):
                due = NEVER
            elif valid_until is not None:
                due = max(due, valid_until)
            if state is State.EXEMPT:
                valid_until = None
            self.answers[date.fromordinal(day)] = Answer(
                state,
                None if due == NEVER else date.fromordinal(int(due)),
                None if valid_until in (None, NEVER) else date.fromordinal(int(valid_until)),
                version.id,
                {line.id for line in version.lines if not line.excludes and self.matches(line, day)},
                self.assigned(day),
            )

    def anchor(self, version: RequirementVersion, day: int, fallback: int) -> int:
        """Return when the run of the version's audience began that is the first since it is in charge."""
        while day in self.required and self.in_charge(day) is version:
            if day in self.runs[version.id]:
                return self.runs[version.id][day]
            day += 1
        return fallback

    def first_due(self, version: RequirementVersion, required_from: int, anchor: int) -> float:
        asked = version.first_due_on.toordinal() if version.first_due_on else anchor + version.first_due_days
        days_to_work = max(asked, required_from + version.minimum_notice_days) - required_from + 1
        day = required_from
        while True:
            if day > self.last:
                return NEVER if self.last in self.away else day + days_to_work - 1
            if day not in self.away:
                days_to_work -= 1
                if days_to_work == 0:
                    return day
            day += 1

    def valid_until(self, version: RequirementVersion, day: int, anchor: int) -> float | None:
        made = self.once(self.counting, version, anchor)
        return self.once(latest_end, version, tuple(one for one in made if one[0] <= day))

    def counting(self, version: RequirementVersion, anchor: int) -> list[tuple[int, float]]:
        """Return the day of each completion that counts, and the last day on which it can."""
        found = [
            (one.completed_on.toordinal(), self.counts_until(one, version, anchor)) for one in self.learner.completions
        ]
        return sorted((completed_on, until) for completed_on, until in found if until is not None)

    def counts_until(self, completion: Completion, version: RequirementVersion, anchor: int) -> float | None:
        """Return the last day on which a completion can count, or None if it does not count at all."""
        completed_on = completion.completed_on.toordinal()
        if completion.course_id != version.course_id and not any(
            one.course_id == version.course_id
            and one.accepted_course_id == completion.course_id
            and within(one.days, completed_on)
            for one in self.requirement.equivalences
        ):
            return None
        if EVIDENCE.index(completion.evidence.value) < EVIDENCE.index(version.minimum_evidence.value):
            return None
        if version.earlier_completions is EarlierCompletions.FROM_ANCHOR and completed_on < anchor:
            return None
        if (
            version.earlier_completions is EarlierCompletions.FROM_DATE
            and completion.completed_on < version.accepted_from
        ):
            return None
        newer = [
            one.published_on.toordinal()
            for one in self.requirement.majors
            if one.course_id == completion.course_id == version.course_id and one.number > completion.version
        ]
        if not newer or version.major_versions is MajorVersions.IGNORED:
            return NEVER
        if version.major_versions is MajorVersions.AT_RENEWAL:
            return NEVER if completed_on <= min(newer) + version.minimum_notice_days else None
        stops = min(newer) + max(version.major_version_days, version.minimum_notice_days)
        return stops if completed_on <= stops else None

    def state(self, version: RequirementVersion, day: int, due: float, valid_until: float | None) -> State:
        if day in self.exempt:
            return State.EXEMPT
        if valid_until is not None and day <= valid_until:
            return State.RENEW if valid_until - day <= version.renewal_window_days else State.VALID
        if day in self.away:
            return State.ON_HOLD
        if day <= due:
            return State.TO_DO
        if day <= due + version.grace_days or (valid_until is not None and day <= valid_until + version.grace_days):
            return State.GRACE
        return State.OVERDUE if valid_until is None else State.LAPSED


def within(days: Days, day: int) -> bool:
    return days.starts_on.toordinal() <= day and (days.ends_on is None or day <= days.ends_on.toordinal())


def in_unit(line: AudienceLine, unit_id: int, day: int) -> bool:
    return any(within(days, day) for days in line.units.get(unit_id, ()))


def bridged(days: set[int]) -> set[int]:
    """Add the days of every gap that is shorter than 30 days."""
    filled = set(days)
    before = None
    for day in sorted(days):
        if before is not None and day - before - 1 < 30:
            filled.update(range(before, day))
        before = day
    return filled


def runs_of(days: set[int]) -> dict[int, int]:
    """Return for each day the first day of the unbroken run it is in."""
    began: dict[int, int] = {}
    for day in sorted(days):
        began[day] = began.get(day - 1, day)
    return began


# Validity, one end at a time. An end is (last day, day counted from, number of validities counted).


def latest_end(version: RequirementVersion, made: tuple[tuple[int, float], ...]) -> float | None:
    ends: set[tuple[int, float, int, int]] = set()  # with the day it was made
    for completed_on, until in made:
        found = [own_end(version.validity, completed_on)]
        if version.validity is not None and version.validity.keeps_early_days:
            found += [
                following_end(version.validity, *end)
                for made_on, *end in ends
                if made_on < completed_on and end[0] - version.renewal_window_days <= completed_on <= end[0]
            ]
        for last_day, counted_from, times in found:
            if last_day > until:
                ends.add((completed_on, until, int(until) + 1, 0))
            else:
                ends.add((completed_on, last_day, counted_from, times))
    return max((last_day for _, last_day, _, _ in ends), default=None)


def own_end(validity: Validity | None, completed_on: int) -> tuple[float, int, int]:
    if validity is None:
        return NEVER, completed_on, 1
    if isinstance(validity, ForMonths):
        return months_after(completed_on, validity.months) - 1, completed_on, 1
    earliest = months_after(completed_on, validity.minimum_active_months)
    return fixed_day_from(validity, earliest), 0, 0


def following_end(validity: Validity, last_day: float, counted_from: int, times: int) -> tuple[float, int, int]:
    if isinstance(validity, ForMonths):
        return months_after(counted_from, validity.months * (times + 1)) - 1, counted_from, times + 1
    return fixed_day_from(validity, int(last_day) + 1), 0, 0


def fixed_day_from(validity: UntilDayOfYear, day: int) -> int:
    """Return the first fixed day on or after a day, found by looking at every day."""
    while True:
        candidate, tomorrow = date.fromordinal(day), date.fromordinal(day + 1)
        right_year = (candidate.year - validity.in_year) % validity.every_years == 0
        right_day = candidate.month == validity.month and (
            candidate.day == validity.day or (candidate.day < validity.day and tomorrow.month != candidate.month)
        )
        if right_year and right_day:
            return day
        day += 1


def months_after(day: int, months: int) -> int:
    """Return the same day so many months later, stepping back into the month if it has no such day."""
    start = date.fromordinal(day)
    number = start.year * 12 + start.month - 1 + months
    for day_of_month in range(start.day, 0, -1):
        try:
            return date(number // 12, number % 12 + 1, day_of_month).toordinal()
        except ValueError:
            continue
    raise AssertionError
