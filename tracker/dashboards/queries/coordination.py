"""The municipalities side by side: figures, and none for fewer than five people. The only wide question here."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, select

from tracker.compliance.models import Phase
from tracker.compliance.queries import Figures, phase_on
from tracker.db import WideSession
from tracker.domain.facts import State
from tracker.domain.obligations import AT_FAULT
from tracker.municipalities.models import Municipality
from tracker.organisation.queries import in_force
from tracker.people.models import Employment
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.requirements.queries import published

FEWEST = 5
"""No figure is shown for fewer people than this: it would say something about each of them."""


@dataclass(frozen=True, slots=True)
class Share:
    """How a group stands. With fewer than `FEWEST` people in it, `few` is set and there are no figures."""

    few: bool = False
    people: int | None = None
    completed: float | None = None
    in_order: float | None = None
    # How many of them are behind; None also where these alone are fewer than `FEWEST` (but not none).
    behind: int | None = None


@dataclass(frozen=True, slots=True)
class CommonRequirement:
    """A requirement by the code that the municipalities share, with its title in one of them."""

    code: str
    titles: dict[str, str]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The municipalities, in order; each one's share by its id, and by code and id."""

    municipalities: list[Municipality]
    shares: dict[int, Share]
    requirements: list[CommonRequirement]
    by_requirement: dict[str, dict[int, Share]]


def side_by_side(session: WideSession, day: date) -> SideBySide:
    """Return how the municipalities of the installation stand on a day: figures only, nothing about fewer than five."""
    municipalities = list(session.scalars(select(Municipality).order_by(Municipality.name)))
    states: dict[int, dict[State, int]] = defaultdict(lambda: defaultdict(int))
    by_code: dict[str, dict[int, dict[State, int]]] = defaultdict(lambda: defaultdict(dict))
    counted = (
        select(Phase.municipality_id, Requirement.code, Phase.state, func.count(Phase.person_id))
        .join(Requirement, Requirement.id == Phase.requirement_id)
        .where(phase_on(day), _employed(day))
        .group_by(Phase.municipality_id, Requirement.code, Phase.state)
    )
    for municipality_id, code, state, number in session.execute(counted):
        states[municipality_id][state] += number
        by_code[code][municipality_id][state] = number
    people = _people(session, day)
    return SideBySide(
        municipalities=municipalities,
        shares={one.id: _share(states[one.id], *people.get(one.id, (0, 0))) for one in municipalities},
        requirements=[CommonRequirement(code, titles) for code, titles in _titles(session, day) if code in by_code],
        by_requirement={
            code: {municipality_id: _share(numbers) for municipality_id, numbers in found.items()}
            for code, found in by_code.items()
        },
    )


def _employed(day: date) -> ColumnElement[bool]:
    theirs = (Employment.municipality_id == Phase.municipality_id) & (Employment.person_id == Phase.person_id)
    return select(Employment.id).where(theirs, in_force(Employment, day)).exists()


def _people(session: WideSession, day: date) -> dict[int, tuple[int, int]]:
    """Return for each municipality how many people have requirements on a day, and how many of them are behind."""
    at_fault = case((Phase.state.in_(AT_FAULT), Phase.person_id))
    counted = (
        select(
            Phase.municipality_id,
            func.count(Phase.person_id.distinct()),
            func.count(at_fault.distinct()),
        )
        .where(phase_on(day), _employed(day))
        .group_by(Phase.municipality_id)
    )
    return {municipality_id: (people, behind) for municipality_id, people, behind in session.execute(counted)}


def _titles(session: WideSession, day: date) -> list[tuple[str, dict[str, str]]]:
    """Return the titles of the requirements in effect by a day, by code; the newest version's where several say it."""
    said = (
        select(Requirement.code, RequirementVersion.titles)
        .join(RequirementVersion, RequirementVersion.requirement_id == Requirement.id)
        .where(published(), RequirementVersion.effective_from <= day)
        .order_by(Requirement.code, RequirementVersion.number)
    )
    return list({row.code: row.titles for row in session.execute(said)}.items())


def _share(states: Mapping[State, int], people: int | None = None, behind: int | None = None) -> Share:
    """Return a group's figures, or none if it is too small. One requirement's group has a person once, so is counted."""
    people = sum(states.values()) if people is None else people
    behind = sum(number for state, number in states.items() if state in AT_FAULT) if behind is None else behind
    if people < FEWEST:
        return Share(few=people > 0)
    figures = Figures(dict(states))
    return Share(
        people=people,
        completed=figures.completed,
        in_order=figures.in_order,
        behind=None if 0 < behind < FEWEST else behind,
    )
