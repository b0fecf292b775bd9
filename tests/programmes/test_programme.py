"""What the programme says: added, changed and left out, for those who begin later; and read from files."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting
from tests.programmes.conftest import TODAY
from tracker.audit.models import JournalEntry
from tracker.catalogue.starter import load_starter as load_courses
from tracker.domain.programme import Layer, Owner
from tracker.edge import transaction
from tracker.organisation.models import Position
from tracker.people.models import Person
from tracker.permissions import system
from tracker.programmes.content import ContentError, Written, read, write
from tracker.programmes.models import ProgrammeItem, ProgrammeItemVersion
from tracker.programmes.operations import BegunError, Says, change_item, end_item, load_items
from tracker.programmes.queries import introduction_of, item_by_public_id, written
from tracker.programmes.queries import load_items as loaded
from tracker.programmes.starter import FILE, load_starter
from tracker.requirements.models import Requirement
from tracker.requirements.starter import load_starter as load_requirements

TOMORROW = TODAY + timedelta(days=1)
FORM = {
    "title_sv": "Hämta brickan",
    "title_en": "Fetch the badge",
    "help_sv": "",
    "help_en": "",
    "owner": "manager",
    "when": "after",
    "days": "2",
    "requirement": "",
    "whom": "everyone",
    "unit": "",
    "position": "",
    "effective_from": TOMORROW.isoformat(),
    "seen": "",
}


def sent(client, address, form):
    """Send a form, look at what it would change, and send it again. Returns both answers."""
    shown = client.post(address, data=form)
    assert shown.status_code == 200, shown.text
    seen = re.search(r'name="seen"[^>]*value="([^"]*)"', shown.text).group(1)
    return shown, client.post(address, data=form | {"seen": seen})


def titles(in_kil, cast, name, day=TODAY):
    with in_kil() as session:
        one = introduction_of(session, Person.id == cast.people[name], day)
        return {task.item.code: task.version.titles["sv"] for task in one.tasks}


def test_an_item_is_added_for_those_who_begin_later_after_showing_whom(browser, cast, in_kil, programme):
    david = browser("david")
    shown, added = sent(david, "/programme/items/new", FORM)
    assert "Kalle Kommande" in shown.text
    assert "senast 9 december" in shown.text.lower() or "9 december" in shown.text
    assert "Nora" not in shown.text
    assert added.location == "/programme"
    assert titles(in_kil, cast, "kalle")["hamta-brickan"] == "Hämta brickan"
    assert "hamta-brickan" not in titles(in_kil, cast, "nora")
    assert "Hämta brickan" in david.get("/programme").text
    again = sent(david, "/programme/items/new", FORM)[1]
    assert again.status_code == 302
    assert "hamta-brickan-2" in titles(in_kil, cast, "kalle")


def test_what_was_forgotten_reaches_those_who_have_begun_with_time_to_do_it(browser, cast, in_kil, programme):
    form = FORM | {"when": "first_day", "days": "", "effective_from": "2026-11-01"}
    shown, _added = sent(browser("cecilia"), "/programme/items/new", form)
    assert [name for name in ("Nils", "Nora", "Kalle") if name in shown.text] == ["Nils", "Nora", "Kalle"]
    with in_kil() as session:
        nils = introduction_of(session, Person.id == cast.people["nils"], TODAY)
        (task,) = [task for task in nils.tasks if task.item.code == "hamta-brickan"]
        assert task.due_on == date(2026, 11, 26), "three working days from today"
        assert not task.late


def test_an_item_for_a_unit_or_a_position_is_for_those_alone(browser, cast, in_kil, programme):
    with in_kil() as session:
        other = Position(code="900", title="Kock")
        session.add(other)
        session.flush()
        cook, nurse = other.public_id, session.get_one(Position, cast.position_id).public_id
    cecilia = browser("cecilia")
    for code, extra in {
        "unit-here": {"whom": "unit", "unit": cast.unit_ids["10"]},
        "unit-there": {"whom": "unit", "unit": cast.unit_ids["20"]},
        "nurse": {"whom": "position", "position": nurse},
        "cook": {"whom": "position", "position": cook},
    }.items():
        sent(cecilia, "/programme/items/new", FORM | {"title_sv": code} | extra)
    assert {"unit-here", "nurse"} == titles(in_kil, cast, "kalle").keys() & {"unit-here", "unit-there", "nurse", "cook"}
    shown = cecilia.get("/programme").text
    assert "Vård och omsorg" in shown
    assert "Kock" in shown


def test_a_requirement_is_an_item_too(browser, cast, in_kil, programme):
    with in_kil() as session:
        requirement = session.scalars(select(Requirement.public_id)).one()
    form = FORM | {"owner": "learner", "requirement": requirement, "title_sv": "Läs på"}
    refused = browser("david").post("/programme/items/new", data=form | {"owner": "it"})
    assert refused.status_code == 422
    sent(browser("david"), "/programme/items/new", form)
    with in_kil() as session:
        kalle = introduction_of(session, Person.id == cast.people["kalle"], TODAY)
        (task,) = [task for task in kalle.tasks if task.item.code == "las-pa"]
        assert task.obligation is not None
        assert task.due_on == task.obligation.due_on


@pytest.mark.parametrize(
    "wrong",
    [
        {"title_sv": ""},
        {"title_en": ""},
        {"help_sv": "Bara på svenska"},
        {"owner": ""},
        {"when": ""},
        {"days": ""},
        {"days": "0"},
        {"days": "121"},
        {"when": "before", "days": "61"},
        {"whom": "unit"},
        {"whom": "position"},
        {"unit": "nonsense"},
        {"effective_from": ""},
        {"effective_from": "i morgon"},
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_wrong_is_said(browser, in_kil, programme, wrong):
    before = browser("david").post("/programme/items/new", data=FORM | wrong)
    assert before.status_code == 422
    assert "error-summary" in before.text
    with in_kil() as session:
        assert session.scalar(select(func.count()).select_from(ProgrammeItem)) == 8


def test_a_change_is_for_those_who_begin_later(browser, cast, in_kil, programme):
    david = browser("david")
    address = f"/programme/items/{programme.items['moete']}"
    assert 'value="Ordna moete"' in david.get(address).text
    form = {key: FORM[key] for key in FORM if key not in {"requirement", "whom", "unit", "position"}}
    refused = david.post(address, data=form | {"effective_from": TODAY.isoformat()})
    assert refused.status_code == 422
    assert "Välj en senare dag" in refused.text
    shown, changed = sent(david, address, form)
    assert "Kalle Kommande" in shown.text
    assert changed.status_code == 302
    assert titles(in_kil, cast, "nora")["moete"] == "Ordna moete"
    assert titles(in_kil, cast, "kalle")["moete"] == "Hämta brickan"
    assert "Ändras för dem som börjar 24 november eller senare." in david.get("/programme").text


def test_what_was_ticked_off_in_time_stays_when_the_words_change(browser, cast, in_kil, programme):
    ida = browser("ida")
    ida.post(f"/people/{programme.people['kalle']}/introduction/{programme.items['dator']}/done")
    form = {key: FORM[key] for key in FORM if key not in {"requirement", "whom", "unit", "position"}}
    sent(browser("david"), f"/programme/items/{programme.items['dator']}", form | {"owner": "it"})
    with in_kil() as session:
        kalle = introduction_of(session, Person.id == cast.people["kalle"], TODAY)
        (task,) = [task for task in kalle.tasks if task.item.code == "dator"]
        assert task.version.titles["sv"] == "Hämta brickan"
        assert task.finished


def test_an_item_is_left_out_for_those_who_begin_later(browser, cast, in_kil, programme):
    david = browser("david")
    address = f"/programme/items/{programme.items['moete']}/end"
    assert david.post(address, data={"effective_from": TODAY.isoformat(), "seen": ""}).status_code == 422
    shown, ended = sent(david, address, {"effective_from": TOMORROW.isoformat(), "seen": ""})
    assert "Kalle Kommande" in shown.text
    assert ended.status_code == 302
    assert "moete" in titles(in_kil, cast, "nora")
    assert "moete" not in titles(in_kil, cast, "kalle")
    assert "Borttagen för dem som börjar efter 23 november." in david.get("/programme").text


def test_changing_again_before_the_first_change_takes_effect_leaves_one_version_for_every_day(cast, in_kil, programme):
    says = [Says({"sv": f"Ord {n}", "en": f"Words {n}"}, Owner.MANAGER, 0) for n in range(3)]
    days = [TODAY + timedelta(days=number) for number in (10, 20, 5)]
    with in_kil() as session:
        item = item_by_public_id(session, programme.items["moete"])
        for one, day in zip(says, days, strict=True):
            change_item(session, item=item, says=one, effective_from=day, by=acting(cast), now=NOW, today=TODAY)
        versions = [each for each in loaded(session) if each.item.id == item.id]
        for day in (TODAY, *(TODAY + timedelta(days=number) for number in range(4, 25))):
            assert len([each for each in versions if day in each.rule.days]) == 1, day
        (last,) = [each for each in versions if days[1] in each.rule.days]
        assert last.version.titles["sv"] == "Ord 2"
        with pytest.raises(BegunError):
            end_item(session, item=item, effective_from=TODAY, by=acting(cast), now=NOW, today=TODAY)


def test_every_act_is_in_the_journal(browser, cast, in_kil, programme):
    david, bosse = browser("david"), browser("bosse")
    sent(david, "/programme/items/new", FORM)
    form = {key: FORM[key] for key in FORM if key not in {"requirement", "whom", "unit", "position"}}
    sent(david, f"/programme/items/{programme.items['moete']}", form)
    sent(david, f"/programme/items/{programme.items['samtal']}/end", {"effective_from": TOMORROW.isoformat()})
    address = f"/people/{programme.people['nora']}/introduction/{programme.items['moete']}"
    bosse.post(f"{address}/done")
    bosse.post(f"{address}/undo", data={"why": "Fel"})
    with in_kil() as session:
        entries = session.execute(select(JournalEntry.action, JournalEntry.actor).order_by(JournalEntry.number))
        acts = [action for action, actor in entries if not actor.startswith("system:")]
        assert acts == [
            "programme.item_added",
            "programme.item_changed",
            "programme.item_ended",
            "task.done",
            "task.undone",
        ]


def test_only_hr_and_training_administrators_write_the_programme(browser, programme):
    for name, status in (("david", 200), ("cecilia", 200), ("bosse", 403), ("ida", 403), ("anna", 403), ("mona", 403)):
        for address in ("/programme", "/programme/items/new", f"/programme/items/{programme.items['moete']}"):
            assert browser(name).get(address).status_code == status, (name, address)
    omar = browser("omar")
    assert "moete" not in omar.get("/programme").text
    assert omar.get(f"/programme/items/{programme.items['moete']}").status_code == 404
    assert omar.post(f"/programme/items/{programme.items['moete']}/end", data=FORM).status_code == 404


def test_the_base_is_complete_and_loads_once(cast, in_kil):
    items = read(FILE.read_text("utf-8"))
    assert 12 <= len(items) <= 16
    assert {item.owner for item in items} == set(Owner)
    assert {"it-strategi", "grund-it-praktik", "introduktion"} == {item.requirement for item in items} - {None}
    with in_kil() as session:
        by = acting(cast)
        with pytest.raises(ContentError, match="it-strategi: unknown name='requirement' value='it-strategi'"):
            load_starter(session, by=by, now=NOW, effective_from=TODAY)
        assert session.scalar(select(func.count()).select_from(ProgrammeItem)) == 0
        load_courses(session, by=by, now=NOW, today=date(2020, 1, 1))
        load_requirements(session, by=by, now=NOW, effective_from=date(2020, 1, 1))
        session.flush()
        assert len(load_starter(session, by=by, now=NOW, effective_from=TODAY)) == len(items)
        session.flush()
        assert load_starter(session, by=by, now=NOW, effective_from=TODAY) == []
        layers = set(session.scalars(select(ProgrammeItem.layer)))
        assert layers == {Layer.BASE}
        assert sorted(written(session, TODAY), key=lambda one: one.code) == sorted(items, key=lambda one: one.code)


def test_a_file_says_again_what_was_read(cast, in_kil, programme):
    with in_kil() as session:
        said = written(session, TODAY)
    assert {one.code for one in said} == set(programme.items)
    assert read(write(said)) == said
    odd = [
        Written(
            'citat"tecken\\',
            Owner.HR,
            -60,
            {"sv": "Rad 1\nRad 2\t\x7f", "en": "“Quoted” é"},
            {"sv": "å", "en": "ä"},
            position=('1"', "Kock"),
        )
    ]
    assert read(write(odd)) == odd


def test_a_file_goes_from_one_municipality_to_another(cast, in_kil, database, programme):
    text = write([one for one in _written(in_kil) if one.requirement is None and one.position is None and not one.unit])
    with transaction(database, cast.grums, now=NOW) as session:
        by = system(cast.grums, "test")
        added = load_items(session, read(text), by=by, now=NOW, effective_from=TODAY)
        assert {item.layer for item in added} == {Layer.MUNICIPALITY}
        assert len(added) == 5
    with transaction(database, cast.grums, now=NOW) as session:
        assert session.scalar(select(func.count()).select_from(ProgrammeItemVersion)) == 5


def _written(in_kil):
    with in_kil() as session:
        return written(session, TODAY)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[item]\n", "items.toml: not_toml line=1 column=7"),
        ('[[item]]\ncode = "a"\nowner = "it"\n', "item 1: missing name='offset' example='offset = 10'"),
        (
            '[[item]]\ncode = "a"\noffset = 500\nowner = "it"\ntitle = { sv = "x", en = "x" }\n',
            "item 1: offset first=-60 last=120",
        ),
        (
            '[[item]]\ncode = "a"\noffset = 0\nowner = "chefen"\ntitle = { sv = "x", en = "x" }\n',
            "not_one_of name='owner' value='chefen' known='learner, manager, it, hr'",
        ),
        ('[[item]]\ncode = "a"\noffset = 0\ntitle = { sv = "x", en = "x" }\n', "item 1: owner_or_requirement"),
        ('[[item]]\ncode = "a"\noffset = 0\nowner = "it"\ntitle = { sv = "x" }\n', "item 1: title: missing name='en'"),
        (
            2 * '[[item]]\ncode = "a"\noffset = 0\nowner = "it"\ntitle = { sv = "x", en = "x" }\n',
            "item: twice name='code' value='a'",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text, problem):
    with pytest.raises(ContentError, match=problem):
        read(text)
