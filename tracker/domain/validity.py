"""How long a completion counts, and when it can be renewed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForMonths:
    """Valid for a number of months from the day of completion."""

    months: int
    keeps_early_days: bool = True
    """A renewal within the renewal window is counted from the old end, so that nobody loses days by being early."""


@dataclass(frozen=True, slots=True)
class UntilDayOfYear:
    """Valid until a fixed day of the year that leaves at least `minimum_active_months` after completion."""

    month: int
    day: int
    every_years: int = 1
    in_year: int = 2000
    """Any year in which the day occurs, when it does not occur every year."""
    minimum_active_months: int = 6


Validity = ForMonths | UntilDayOfYear
