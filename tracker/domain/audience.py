"""For whom a requirement is, and for which days."""

from collections.abc import Mapping
from dataclasses import dataclass

from tracker.domain.facts import DutyKind
from tracker.domain.periods import Days

Units = Mapping[int, tuple[Days, ...]]
"""The units of a subtree, each with the days on which it lay there."""


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """A person is in the audience if any line matches; a line matches if all its filled-in fields do.

    No field filled in matches everyone employed. A unit or system narrows the line's duty when that duty is held
    for a unit or system; otherwise the unit is where the person works and the system one that the person uses.
    """

    id: int
    excludes: bool = False
    units: Units | None = None
    position_id: int | None = None
    employment_kind: str | None = None
    duty: DutyKind | None = None
    system_id: int | None = None
    new_hire_days: int | None = None
