"""Questions to the phase table. Every one is about a day."""

from tracker.compliance.queries.figures import (
    Figures,
    RequirementFigures,
    figures,
    figures_by_requirement,
    figures_by_unit,
)
from tracker.compliance.queries.lists import (
    Behind,
    Standing,
    as_standing,
    people_behind,
    people_coming,
    standing,
    standing_count,
    standing_rows,
    standing_stream,
)
from tracker.compliance.queries.obligations import (
    Obligation,
    PersonRow,
    Timeline,
    employed_on,
    obligations_of,
    phase_on,
    timeline_of,
)
from tracker.compliance.queries.team import (
    Matrix,
    MatrixRow,
    RequirementColumn,
    Workplace,
    team_matrix,
    workplaces,
)

__all__ = [
    "Behind",
    "Figures",
    "Matrix",
    "MatrixRow",
    "Obligation",
    "PersonRow",
    "RequirementColumn",
    "RequirementFigures",
    "Standing",
    "Timeline",
    "Workplace",
    "as_standing",
    "employed_on",
    "figures",
    "figures_by_requirement",
    "figures_by_unit",
    "obligations_of",
    "people_behind",
    "people_coming",
    "phase_on",
    "standing",
    "standing_count",
    "standing_rows",
    "standing_stream",
    "team_matrix",
    "timeline_of",
    "workplaces",
]
