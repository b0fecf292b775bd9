"""How it stands in figures, each on a day. `condition` says whose: a condition on `Person`, such as `in_team`.

Two figures are shown and never mixed up: how much is *completed*, and how much is *in order*.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.orm import aliased

from tracker.compliance.models import Phase
from tracker.compliance.queries.obligations import ids_of, phase_on
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.domain.figures import COMPLETED, NOT_COUNTED
from tracker.domain.obligations import AT_FAULT
from tracker.organisation.models import OrgUnit, UnitPlacement
from tracker.organisation.queries import in_force
from tracker.people.models import Employment
from tracker.requirements.models import Requirement, RequirementVersion


@dataclass(frozen=True, slots=True)
class Figures:
    """How many obligations are in which state, and how many people have any, and are behind with any."""

    by_state: dict[State, int]
    people: int = 0
    people_behind: int = 0

    @property
    def counted(self) -> int:
        """How many obligations count: all but those exempt and on hold."""
        return sum(number for state, number in self.by_state.items() if state not in NOT_COUNTED)

    @property
    def behind(self) -> int:
        """How many obligations are overdue or lapsed."""
        return sum(self.by_state.get(state, 0) for state in AT_FAULT)

    @property
    def completed(self) -> float | None:
        """The share of the counted that is valid; None if nothing is counted."""
        return sum(self.by_state.get(state, 0) for state in COMPLETED) / self.counted if self.counted else None

    @property
    def in_order(self) -> float | None:
        """The share of the counted that is neither overdue nor lapsed; None if nothing is counted."""
        return (self.counted - self.behind) / self.counted if self.counted else None


NO_FIGURES = Figures({})

_FIGURES = (
    *(func.sum(case((Phase.state == state, 1), else_=0)) for state in State),
    func.count(distinct(Phase.person_id)),
    func.count(distinct(case((Phase.state.in_(AT_FAULT), Phase.person_id)))),
)


def _figures(columns: Sequence[int | None]) -> Figures:
    *by_state, people, people_behind = columns
    counts = {state: int(number) for state, number in zip(State, by_state, strict=True) if number}
    return Figures(counts, people or 0, people_behind or 0)


def figures(session: BoundSession, condition: ColumnElement[bool], day: date) -> Figures:
    """Return how the obligations of some people stand on a day. One query."""
    statement = select(*_FIGURES).where(phase_on(day), Phase.person_id.in_(ids_of(condition)))
    return _figures(session.execute(statement).one())


def figures_of_requirement(
    session: BoundSession, condition: ColumnElement[bool], day: date, requirement_id: int
) -> Figures:
    """Return how one requirement stands for some people on a day. One query."""
    statement = (
        select(Phase.state, func.count())
        .where(phase_on(day), Phase.requirement_id == requirement_id, Phase.person_id.in_(ids_of(condition)))
        .group_by(Phase.state)
    )
    return _of_one_requirement(dict(session.execute(statement).all()))


def _of_one_requirement(by_state: dict[State, int]) -> Figures:
    """Return the figures of one requirement: each person has one obligation under it."""
    return Figures(by_state, sum(by_state.values()), sum(by_state.get(state, 0) for state in AT_FAULT))


@dataclass(frozen=True, slots=True)
class RequirementFigures:
    """How one requirement stands. The titles are those of the version in charge on the day."""

    id: int
    public_id: str
    code: str
    titles: dict[str, str]
    figures: Figures


def figures_by_requirement(
    session: BoundSession, condition: ColumnElement[bool], day: date
) -> list[RequirementFigures]:
    """Return how each requirement that applies to any of some people stands on a day, by title. Two queries."""
    statement = (
        select(Phase.version_id, Phase.state, func.count())
        .where(phase_on(day), Phase.person_id.in_(ids_of(condition)))
        .group_by(Phase.version_id, Phase.state)
    )
    counted: dict[int, dict[State, int]] = defaultdict(dict)
    for version_id, state, number in session.execute(statement):
        counted[version_id][state] = number
    named = session.execute(
        select(
            RequirementVersion.id, Requirement.id, Requirement.public_id, Requirement.code, RequirementVersion.titles
        )
        .join(Requirement, Requirement.id == RequirementVersion.requirement_id)
        .where(RequirementVersion.id.in_(counted))
    )
    found = [
        RequirementFigures(id_, public_id, code, titles, _of_one_requirement(counted[version_id]))
        for version_id, id_, public_id, code, titles in named
    ]
    return sorted(found, key=lambda one: (one.titles.get("sv", ""), one.code))


def figures_by_unit(
    session: BoundSession, condition: ColumnElement[bool], day: date, roots: Collection[int]
) -> dict[int, Figures]:
    """Return how it stands on a day in each of some units with everything below it. One query.

    A person with several employments counts once in each of the units, so that sums may exceed the whole.
    """
    if not roots:
        return {}
    below = select(OrgUnit.id.label("root_id"), OrgUnit.id.label("unit_id")).where(OrgUnit.id.in_(roots))
    tree = below.cte("subtrees", recursive=True)
    child = aliased(UnitPlacement)
    deeper = select(tree.c.root_id, child.unit_id).join(tree, child.parent_id == tree.c.unit_id)
    tree = tree.union(deeper.where(in_force(child, day)))
    members = (
        select(tree.c.root_id, Employment.person_id)
        .join(tree, Employment.unit_id == tree.c.unit_id)
        .where(in_force(Employment, day), Employment.person_id.in_(ids_of(condition)))
        .distinct()
        .subquery()
    )
    statement = (
        select(members.c.root_id, *_FIGURES)
        .join(members, Phase.person_id == members.c.person_id)
        .where(phase_on(day))
        .group_by(members.c.root_id)
    )
    counted = {root: _figures(numbers) for root, *numbers in session.execute(statement)}
    return {root: counted.get(root, NO_FIGURES) for root in roots}
