"""What an HR file would change: a plan, not an act. `docs/roster.md` tells the rules in full."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from tracker.domain.roster_facts import (
    EmploymentTerms,
    FactChange,
    KnownFact,
    current,
    plan_absences,
    plan_duties,
    plan_employments,
)
from tracker.domain.roster_numbers import EarlierNumber, PersonDetails, Renumbering, renumberings, resolve
from tracker.domain.roster_rows import Entry, PositionName, Problem, Row, by_person, check, says_no
from tracker.domain.roster_units import KnownUnit, StatedUnit, UnitChange, plan_units

# A file that ends or renames more than this share, and more than this many, is probably not what it seems to be.
LARGE_SHARE = 0.2
LARGE_NUMBER = 10

Renaming = tuple[PositionName, PositionName]


PersonChange = tuple[PersonDetails, PersonDetails]


@dataclass
class Known:
    """What is known before the file is read. Units are named by HR's code, or by another key for those without."""

    units: dict[str, KnownUnit] = field(default_factory=dict)
    positions: set[PositionName] = field(default_factory=set)
    persons: dict[str, PersonDetails] = field(default_factory=dict)
    # Numbers that people had before, with whose they were: several people's, if a number was used again.
    earlier: dict[str, list[EarlierNumber]] = field(default_factory=dict)
    employments: list[KnownFact] = field(default_factory=list)
    absences: list[KnownFact] = field(default_factory=list)
    # Unit managers and heads of administration, past ones too.
    duties: list[KnownFact] = field(default_factory=list)


class Guard(StrEnum):
    """Why a plan asks to be confirmed."""

    ENDS_MANY = "ends_many"
    RENAMES_MANY = "renames_many"


@dataclass(frozen=True)
class Plan:
    """What a file would change, in an order that does not depend on chance."""

    units: tuple[UnitChange, ...] = ()
    new_positions: tuple[PositionName, ...] = ()
    renamed_positions: tuple[Renaming, ...] = ()
    new_persons: tuple[PersonDetails, ...] = ()
    changed_persons: tuple[PersonChange, ...] = ()
    employments: tuple[FactChange, ...] = ()
    absences: tuple[FactChange, ...] = ()
    duties: tuple[FactChange, ...] = ()
    # New people who look like somebody whose number is gone, while nobody has said that they are the same.
    renumberings: tuple[Renumbering, ...] = ()
    # People with a current employment until now, who have none according to the file.
    leaving: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    guards: tuple[Guard, ...] = ()
    rows: int = 0
    rows_used: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not self.counts

    @property
    def needs_confirmation(self) -> bool:
        """Whether so much would change that somebody should say that it is meant."""
        return bool(self.guards)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How much would change, by what it is, such as "employments_ended"; only what is not nought."""
        found: Counter[str] = Counter(
            new_positions=len(self.new_positions),
            renamed_positions=len(self.renamed_positions),
            new_persons=len(self.new_persons),
            changed_persons=len(self.changed_persons),
        )
        for what in ("units", "employments", "absences", "duties"):
            found.update(f"{what}_{change.kind.value}" for change in getattr(self, what))
        return {name: number for name, number in found.items() if number}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the plan: the same plan has the same digest."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def plan(rows: Sequence[Row], known: Known, *, today: date, same: Mapping[str, str] | None = None) -> Plan:
    """Return what a roster's rows would change in what is known, counted as of `today`.

    `same` says which new numbers are those of people we know, by their numbers until now: a person has decided that.
    Loading the same file again gives an empty plan. A file without a single usable row changes nothing.
    """
    same = same or {}
    hidden = hidden_rows(rows, known)
    resolved = resolve(rows, known.persons, known.earlier, same)
    rows_left_out = len(rows) - len(resolved.rows)
    rows = resolved.rows
    checked = check(rows, {key: unit.parent for key, unit in known.units.items()})
    for row in resolved.left_out:
        checked.leave_out(row)
    entries = checked.entries
    problems = tuple(
        problem.without_values() if problem.row in hidden else problem
        for problem in sorted([*checked.problems, *resolved.problems])
    )
    if not entries:
        return Plan(problems=problems, rows=len(rows) + rows_left_out)
    held = (
        checked.held_numbers
        | resolved.held
        | {
            number
            for number, person in known.persons.items()
            if (person.given_name.casefold(), person.family_name.casefold()) in checked.held_names
        }
    )
    people = by_person(entries)
    renamed = _renamed_positions(entries, known.positions)
    positions = known.positions - {before for before, _after in renamed} | {after for _before, after in renamed}
    known_employments = [_with_new_title(fact, dict(renamed)) for fact in known.employments]
    renumbered = {before: after for after, before in same.items()}
    new_persons, changed_persons = _persons(people, known.persons, renumbered)
    employments = plan_employments(people, known_employments, held, today)
    return Plan(
        units=plan_units(_stated_units(entries), known.units, today=today),
        new_positions=tuple(
            sorted(
                {entry.position for entry in entries} - positions, key=lambda position: (position.code, position.title)
            )
        ),
        renamed_positions=renamed,
        new_persons=new_persons,
        changed_persons=changed_persons,
        employments=employments,
        absences=plan_absences(people, known.absences, held, today) if _told(rows, "absent_from") else (),
        duties=plan_duties(entries, known.duties, held, checked.held_units, today) if _told(rows, "manager") else (),
        renumberings=renumberings(new_persons, people, known.persons, known_employments, today),
        leaving=_leaving(known_employments, employments, today),
        problems=problems,
        guards=_guards(known, employments, changed_persons, today),
        rows=len(rows) + rows_left_out,
        rows_used=len(entries),
    )


def hidden_rows(rows: Sequence[Row], known: Known) -> set[int]:
    """Return the numbers of rows about people with protected identity, known or according to any row about them."""
    hidden = {number for number, person in known.persons.items() if person.protected}
    hidden |= {number for number, owners in known.earlier.items() if any(one.number in hidden for one in owners)}
    hidden |= {row.employee_number for row in rows if row.protected is not None and not says_no(row.protected)}
    return {row.number for row in rows if row.employee_number in hidden}


def _told(rows: Sequence[Row], column: str) -> bool:
    """Say whether the file has a column at all. One that is missing says nothing, not that all its cells are empty."""
    return bool(rows) and getattr(rows[0], column) is not None


def _stated_units(entries: Iterable[Entry]) -> dict[str, StatedUnit]:
    stated: dict[str, StatedUnit] = {}
    for entry in entries:
        known = stated.get(entry.unit)
        first_day = min(known.first_day, entry.days.starts_on) if known else entry.days.starts_on
        stated[entry.unit] = StatedUnit(entry.unit_name, entry.parent, first_day)
    return stated


def _renamed_positions(entries: Iterable[Entry], known: Iterable[PositionName]) -> tuple[Renaming, ...]:
    """Return titles before and after: a code that stood for one title, and now for one other, has got a new title."""
    stated: defaultdict[str, set[PositionName]] = defaultdict(set)
    before: defaultdict[str, set[PositionName]] = defaultdict(set)
    for entry in entries:
        stated[entry.position.code].add(entry.position)
    for position in known:
        before[position.code].add(position)
    return tuple(
        (next(iter(before[code])), next(iter(positions)))
        for code, positions in sorted(stated.items())
        if len(positions) == 1 and len(before.get(code, ())) == 1 and positions != before[code]
    )


def _with_new_title(fact: KnownFact, renamed: Mapping[PositionName, PositionName]) -> KnownFact:
    terms = fact.terms
    if isinstance(terms, EmploymentTerms) and terms.position in renamed:
        return replace(fact, terms=replace(terms, position=renamed[terms.position]))
    return fact


def _persons(
    people: Mapping[str, list[Entry]], known: Mapping[str, PersonDetails], renumbered: Mapping[str, str]
) -> tuple[tuple[PersonDetails, ...], tuple[PersonChange, ...]]:
    new, changed = [], []
    owners = {entry.email.casefold(): number for number, entries in people.items() for entry in entries if entry.email}
    for number, entries in people.items():
        before = known.get(number)
        details = _details(entries, before)
        if before is None:
            new.append(details)
        else:
            details = _without_address_of_another(details, owners)
            details = replace(details, employee_number=renumbered.get(number, number))
            if details != before:
                changed.append((before, details))
    for number, before in known.items():
        if number not in people and (after := _without_address_of_another(before, owners)) != before:
            changed.append((before, after))
    return tuple(new), tuple(changed)


def _without_address_of_another(person: PersonDetails, owners: Mapping[str, str]) -> PersonDetails:
    """Take away an e-mail address that has passed to somebody else in the file."""
    if person.email and owners.get(person.email.casefold(), person.employee_number) != person.employee_number:
        return replace(person, email=None)
    return person


def _details(entries: Sequence[Entry], before: PersonDetails | None) -> PersonDetails:
    """Put together what a person's rows say: protected if any row says so, the first e-mail address there is."""
    first = entries[0]
    email = next((entry.email for entry in entries if entry.email), None)
    if email is None and before is not None and any(entry.email_unknown for entry in entries):
        email = before.email
    said = [entry.protected for entry in entries if entry.protected is not None]
    protected = any(said) if said else before is not None and before.protected
    return PersonDetails(first.employee_number, first.given_name, first.family_name, email, protected)


def _leaving(known: Iterable[KnownFact], changes: Iterable[FactChange], today: date) -> tuple[str, ...]:
    before = {fact.id: fact.terms.employee_number for fact in known if current(fact.days, today)}
    after = dict(before)
    staying: set[str] = set()
    for change in changes:
        if change.retract is not None:
            after.pop(change.retract.id, None)
        staying.update(terms.employee_number for terms in change.adds if current(terms.days, today))
    return tuple(sorted(set(before.values()) - set(after.values()) - staying))


def _guards(
    known: Known, employments: Iterable[FactChange], changed: Sequence[PersonChange], today: date
) -> tuple[Guard, ...]:
    standing = sum(current(fact.days, today) for fact in known.employments)
    ended = sum(
        change.retract is not None
        and current(change.retract.days, today)
        and not any(current(terms.days, today) for terms in change.adds)
        for change in employments
    )
    renamed = sum(
        (before.given_name, before.family_name) != (after.given_name, after.family_name) for before, after in changed
    )
    return tuple(
        guard
        for guard, number, of in (
            (Guard.ENDS_MANY, ended, standing),
            (Guard.RENAMES_MANY, renamed, len(known.persons)),
        )
        if number > LARGE_NUMBER and number > LARGE_SHARE * of
    )
