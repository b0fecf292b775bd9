"""The two figures of a group: how many have completed, and how many are in order. They are never mixed up."""

from collections.abc import Mapping
from dataclasses import dataclass

from tracker.domain.facts import State
from tracker.domain.obligations import AT_FAULT

NOT_COUNTED = frozenset({State.EXEMPT, State.ON_HOLD})
COMPLETED = frozenset({State.VALID, State.RENEW})


@dataclass(frozen=True, slots=True)
class Figures:
    """How many obligations of a group are counted, completed and in order; and those shown apart."""

    counted: int
    completed: int
    in_order: int
    exempt: int
    on_hold: int

    @property
    def completed_percent(self) -> int | None:
        """Return the share completed in whole percent, or None for a group in which nobody is counted."""
        return _percent(self.completed, self.counted)

    @property
    def in_order_percent(self) -> int | None:
        """Return the share in order in whole percent, or None for a group in which nobody is counted."""
        return _percent(self.in_order, self.counted)


def figures(numbers: Mapping[State, int]) -> Figures:
    """Return the figures of a group, given how many of its obligations are in each state on a day."""
    counted = sum(number for state, number in numbers.items() if state not in NOT_COUNTED)
    return Figures(
        counted,
        completed=sum(numbers.get(state, 0) for state in COMPLETED),
        in_order=counted - sum(numbers.get(state, 0) for state in AT_FAULT),
        exempt=numbers.get(State.EXEMPT, 0),
        on_hold=numbers.get(State.ON_HOLD, 0),
    )


def _percent(part: int, whole: int) -> int | None:
    # Rounded down: 100 % is said only when nobody is missing.
    return None if whole == 0 else part * 100 // whole
