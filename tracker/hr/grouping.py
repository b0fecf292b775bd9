"""A roster's changes put in groups, each line in words, for somebody to look through before they are made."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from flask_babel import gettext as _

from tracker.domain.periods import Days
from tracker.domain.roster_facts import AwayTerms, ChangeKind, DutyTerms, EmploymentTerms, FactChange, Terms
from tracker.domain.roster_numbers import Alike, PersonDetails
from tracker.domain.roster_rows import Problem
from tracker.domain.roster_units import UnitChange, UnitChangeKind
from tracker.hr import wording
from tracker.hr.operations import Preview
from tracker.i18n import date_range

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One change: whom or what it is about, and what."""

    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one kind: in words how many, and the first of them."""

    words: str
    number: int
    lines: Sequence[Line]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.number - len(self.lines)


def groups(preview: Preview) -> list[Group]:
    """Return the changes of a plan by kind, in the order that a reader wants them. Protected names are not in it."""
    counts = preview.plan.counts
    teller = _Teller(preview)
    return [
        Group(words(counts[name]), counts[name], list(islice(teller.lines(name), SHOWN)))
        for name, words in wording.COUNTS.items()
        if name in counts
    ]


def no_longer_protected(preview: Preview) -> list[str]:
    """Return the employee numbers of those whose identity would stop being protected."""
    return [
        after.employee_number
        for before, after in preview.plan.changed_persons
        if before.protected and not after.protected
    ]


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A new person in the file who looks like somebody whose number is gone: what to tick, and in words why."""

    value: str
    name: str
    before: str
    after: str
    alike: Alike


def lookalikes(preview: Preview) -> list[Lookalike]:
    """Return who may have got a new number. Protected names are not in it."""
    teller = _Teller(preview)
    return [
        Lookalike(
            one.after.employee_number,
            teller.name(one.before.employee_number if one.before.protected else one.after.employee_number),
            one.before.employee_number,
            one.after.employee_number,
            one.alike,
        )
        for one in preview.plan.renumberings
    ]


class _Teller:
    """Tells changes in words, with the names of units and people."""

    def __init__(self, preview: Preview) -> None:
        plan, known = preview.plan, preview.known
        self.plan = plan
        self.units = {key: unit.name for key, unit in known.units.items()} | {
            change.key: change.name for change in plan.units
        }
        self.people = dict(known.persons)
        self.people.update({details.employee_number: details for details in plan.new_persons})
        self.people.update({after.employee_number: after for _before, after in plan.changed_persons})
        self.protected = {number for number, person in known.persons.items() if person.protected}

    def lines(self, name: str) -> Iterator[Line]:
        """Yield the lines of a group."""
        plan = self.plan
        match name.split("_"):
            case ["units", kind]:
                return (self._unit(change) for change in plan.units if change.kind == UnitChangeKind(kind))
            case ["new", "positions"]:
                return (Line(position.title, position.code) for position in plan.new_positions)
            case ["renamed", "positions"]:
                return (
                    Line(after.title, _("before: %(name)s", name=was.title)) for was, after in plan.renamed_positions
                )
            case ["new", "persons"]:
                return (Line(self.name(person.employee_number), person.employee_number) for person in plan.new_persons)
            case ["changed", "persons"]:
                return (self._changed(before, after) for before, after in plan.changed_persons)
            case [what, kind]:
                changes: Iterable[FactChange] = getattr(plan, what)
                return (self._fact(change) for change in changes if change.kind == ChangeKind(kind))
            case _:
                raise AssertionError(name)

    def name(self, number: str) -> str:
        """Return what somebody is called, by number; a protected identity by the number alone."""
        person = self.people[number]
        if person.protected or number in self.protected:
            return f"{_('Protected identity')} ({number})"
        return f"{person.given_name} {person.family_name}"

    def _unit(self, change: UnitChange) -> Line:
        below = self.units[change.parent] if change.parent else None
        place = _("below %(name)s", name=below) if below else _("at the top")
        if change.kind is UnitChangeKind.RENAMED and change.was is not None:
            return Line(change.name, _("before: %(name)s", name=change.was.name))
        if change.kind is UnitChangeKind.MOVED and change.was is not None:
            before = self.units[change.was.parent] if change.was.parent else None
            was = _("below %(name)s", name=before) if before else _("at the top")
            return Line(change.name, f"{was} → {place}")
        return Line(change.name, place)

    def _changed(self, before: PersonDetails, after: PersonDetails) -> Line:
        parts = []
        if before.employee_number != after.employee_number:
            parts.append(f"{before.employee_number} → {after.employee_number}")
        hidden = before.protected or after.protected
        if (before.given_name, before.family_name) != (after.given_name, after.family_name):
            old = f"{before.given_name} {before.family_name}"
            parts.append(_("new name") if hidden else _("before: %(name)s", name=old))
        if before.email != after.email:
            change = f"{before.email or '–'} → {after.email or '–'}"
            parts.append(_("new e-mail address") if hidden else change)
        if before.protected != after.protected:
            parts.append(_("identity becomes protected") if after.protected else _("identity is no longer protected"))
        return Line(self.name(after.employee_number), ", ".join(parts))

    def _fact(self, change: FactChange) -> Line:
        was = change.retract.terms if change.retract is not None and change.adds else None
        place, dates = self._place(change.terms), _span(change.terms.days)
        if was is not None and self._place(was) == place:
            dates = f"{_span(was.days)} → {dates}"
        elif was is not None:
            place = f"{self._place(was)} → {place}"
        return Line(self.name(change.terms.employee_number), f"{place}, {dates}" if place else dates)

    def _place(self, terms: Terms) -> str:
        """Say what somebody works as and where, or manages; of an absence, nothing."""
        match terms:
            case EmploymentTerms():
                extent = "" if terms.percent == 100 else f", {terms.percent:g} %"
                return f"{terms.position.title}, {self.units[terms.unit]}{extent}"
            case DutyTerms():
                return f"{wording.DUTIES[terms.kind]}, {self.units[terms.unit]}"
            case AwayTerms():
                return ""


def _span(days: Days) -> str:
    return date_range(days.starts_on, days.ends_on)


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """The same thing wrong in one or more rows."""

    heading: str
    text: str
    left_out: bool
    rows: list[int]


def problem_groups(problems: Iterable[Problem]) -> list[ProblemGroup]:
    """Return problems in words, the same ones together: first those for which rows are left out, then by row."""
    found: dict[tuple[str, str], ProblemGroup] = {}
    for problem in sorted(problems, key=lambda one: (not one.left_out, one)):
        heading, text = wording.heading(problem.column), wording.problem_text(problem)
        group = found.setdefault((heading, text), ProblemGroup(heading, text, problem.left_out, []))
        group.rows.append(problem.row)
    return list(found.values())
