"""What a requirement means for a learner, day by day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.facts import State


class Reason(StrEnum):
    """The rule that gave a phase its date."""

    EXEMPTED = "exempted"
    AWAY = "away"
    COMPLETED = "completed"
    FIRST_DUE = "first_due"
    EXTENDED = "extended"
    RETURNED = "returned"
    EXEMPTION_ENDED = "exemption_ended"
    RULES_CHANGED = "rules_changed"


@dataclass(frozen=True, slots=True)
class Because:
    """Why a phase is as it is, in ids and codes: the rule, the requirement version, the audience lines that matched."""

    reason: Reason
    version_id: int
    line_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of days during which one obligation has one state. No `ends_on` means that no end is known.

    `due_on`: the day by which the course must be completed, or had to be. `valid_until`: the last day of the
    validity the learner has or had; empty when there is none, or when it has no end.
    """

    starts_on: date
    ends_on: date | None
    state: State
    due_on: date | None
    valid_until: date | None
    because: Because
