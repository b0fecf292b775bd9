"""Hemtjänsten in Kil on Monday 23 November 2026, with some who have just begun or soon will.

Nils began a week ago, Nora begins today, Kalle in two weeks; all in Bosse's unit. Ida is IT manager.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import time_machine

from tests.conftest import NOW
from tests.factories import BEGINNING, acting, add_account, add_course, add_duty, add_person, add_requirement, sign_in
from tracker.domain.facts import DutyKind
from tracker.domain.programme import Layer, Owner
from tracker.programmes.models import ProgrammeItem
from tracker.programmes.operations import Audience, Says, add_item
from tracker.requirements.queries import by_code

TODAY = date(2026, 11, 23)
EARLY = NOW - timedelta(days=60)
BEGINS = {"nils": date(2026, 11, 16), "nora": TODAY, "kalle": date(2026, 12, 7)}

LAST_NAMES = {"nils": "Ny", "nora": "Norén", "kalle": "Kommande"}


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@dataclass
class Programme:
    """Public ids of the items by code, of the new hires by name, and of the requirement."""

    items: dict[str, str]
    people: dict[str, str]
    course: str


@pytest.fixture
def programme(cast, in_kil) -> Programme:
    """A small programme, one item of each owner and layer; and the hires, known for long."""
    with in_kil() as session:
        version = add_course(session, "grund", now=NOW)
        add_requirement(
            session, "grund", course_id=version.course_id, now=NOW, titles={"sv": "Grundkurs", "en": "Basics"}
        )
        for name in BEGINS:
            hire(session, cast, name)
        ida = add_person(session, "Ida", "Itsson", unit_id=cast.units["20"], position_id=cast.position_id, now=NOW)
        cast.people["ida"], cast.person_ids["ida"] = ida.id, ida.public_id
        cast.accounts["ida"] = add_account(session, ida, now=NOW).id
        add_duty(session, ida.id, DutyKind.IT_MANAGER, now=NOW)
        everyone = Audience(Layer.MUNICIPALITY)
        made = {
            code: add(session, cast, code, owner, offset, audience)
            for code, owner, offset, audience in (
                ("dator", Owner.IT, -5, everyone),
                ("avtal", Owner.HR, -3, everyone),
                ("moete", Owner.MANAGER, 0, everyone),
                ("losenord", Owner.LEARNER, 0, everyone),
                ("nycklar", Owner.MANAGER, 1, Audience(Layer.UNIT, unit_id=cast.units["10"])),
                ("bredvid", Owner.LEARNER, 4, Audience(Layer.ROLE, position_id=cast.position_id)),
                ("samtal", Owner.MANAGER, 22, everyone),
            )
        }
        made["grund"] = add(session, cast, "grund", Owner.LEARNER, 20, everyone, by_code(session, "grund").id)
        course = version.course_id
        return Programme(
            {code: item.public_id for code, item in made.items()},
            {name: cast.person_ids[name] for name in BEGINS},
            course,
        )


def hire(session, cast, name) -> int:
    """Let somebody begin in Bosse's unit, known since two months. Returns the id of their account."""
    person = add_person(
        session,
        name.capitalize(),
        LAST_NAMES[name],
        unit_id=cast.units["11"],
        position_id=cast.position_id,
        now=EARLY,
        starts_on=BEGINS[name],
    )
    cast.people[name], cast.person_ids[name] = person.id, person.public_id
    cast.accounts[name] = add_account(session, person, now=NOW).id
    return cast.accounts[name]


def add(session, cast, code, owner, offset, audience, requirement_id=None, effective_from=BEGINNING) -> ProgrammeItem:
    return add_item(
        session,
        says=Says({"sv": f"Ordna {code}", "en": f"See to {code}"}, owner, offset),
        audience=audience,
        effective_from=effective_from,
        by=acting(cast),
        now=EARLY,
        requirement_id=requirement_id,
        code=code,
    )


@pytest.fixture
def browser(app, database, cast):
    return lambda name: sign_in(app.test_client(), database, cast, name)
