"""The heart alone: phases from facts that are already at hand, without a database."""

from datetime import date, timedelta

from benchmarks.bench import Bench
from tracker.domain.evidence import Evidence
from tracker.domain.facts import Absence, Access, Completion, Duty, DutyKind, Employment, Exemption, Extension, Learner
from tracker.domain.obligations import phases
from tracker.domain.periods import Days
from tracker.domain.requirement import AudienceLine, Requirement, RequirementVersion
from tracker.domain.validity import ForMonths

SUBTREE = {unit: (Days(date(2000, 1, 1)),) for unit in range(30)}
TIMES = 200
"""Short, and measured often: the best of them is one that nothing else on the machine disturbed."""


def run(bench: Bench) -> None:
    """Measure one obligation of an ordinary learner, and twenty of one about whom much is known."""
    requirement = _requirement(1, AudienceLine(1, units=SUBTREE))
    ordinary = Learner(
        employments=(
            Employment(Days(date(2019, 3, 1), date(2023, 5, 31)), 1, 1),
            Employment(Days(date(2023, 6, 1)), 2, 1),
        ),
        absences=(Absence(Days(date(2024, 8, 1), date(2024, 9, 1))),),
        completions=(Completion(1, date(2024, 3, 20)), Completion(2, date(2025, 3, 1))),
    )
    bench.measure(
        f"{TIMES:,} × one obligation from 5 facts",
        lambda: [phases(ordinary, requirement) for _ in range(TIMES)],
        times=25,
    )
    well_known = _well_known()
    lines = ({}, {"units": SUBTREE}, {"system_id": 1}, {"duty": DutyKind.UNIT_MANAGER})
    requirements = [_requirement(number, AudienceLine(number, **lines[number % 4])) for number in range(20)]
    bench.measure(
        f"{TIMES:,} × twenty obligations from 30 facts",
        lambda: [phases(well_known, one) for _ in range(TIMES) for one in requirements],
        times=15,
    )


def _requirement(number: int, line: AudienceLine) -> Requirement:
    version = RequirementVersion(
        number, 1 + number % 10, (line,), date(2022, 1, 1), first_due_days=30, validity=ForMonths(12)
    )
    return Requirement(number, (version,))


def _well_known() -> Learner:
    return Learner(
        employments=tuple(Employment(Days(date(2015 + n, 1, 1), date(2015 + n, 12, 31)), n, 1) for n in range(8)),
        duties=(Duty(Days(date(2021, 1, 1)), DutyKind.UNIT_MANAGER, unit_id=1),),
        accesses=tuple(Access(Days(date(2020, 1, 1)), system) for system in range(5)),
        absences=tuple(Absence(Days(date(2018 + n, 7, 1), date(2018 + n, 8, 1))) for n in range(4)),
        completions=tuple(
            Completion(1 + n % 6, date(2019, 3, 1) + timedelta(100 * n), evidence=Evidence.GRADED) for n in range(10)
        ),
        exemptions=(Exemption(1, Days(date(2022, 1, 1), date(2022, 3, 1))),),
        extensions=(Extension(2, date(2022, 2, 1), date(2022, 4, 1)),),
    )
