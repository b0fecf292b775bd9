"""What a roster changes in what is known of people: employments, absences, and who manages which unit.

The file tells how it is now. What differs from what is known holds from the day of the file, so that a reorganisation
does not rewrite the past; only dates, which the file states itself, are corrected backwards. What the file no longer
mentions ends the day before, unless it had ended anyway, and only if a roster once brought it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tracker.domain import managers
from tracker.domain.facts import DutyKind
from tracker.domain.periods import FOREVER, Days, later, union
from tracker.domain.roster_rows import Entry, PositionName

HEAD_OF_ADMINISTRATION_TITLES = frozenset({"förvaltningschef"})


@dataclass(frozen=True, slots=True)
class EmploymentTerms:
    """Somebody works in a unit, as something, on some days."""

    employee_number: str
    unit: str
    position: PositionName
    kind: str
    percent: float
    days: Days


@dataclass(frozen=True, slots=True)
class AwayTerms:
    """Somebody is away on some days."""

    employee_number: str
    days: Days


@dataclass(frozen=True, slots=True)
class DutyTerms:
    """Somebody manages or heads a unit on some days."""

    employee_number: str
    kind: DutyKind
    unit: str
    days: Days


Terms = EmploymentTerms | AwayTerms | DutyTerms


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact that stands: its id, what it says, and whether a roster brought it."""

    id: int
    terms: Terms
    from_roster: bool

    @property
    def days(self) -> Days:
        """When it is so."""
        return self.terms.days


class ChangeKind(StrEnum):
    """What happens to a fact."""

    ADDED = "added"
    CORRECTED = "corrected"
    CHANGED = "changed"
    ENDED = "ended"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FactChange:
    """A change to what is known of a person: at most one fact is retracted, any number are added."""

    kind: ChangeKind
    retract: KnownFact | None = None
    adds: tuple[Terms, ...] = ()

    @property
    def terms(self) -> Terms:
        """What it is about: as it will be, or as it was when nothing takes its place."""
        if self.adds:
            return self.adds[-1]
        assert self.retract is not None
        return self.retract.terms


def current(days: Days, today: date) -> bool:
    """Say whether a period has not ended: it covers the day, or lies ahead."""
    return days.ends_on is None or days.ends_on >= today


def gone(fact: KnownFact, today: date, *, last: date | None = None) -> FactChange | None:
    """Return what becomes of a fact that the file no longer mentions, or None when it stays as it is.

    It ends the day before the file's, or on `last` if that is earlier; what had not begun by then never was.
    """
    if not fact.from_roster or not current(fact.days, today):
        return None
    ends_on = min(later(today, -1), last or FOREVER)
    if ends_on < fact.days.starts_on:
        return FactChange(ChangeKind.REMOVED, fact)
    return FactChange(ChangeKind.ENDED, fact, (replace(fact.terms, days=Days(fact.days.starts_on, ends_on)),))


def by_number(facts: Iterable[KnownFact]) -> dict[str, list[KnownFact]]:
    """Return facts by whom they are about."""
    found: defaultdict[str, list[KnownFact]] = defaultdict(list)
    for fact in facts:
        found[fact.terms.employee_number].append(fact)
    return dict(found)


def plan_employments(
    people: Mapping[str, list[Entry]], known: Iterable[KnownFact], held: Collection[str], today: date
) -> tuple[FactChange, ...]:
    """Return the changes to employments. Nothing ends for those in `held`, about whom some row could not be used."""
    known_of = by_number(known)
    changes: list[FactChange] = []
    for number in dict.fromkeys([*people, *known_of]):
        stated = [
            EmploymentTerms(number, entry.unit, entry.position, entry.kind, entry.percent, entry.days)
            for entry in people.get(number, ())
        ]
        changes += _Pairing(stated, known_of.get(number, []), today).changes(ending=number not in held)
    return tuple(changes)


class _Pairing:
    """One person's employments: what the file states is paired with what is known, closest first."""

    def __init__(self, stated: list[EmploymentTerms], known: list[KnownFact], today: date) -> None:
        self.stated = stated
        self.known = list(known)
        self.today = today
        self.found: list[FactChange] = []

    def changes(self, *, ending: bool) -> list[FactChange]:
        """Return the changes: pairs that differ, then what is new, then what is gone."""
        same, unchanged = self._same_terms, None
        self._pair(lambda terms, fact: terms == fact.terms, unchanged)
        self._pair(lambda t, f: same(t, f) and t.days.ends_on == f.days.ends_on and self._began(t, f), unchanged)
        self._pair(lambda t, f: same(t, f) and self._began(t, f) and _reaches(t, f), self._with_end)
        self._pair(lambda t, f: self._both_current(t, f) and self._began(t, f) and _reaches(t, f), self._from_today)
        self._pair(lambda t, f: t.days.starts_on == f.days.starts_on, self._restated)
        self._pair(lambda t, f: same(t, f) and t.days.starts_on < f.days.starts_on and _reaches(t, f), self._restated)
        self.found += [FactChange(ChangeKind.ADDED, adds=(terms,)) for terms in self.stated]
        if ending:
            endings = (gone(fact, self.today, last=self._day_before_successor(fact)) for fact in self.known)
            self.found += [change for change in endings if change is not None]
        return self.found

    def _pair(
        self,
        alike: Callable[[EmploymentTerms, KnownFact], bool],
        change: Callable[[EmploymentTerms, KnownFact], FactChange] | None,
    ) -> None:
        for terms in list(self.stated):
            fact = next((fact for fact in self.known if alike(terms, fact)), None)
            if fact is not None:
                self.stated.remove(terms)
                self.known.remove(fact)
                if change is not None:
                    self.found.append(change(terms, fact))

    @staticmethod
    def _same_terms(terms: EmploymentTerms, fact: KnownFact) -> bool:
        return replace(terms, days=fact.days) == fact.terms

    def _began(self, terms: EmploymentTerms, fact: KnownFact) -> bool:
        """Say whether the fact began when the file says, itself or through what it continued without a gap.

        An employment whose unit changed is known as two: until the change, and from it. The file knows one.
        """
        passed = {fact.id}
        ahead = [fact]
        while ahead:
            one = ahead.pop()
            if one.days.starts_on == terms.days.starts_on:
                return True
            before = later(one.days.starts_on, -1)
            earlier = [other for other in self.known if other.days.ends_on == before and other.id not in passed]
            passed.update(other.id for other in earlier)
            ahead += earlier
        return False

    def _both_current(self, terms: EmploymentTerms, fact: KnownFact) -> bool:
        return current(terms.days, self.today) and current(fact.days, self.today)

    @staticmethod
    def _with_end(terms: EmploymentTerms, fact: KnownFact) -> FactChange:
        days = Days(fact.days.starts_on, terms.days.ends_on)
        return FactChange(ChangeKind.CORRECTED, fact, (replace(terms, days=days),))

    @staticmethod
    def _restated(terms: EmploymentTerms, fact: KnownFact) -> FactChange:
        return FactChange(ChangeKind.CORRECTED, fact, (terms,))

    def _from_today(self, terms: EmploymentTerms, fact: KnownFact) -> FactChange:
        if fact.days.starts_on >= self.today:
            return self._with_end(terms, fact)
        until = replace(fact.terms, days=Days(fact.days.starts_on, later(self.today, -1)))
        after = replace(terms, days=Days(self.today, terms.days.ends_on))
        return FactChange(ChangeKind.CHANGED, fact, (until, after))

    def _day_before_successor(self, fact: KnownFact) -> date | None:
        """Return the day before a new employment in the same unit and position begins, which replaces this one."""
        known = fact.terms
        assert isinstance(known, EmploymentTerms)
        starts = [
            terms.days.starts_on
            for terms in self.stated
            if (terms.unit, terms.position) == (known.unit, known.position)
            and terms.days.starts_on > known.days.starts_on
        ]
        return later(min(starts), -1) if starts else None


def _reaches(terms: EmploymentTerms, fact: KnownFact) -> bool:
    """Say whether what the file states does not end before the fact begins."""
    return terms.days.ends_on is None or terms.days.ends_on >= fact.days.starts_on


def plan_absences(
    people: Mapping[str, list[Entry]], known: Iterable[KnownFact], held: Collection[str], today: date
) -> tuple[FactChange, ...]:
    """Return the changes to absences. Leave from one employment counts as being away, whatever other rows say."""
    known_of = by_number(known)
    changes: list[FactChange] = []
    for number in dict.fromkeys([*people, *known_of]):
        left = list(known_of.get(number, ()))
        spans = union(entry.absence.span for entry in people.get(number, ()) if entry.absence is not None)
        stated = [AwayTerms(number, Days(first, None if last == FOREVER else last)) for first, last in spans]
        for terms in list(stated):
            if same := next((fact for fact in left if fact.terms == terms), None):
                stated.remove(terms)
                left.remove(same)
        for terms in stated:
            overlapping = next((fact for fact in left if current(fact.days, today) and _overlap(terms, fact)), None)
            if overlapping:
                left.remove(overlapping)
                changes.append(FactChange(ChangeKind.CORRECTED, overlapping, (terms,)))
            else:
                changes.append(FactChange(ChangeKind.ADDED, adds=(terms,)))
        if number not in held:
            changes += [change for fact in left if (change := gone(fact, today)) is not None]
    return tuple(changes)


def _overlap(terms: AwayTerms, fact: KnownFact) -> bool:
    (first, last), (known_first, known_last) = terms.days.span, fact.days.span
    return first <= known_last and known_first <= last


def plan_duties(
    entries: Sequence[Entry],
    known: Sequence[KnownFact],
    held: Collection[str],
    held_units: Collection[str],
    today: date,
) -> tuple[FactChange, ...]:
    """Return the changes to who manages which unit, and who heads an administration.

    Whoever manages a unit on the day of the file gets the duty: from the start of their employment if nobody is known to
    have had it before, else from that day. It lasts as long as the employment. A duty given by hand is left alone.
    """
    wanted = _duties_wanted(entries, today)
    had_before = {(fact.terms.kind, fact.terms.unit) for fact in known if isinstance(fact.terms, DutyTerms)}
    changes: list[FactChange] = []
    left: dict[tuple[str, DutyKind, str], list[KnownFact]] = defaultdict(list)
    for fact in known:
        assert isinstance(fact.terms, DutyTerms)
        if current(fact.days, today):
            left[fact.terms.employee_number, fact.terms.kind, fact.terms.unit].append(fact)
    for key, days in wanted.items():
        number, kind, unit = key
        holding = left.pop(key, [])
        if not holding:
            starts_on = today if (kind, unit) in had_before else days.starts_on
            changes.append(
                FactChange(ChangeKind.ADDED, adds=(DutyTerms(number, kind, unit, Days(starts_on, days.ends_on)),))
            )
        elif len(holding) == 1 and holding[0].from_roster and holding[0].days.ends_on != days.ends_on:
            starts_on = min(holding[0].days.starts_on, days.ends_on or FOREVER)
            terms = DutyTerms(number, kind, unit, Days(starts_on, days.ends_on))
            changes.append(FactChange(ChangeKind.CORRECTED, holding[0], (terms,)))
    for (number, _kind, unit), facts in left.items():
        if number not in held and unit not in held_units:
            changes += [change for fact in facts if (change := gone(fact, today)) is not None]
    return tuple(changes)


def _duties_wanted(entries: Sequence[Entry], today: date) -> dict[tuple[str, DutyKind, str], Days]:
    """Return who holds which duty today, by (person, duty, unit), for how long their employment says."""
    present = [entry for entry in entries if today in entry.days]
    employed: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in present:
        employed[entry.employee_number].append(entry)
    posts = [managers.Post(entry.employee_number, entry.unit, entry.manager) for entry in present]
    wanted: dict[tuple[str, DutyKind, str], Days] = {}
    for number, unit in sorted(managers.managers(posts)):
        in_unit = [entry for entry in employed[number] if entry.unit == unit]
        wanted[number, DutyKind.UNIT_MANAGER, unit] = _longest(in_unit or employed[number])
        heading = [e for e in in_unit if e.position.title.casefold() in HEAD_OF_ADMINISTRATION_TITLES]
        if heading:
            wanted[number, DutyKind.HEAD_OF_ADMINISTRATION, unit] = _longest(heading)
    return wanted


def _longest(entries: Sequence[Entry]) -> Days:
    ends = [entry.days.ends_on for entry in entries]
    return Days(
        min(entry.days.starts_on for entry in entries),
        None if None in ends else max(end for end in ends if end is not None),
    )
