"""Introductions as they were known on a past day: what was decided, ticked off or taken back since does not show."""

import re
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from tests.factories import acting
from tests.programmes.conftest import BEGINS, TODAY, add, hire
from tracker.db import Known, retract
from tracker.domain.programme import Layer, Owner
from tracker.edge import transaction
from tracker.people.models import Person
from tracker.programmes.models import TaskDone
from tracker.programmes.operations import Audience, Says, add_item, change_item, end_item
from tracker.programmes.queries import introduction_of, item_by_public_id, listed, standing_done

EVERYONE = Audience(Layer.MUNICIPALITY)
TENTH, YESTERDAY = date(2026, 11, 10), TODAY - timedelta(days=1)
FIRST_OF_DECEMBER = date(2026, 12, 1)


def noon(day):
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


@pytest.fixture
def at(database, cast):
    """Open a transaction in Kil at noon of a day."""
    return lambda day: transaction(database, cast.kil, now=noon(day))


def known(on):
    return Known.by_end_of(on, "Europe/Stockholm")


def tasks(session, cast, name, day):
    """What there is to do in somebody's introduction, whose it is, by when, and whether it is done."""
    one = introduction_of(session, Person.id == cast.people[name], day)
    found = one.tasks if one else []
    return {task.item.code: (task.version.titles["sv"], task.owner, task.due_on, task.finished) for task in found}


def as_known(session, cast, name, on, day=None):
    session.known = known(on)
    found = tasks(session, cast, name, day or on)
    session.known = None
    return found


def test_an_item_that_was_ended_since_was_there(at, cast, programme):
    with at(TENTH) as session:
        item = item_by_public_id(session, programme.items["moete"])
        decided = {"by": acting(cast), "now": noon(TENTH), "today": TENTH}
        end_item(session, item=item, effective_from=FIRST_OF_DECEMBER, **decided)
    with at(TODAY) as session:
        assert "moete" not in tasks(session, cast, "kalle", TODAY)
        assert "moete" in tasks(session, cast, "nora", TODAY), "begins before the day"
        assert "moete" in as_known(session, cast, "kalle", TENTH - timedelta(days=1))
        assert "moete" in as_known(session, cast, "kalle", TENTH - timedelta(days=1), day=TODAY)
        assert "moete" not in as_known(session, cast, "kalle", TENTH)


def test_each_decision_about_an_item_is_known_from_its_day_on(at, cast, programme):
    """Changed for December, left out from a day before that after all, then taken in again."""
    days = [TENTH + timedelta(days=number) for number in range(3)]
    says = [Says({"sv": words, "en": words}, Owner.IT, offset) for words, offset in (("Nytt", 2), ("Åter", 3))]
    for day, act in zip(days, ("change", "end", "again"), strict=True):
        with at(day) as session:
            item = item_by_public_id(session, programme.items["moete"])
            decided = {"item": item, "by": acting(cast), "now": noon(day), "today": day}
            if act == "change":
                change_item(session, says=says[0], effective_from=FIRST_OF_DECEMBER, **decided)
            elif act == "end":
                end_item(session, effective_from=date(2026, 11, 28), **decided)
            else:
                change_item(session, says=says[1], effective_from=date(2026, 12, 5), **decided)
    with at(TODAY) as session:
        said = [as_known(session, cast, "kalle", day).get("moete") for day in (TENTH - timedelta(days=1), *days)]
        assert said == [
            ("Ordna moete", Owner.MANAGER, date(2026, 12, 7), False),
            ("Nytt", Owner.IT, date(2026, 12, 9), False),
            None,
            ("Åter", Owner.IT, date(2026, 12, 10), False),
        ]
        (line,) = [one for one in listed(session, TODAY)[Layer.MUNICIPALITY] if one.item.code == "moete"]
        assert (line.last_day, line.next.effective_from) == (date(2026, 11, 27), date(2026, 12, 5))


def test_the_page_shows_what_was_known(browser, at, cast, programme):
    david = browser("david")
    address = f"/people/{programme.people['kalle']}/introduction"
    for day in (YESTERDAY, TENTH):
        david.post(f"/known/{day}", data={"next": "/"}).get_data()
    tick = f"{address}/{programme.items['dator']}/done"
    assert david.post(tick).status_code == 302
    with at(date(2026, 11, 12)) as session:
        item = item_by_public_id(session, programme.items["moete"])
        decided = {"by": acting(cast), "now": noon(date(2026, 11, 12)), "today": date(2026, 11, 12)}
        end_item(session, item=item, effective_from=FIRST_OF_DECEMBER, **decided)

    def shown(query):
        answer = david.get(f"{address}{query}")
        assert answer.status_code == 200
        return answer.text

    assert "Ordna moete" not in shown("")
    assert "Klart 23 november" in shown("")
    assert "Ordna moete" not in shown(f"?known={YESTERDAY}")
    assert "Klart 23 november" not in shown(f"?known={YESTERDAY}&day={TODAY}")
    assert "Ordna moete" in shown(f"?known={TENTH}")
    assert "Ordna moete" in shown(f"?known={TENTH}&day={TODAY}")


def test_nothing_is_ticked_off_in_what_was_known(browser, programme):
    david = browser("david")
    address = f"/people/{programme.people['kalle']}/introduction"
    david.post(f"/known/{YESTERDAY}", data={"next": "/"}).get_data()
    ticking = re.compile(r'action="[^"]*/introduction/[^"]*/done"')
    assert ticking.search(david.get(address).text)
    assert not ticking.search(david.get(f"{address}?known={YESTERDAY}&day={TODAY}").text)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_is_what_was_shown_then(at, cast, seed):
    """Over random histories: day by day, introductions are photographed, and found again when all has happened."""
    chance, day, photographs = Random(seed), date(2026, 10, 1), {}
    with at(day) as session:
        for name in BEGINS:
            hire(session, cast, name)
        for number in range(3):
            add(session, cast, f"sak{number}", Owner.MANAGER, number, EVERYONE)
    while day < YESTERDAY:
        day += timedelta(days=chance.randrange(1, 6))
        with at(day) as session:
            _happens(session, cast, chance, day)
        with at(day) as session:
            photographs[day] = {name: tasks(session, cast, name, day) for name in BEGINS}
    with at(TODAY) as session:
        for on, then in photographs.items():
            assert {name: as_known(session, cast, name, on) for name in BEGINS} == then, on
        assert len({repr(then) for then in photographs.values()}) > 3


def _happens(session, cast, chance, day):
    """An item is added, changed or left out, or a task is ticked off or taken back."""
    decided = {"by": acting(cast), "now": noon(day), "today": day}
    lines = listed(session, day)[Layer.MUNICIPALITY]
    ahead = day + timedelta(days=chance.randrange(1, 30))
    item = chance.choice(lines).item if lines else None
    match chance.randrange(5):
        case 1 if item:
            end_item(session, item=item, effective_from=ahead, **decided)
        case 2 if item:
            says = Says({"sv": f"{day}", "en": f"{day}"}, chance.choice(list(Owner)), chance.randrange(20))
            change_item(session, item=item, says=says, effective_from=ahead, **decided)
        case 3 | 4 if item:
            name = chance.choice(list(BEGINS))
            hired_on = BEGINS[name]
            done = standing_done(session, item.id, cast.people[name], hired_on)
            if done is not None:
                retract([done], now=noon(day), by_id=None, why="fel")
            else:
                marks = {"recorded_at": noon(day), "source": "test", "hired_on": hired_on, "done_on": day}
                session.add(TaskDone(person_id=cast.people[name], item_id=item.id, **marks))
        case _:
            says = Says({"sv": f"Ny {day}", "en": f"New {day}"}, Owner.HR, chance.randrange(20))
            add_item(session, says=says, audience=EVERYONE, effective_from=day, by=acting(cast), now=noon(day))
