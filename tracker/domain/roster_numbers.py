"""Whose an employee number in a roster is: a file may still carry numbers from before, or carry new ones for people we know.

A number that somebody had before leads to them if the name agrees; if it does not, the row is left out, since it may be
about somebody else. A new number for somebody who looks like a person whose number is gone is pointed out. Nobody is taken
for somebody else unless a person says so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from tracker.domain.roster_facts import EmploymentTerms, KnownFact, current
from tracker.domain.roster_rows import Entry, Problem, ProblemKind, Row


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What is said about a person."""

    employee_number: str
    given_name: str
    family_name: str
    email: str | None
    protected: bool

    @property
    def name(self) -> tuple[str, str]:
        """What names are compared by."""
        return (self.given_name.casefold(), self.family_name.casefold())


@dataclass(frozen=True, slots=True)
class EarlierNumber:
    """Whose a number was before: their number now, and all that they are or have been called."""

    number: str
    names: frozenset[tuple[str, str]]


@dataclass
class Resolved:
    """Rows under the numbers that people have now; those that could not be used, and whose facts must then not end."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[Row] = field(default_factory=list)
    held: set[str] = field(default_factory=set)


def resolve(
    rows: Sequence[Row],
    persons: Mapping[str, PersonDetails],
    earlier: Mapping[str, Collection[EarlierNumber]],
    same: Mapping[str, str],
) -> Resolved:
    """Return the rows under people's present numbers.

    `same`: new numbers that somebody has said are people's we know, with those people's numbers until now. A row under
    another number than the present one says nothing new of name and address: those are taken from rows under the present
    one, or from what is known.
    """
    found = Resolved()
    named: dict[str, Row] = {}
    for row in rows:
        named.setdefault(row.employee_number, row)
    for row in rows:
        manager = _present(row.manager, persons, earlier, same)
        if row.employee_number in same:
            found.rows.append(replace(row, employee_number=same[row.employee_number], manager=manager))
            continue
        if row.employee_number in persons or row.employee_number not in earlier:
            found.rows.append(replace(row, manager=manager))
            continue
        owners = [
            one
            for one in earlier[row.employee_number]
            if _name(row) in one.names or _same_as(row, named.get(one.number))
        ]
        if len(owners) != 1:
            found.problems.append(
                Problem(row.number, "employee_number", ProblemKind.EARLIER_NUMBER, (row.employee_number,))
            )
            found.left_out.append(row)
            found.held.update(one.number for one in earlier[row.employee_number])
            continue
        number = owners[0].number
        said = named.get(number)
        given, family = (
            (said.given_name, said.family_name) if said else (persons[number].given_name, persons[number].family_name)
        )
        found.rows.append(
            replace(
                row,
                employee_number=number,
                given_name=given,
                family_name=family,
                email=said.email if said else None,
                manager=manager,
            )
        )
    return found


def _present(
    manager: str | None,
    persons: Mapping[str, PersonDetails],
    earlier: Mapping[str, Collection[EarlierNumber]],
    same: Mapping[str, str],
) -> str | None:
    """Return the present number of a manager who is named by one from before, or by a new one; else what was written."""
    if not manager or manager in persons:
        return manager
    if manager in same:
        return same[manager]
    owners = list(earlier.get(manager, ()))
    return owners[0].number if len(owners) == 1 else manager


def _name(row: Row) -> tuple[str, str]:
    return (row.given_name.casefold(), row.family_name.casefold())


def _same_as(row: Row, said: Row | None) -> bool:
    return said is not None and _name(said) == _name(row)


class Alike(StrEnum):
    """What two people whose names are the same have in common besides."""

    ADDRESS = "address"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class Renumbering:
    """Somebody new in the file looks like somebody whose number is no longer in it."""

    before: PersonDetails
    after: PersonDetails
    alike: Alike


def renumberings(
    new: Iterable[PersonDetails],
    people: Mapping[str, Sequence[Entry]],
    persons: Mapping[str, PersonDetails],
    employments: Iterable[KnownFact],
    today: date,
) -> tuple[Renumbering, ...]:
    """Return who may have got a new number: the same name, and the same address or the same work since the same day.

    Only people who work here until now, and whose number is gone from the file, and only if there is one such person.
    """
    work: defaultdict[str, set[tuple[str, str, date]]] = defaultdict(set)
    for fact in employments:
        if isinstance(fact.terms, EmploymentTerms) and current(fact.days, today):
            terms = fact.terms
            work[terms.employee_number].add((terms.unit, terms.position.title, terms.days.starts_on))
    gone: defaultdict[tuple[str, str], list[PersonDetails]] = defaultdict(list)
    for number in work:
        if number not in people and number in persons:
            gone[persons[number].name].append(persons[number])
    found = []
    for after in new:
        stated = {(one.unit, one.position.title, one.days.starts_on) for one in people[after.employee_number]}
        pairs = [
            Renumbering(before, after, Alike.ADDRESS if _same_address(before, after) else Alike.WORK)
            for before in gone[after.name]
            if _same_address(before, after) or work[before.employee_number] & stated
        ]
        found += pairs if len(pairs) == 1 else []
    taken = [one.before.employee_number for one in found]
    return tuple(one for one in found if taken.count(one.before.employee_number) == 1)


def _same_address(before: PersonDetails, after: PersonDetails) -> bool:
    return before.email is not None and after.email is not None and before.email.casefold() == after.email.casefold()
