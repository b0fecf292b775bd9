"""Exemptions, extensions and assignments: what one would change, and which may not be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from tracker.domain.facts import Assignment, Exemption, Extension, Learner
from tracker.domain.obligations import AT_FAULT, Phase, phase_on, phases, stands_on
from tracker.domain.periods import FOREVER, Days, later, overlaps, union
from tracker.domain.requirement import Requirement


class ExceptionKind(StrEnum):
    """The two ways in which a requirement may ask less of somebody."""

    EXEMPTION = "exemption"
    EXTENSION = "extension"


class DecisionKind(StrEnum):
    """What somebody decides about a requirement and one person: the two exceptions, or that it applies."""

    EXEMPTION = ExceptionKind.EXEMPTION.value
    EXTENSION = ExceptionKind.EXTENSION.value
    ASSIGNMENT = "assignment"


class DoesNotApplyError(Exception):
    """The requirement does not apply to the learner on any of the days."""


class NothingDueError(Exception):
    """No due date could be moved: the learner is exempt or away, or what was completed counts without end."""


class NotLaterError(Exception):
    """An extension is to a day after the present due date, and not to one that has passed."""

    def __init__(self, due_on: date) -> None:
        """Keep the present due date."""
        super().__init__(str(due_on))
        self.due_on = due_on


class AlreadyExemptError(Exception):
    """The learner is exempt already on some of the days."""


class AlreadyAssignedError(Exception):
    """The requirement is assigned to the learner already on some of the days."""


class Excused(NamedTuple):
    """How many days that the learner was at fault on before the decision it lifts, and the first of them."""

    days: int
    since: date


class Effect(NamedTuple):
    """What a decision changes: how the obligation stands without and with it on a day, `seen_on`.

    `afterwards`: how it stands on the day after its last. All are None where the requirement does not apply.
    `phases`: how it stands with it on all days.
    """

    before: Phase | None
    after: Phase | None
    afterwards: Phase | None = None
    phases: Sequence[Phase] = ()
    seen_on: date | None = None
    excused: Excused | None = None


def effect(found: Sequence[Phase], changed: Sequence[Phase], day: date, last: date | None = None) -> Effect:
    """Return what changes on a day, and after the last day if there is one, if some phases become others."""
    afterwards = None if last is None else stands_on(changed, later(last, 1))
    return Effect(stands_on(found, day), stands_on(changed, day), afterwards, changed, day)


def extend(learner: Learner, requirement: Requirement, extension: Extension) -> Effect:
    """Return what an extension would change on the day it is granted.

    Raises DoesNotApplyError, NothingDueError, NotLaterError.
    """
    found = phases(learner, requirement)
    before = phase_on(found, extension.granted_on)
    if before is None:
        raise DoesNotApplyError(requirement.id)
    if before.due_on is None:
        raise NothingDueError(requirement.id)
    if extension.due_on <= before.due_on or extension.due_on < extension.granted_on:
        raise NotLaterError(before.due_on)
    extended = replace(learner, extensions=(*learner.extensions, extension))
    return effect(found, phases(extended, requirement), extension.granted_on)


def exempt(learner: Learner, requirement: Requirement, exemption: Exemption, day: date) -> Effect:
    """Return what an exemption would change, decided on a day and seen on it, or on its own first day if that is later.

    Where the requirement comes to apply only after that, it is seen on the first day that it applies.

    Raises DoesNotApplyError, AlreadyExemptError.
    """
    found = phases(learner, requirement)
    asked = exemption.days.span
    met = [phase for phase in found if overlaps([(phase.starts_on, phase.ends_on or FOREVER)], asked)]
    if not met:
        raise DoesNotApplyError(requirement.id)
    if overlaps(union(one.days.span for one in learner.exemptions if one.requirement_id == requirement.id), asked):
        raise AlreadyExemptError(requirement.id)
    exempted = phases(replace(learner, exemptions=(*learner.exemptions, exemption)), requirement)
    decided = max(day, exemption.days.starts_on)
    ahead = [phase.starts_on for phase in met if phase.ends_on is None or phase.ends_on >= decided]
    seen_on = max(decided, min(ahead, default=decided))
    seen = effect(found, exempted, seen_on, exemption.days.ends_on)
    return seen._replace(excused=_excused(met, exemption.days, later(day, -1)))


def _excused(met: Sequence[Phase], days: Days, until: date) -> Excused | None:
    """Return which of the days of an exemption, up to one, the learner was at fault on."""
    until = min(until, days.ends_on or until)
    spans = [
        (max(phase.starts_on, days.starts_on), min(phase.ends_on or until, until))
        for phase in met
        if phase.state in AT_FAULT
    ]
    late = [(first, last) for first, last in spans if first <= last]
    return Excused(sum((last - first).days + 1 for first, last in late), late[0][0]) if late else None


def assign(learner: Learner, requirement: Requirement, assignment: Assignment) -> Effect:
    """Return what an assignment would change, seen on the first of its days on which the requirement then applies.

    Raises DoesNotApplyError if the learner is not employed, or the requirement not in effect, on any of the days;
    AlreadyAssignedError.
    """
    asked = assignment.days.span
    if overlaps(union(one.days.span for one in learner.assignments if one.requirement_id == requirement.id), asked):
        raise AlreadyAssignedError(requirement.id)
    assigned = phases(replace(learner, assignments=(*learner.assignments, assignment)), requirement)
    met = [phase for phase in assigned if overlaps([(phase.starts_on, phase.ends_on or FOREVER)], asked)]
    if not met:
        raise DoesNotApplyError(requirement.id)
    first = max(met[0].starts_on, assignment.days.starts_on)
    return effect(phases(learner, requirement), assigned, first, assignment.days.ends_on)


def end(learner: Learner, requirement: Requirement, fact: Exemption | Assignment, ends_on: date | None) -> Effect:
    """Return what it would change if an exemption or assignment of the learner's ended on a day, or had never been.

    It is seen on the day after that, or else on the first day of the fact.
    """
    starts_on = fact.days.starts_on
    day = starts_on if ends_on is None else later(ends_on, 1)
    left = () if ends_on is None else (replace(fact, days=Days(starts_on, ends_on)),)
    kept: dict[str, Any] = {}
    if isinstance(fact, Exemption):
        kept["exemptions"] = (*(one for one in learner.exemptions if one.id != fact.id), *left)
    else:
        kept["assignments"] = (*(one for one in learner.assignments if one.id != fact.id), *left)
    return effect(phases(learner, requirement), phases(replace(learner, **kept), requirement), day)


def withdraw(learner: Learner, requirement: Requirement, extension: Extension, day: date) -> Effect:
    """Return what it would change on a day if an extension of the learner's had never been."""
    others = tuple(one for one in learner.extensions if one.id != extension.id)
    return effect(phases(learner, requirement), phases(replace(learner, extensions=others), requirement), day)
