"""For whom a requirement is, and for which days."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from tracker.domain.facts import Assignment, Duty, Employment, Learner
from tracker.domain.periods import Span, difference, intersection, later, union
from tracker.domain.requirement import AudienceLine, Requirement, RequirementVersion, Units

BRIDGED_DAYS = 29
"""Two stretches less than 30 days apart are one."""


@dataclass(slots=True)
class Assigned:
    """The days on which an assignment to a learner is in force and the learner is employed."""

    assignment: Assignment
    spans: list[Span]


@dataclass(slots=True)
class Part:
    """The part of a stretch during which one version of the requirement is in charge."""

    version: RequirementVersion
    first: date
    last: date
    anchor: date
    included: list[tuple[int, list[Span]]]
    """The lines that include, by id, each with the days on which the learner matches it."""
    assigned: list[Assigned]


@dataclass(slots=True)
class Stretch:
    """A run of days on which a requirement applies to a learner, in one part for each version in charge."""

    required_from: date
    last: date
    parts: list[Part]


def stretches(learner: Learner, requirement: Requirement) -> list[Stretch]:
    """Return the runs of days on which a requirement applies to a learner.

    The anchor is the day from which a version's audience matched the learner, even if it was not yet in effect. Days
    between two stretches that are one belong to it, under whatever version is in charge.
    """
    if not requirement.terms:
        return []
    starts_on = requirement.terms[0].first
    assigned = assigned_days(learner, requirement.id)
    audience = []
    required: list[Span] = []
    for term in requirement.terms:
        included, runs = _audience(term.version, learner, starts_on, assigned)
        audience.append((term, included, runs))
        required += intersection(runs, [(term.first, term.asks_until)])
    found = []
    for first, last in union(required, bridging=BRIDGED_DAYS):
        anchor = first
        parts = []
        for term, included, runs in audience:
            if term.first <= last and first <= term.last:
                part_first, part_last = max(first, term.first), min(last, term.last)
                for run_first, run_last in runs:
                    if run_first <= part_last and part_first <= run_last:
                        anchor = run_first
                        break
                parts.append(Part(term.version, part_first, part_last, anchor, included, assigned))
        found.append(Stretch(first, last, parts))
    return found


def _audience(
    version: RequirementVersion, learner: Learner, starts_on: date, assigned: list[Assigned]
) -> tuple[list[tuple[int, list[Span]]], list[Span]]:
    """Return the lines that include, each with the days on which it matches, and the runs of days that come of it.

    They are bridged, and those on which a line includes the learner and none excludes, or it is assigned.
    """
    included: list[tuple[int, list[Span]]] = []
    spans: list[Span] = []
    excluded: list[Span] = []
    for line in version.lines:
        matched = matched_days(line, learner, starts_on)
        if line.excludes:
            excluded += matched
        else:
            included.append((line.id, matched))
            spans += matched
    if excluded:
        spans = difference(union(spans), excluded)
    for one in assigned:
        spans += one.spans
    return included, union(spans, bridging=BRIDGED_DAYS)


def assigned_days(learner: Learner, requirement_id: int) -> list[Assigned]:
    """Return the learner's assignments of a requirement, each with those of its days on which the learner is employed."""
    if not learner.assignments:
        return []
    assignments = {one for one in learner.assignments if one.requirement_id == requirement_id}
    in_order = sorted(assignments, key=lambda one: (one.days.span, one.id or 0))
    return [Assigned(one, intersection([one.days.span], learner.employed)) for one in in_order]


def matched_days(line: AudienceLine, learner: Learner, starts_on: date) -> list[Span]:
    """Return the days on which all filled-in fields of a line match: the overlap of the facts it used.

    `starts_on`: the first day the requirement is in effect, from which new hires are told.
    """
    if line.duty is not None:
        return union(
            span for duty in learner.duties if duty.kind == line.duty for span in _held(duty, line, learner, starts_on)
        )
    if line.system_id is None:
        return _employed(line, line.units, learner, starts_on)
    used = _used(line.system_id, learner)
    return intersection(used, _employed(line, line.units, learner, starts_on)) if _asks_work(line, line.units) else used


def _held(duty: Duty, line: AudienceLine, learner: Learner, starts_on: date) -> list[Span]:
    """Return the days of a duty on which the line's other fields match too."""
    held, units = [duty.days.span], line.units
    if units is not None and duty.unit_id is not None:
        held, units = intersection(held, _lay_in(units, duty.unit_id)), None
    if line.system_id is not None and duty.system_id is None:
        held = intersection(held, _used(line.system_id, learner))
    elif line.system_id is not None and duty.system_id != line.system_id:
        return []
    return intersection(held, _employed(line, units, learner, starts_on)) if _asks_work(line, units) else held


def _asks_work(line: AudienceLine, units: Units | None) -> bool:
    fields = (units, line.position_id, line.employment_kind, line.new_hire_days)
    return any(field is not None for field in fields)


def _employed(line: AudienceLine, units: Units | None, learner: Learner, starts_on: date) -> list[Span]:
    """Return the days on which one employment has the line's unit, position and kind, and is of a new hire."""
    anywhere = units is None and line.position_id is None and line.employment_kind is None
    spans = learner.employed if anywhere else union(_employments(line, units, learner.employments))
    if line.new_hire_days is None:
        return spans
    hired_from = later(starts_on, -line.new_hire_days)
    return intersection(spans, [run for run in employed_runs(learner) if run[0] >= hired_from])


def _employments(line: AudienceLine, units: Units | None, employments: Iterable[Employment]) -> Iterator[Span]:
    for employment in employments:
        if line.position_id is not None and employment.position_id != line.position_id:
            continue
        if line.employment_kind is not None and employment.kind != line.employment_kind:
            continue
        if units is None:
            yield employment.days.span
        else:
            yield from intersection([employment.days.span], _lay_in(units, employment.unit_id))


def employed_runs(learner: Learner) -> list[Span]:
    """Return the learner's employments, whatever they are; changing position or unit is not being hired again."""
    return union(learner.employed, bridging=BRIDGED_DAYS)


def _lay_in(units: Units, unit_id: int) -> list[Span]:
    return [days.span for days in units.get(unit_id, ())]


def _used(system_id: int, learner: Learner) -> list[Span]:
    return union(access.days.span for access in learner.accesses if access.system_id == system_id)
