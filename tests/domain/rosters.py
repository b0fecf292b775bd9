"""Rosters in few words. `after` carries a plan out on what is known, as the database does."""

from dataclasses import replace
from datetime import date, timedelta

from tracker.domain.roster import Known, Plan, plan
from tracker.domain.roster_facts import KnownFact
from tracker.domain.roster_rows import Row
from tracker.domain.roster_units import KnownUnit

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(1)


def row(number: int = 2, **says: str | None) -> Row:
    values: dict[str, str | None] = {
        "employee_number": "1",
        "given_name": "Anna",
        "family_name": "Åkesson",
        "unit_code": "10",
        "unit_name": "Hemtjänsten",
        "parent_code": "",
        "position_title": "Undersköterska",
        "position_code": "207",
        "starts_on": "2020-01-01",
        "ends_on": "",
        "email": "",
        "kind": "Tillsvidare",
        "percent": "100,00",
        "manager": "",
        "absent_from": "",
        "absent_until": "",
        "protected": "N",
    }
    return Row(number=number, **(values | says))


def rows(*says: dict[str, str | None]) -> list[Row]:
    return [row(number, **one) for number, one in enumerate(says, 2)]


def after(known: Known, made: Plan) -> Known:
    """Carry a plan out."""
    fresh = iter(range(1_000_000))
    taken = {fact.id for fact in (*known.employments, *known.absences, *known.duties)}
    ids = (number for number in fresh if number not in taken)
    titles = dict(made.renamed_positions)

    def changed(facts, changes):
        gone = {change.retract.id for change in changes if change.retract}
        kept = [fact for fact in facts if fact.id not in gone]
        added = [KnownFact(next(ids), terms, from_roster=True) for change in changes for terms in change.adds]
        return kept + added

    def titled(fact):
        position = titles.get(fact.terms.position, fact.terms.position)
        return replace(fact, terms=replace(fact.terms, position=position))

    units = dict(known.units)
    for change in made.units:
        units[change.key] = KnownUnit(change.key, change.name, change.parent, 1, change.days)
    persons = dict(known.persons)
    persons.update({details.employee_number: details for details in made.new_persons})
    persons.update({details.employee_number: details for _before, details in made.changed_persons})
    return Known(
        units=units,
        positions=(known.positions - set(titles)) | set(titles.values()) | set(made.new_positions),
        persons=persons,
        employments=changed([titled(fact) for fact in known.employments], made.employments),
        absences=changed(known.absences, made.absences),
        duties=changed(known.duties, made.duties),
    )


def known_from(*says: dict[str, str | None], today: date = TODAY) -> Known:
    return after(Known(), plan(rows(*says), Known(), today=today))


def spans(known: Known) -> list[tuple[str, date, date | None]]:
    return sorted((fact.terms.unit, fact.days.starts_on, fact.days.ends_on) for fact in known.employments)
