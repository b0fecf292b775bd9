"""The pages of exemptions, extensions and assignments."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import event, func, select

from tests.conftest import NOW
from tests.factories import (
    add_assignment,
    add_course,
    add_exemption,
    add_extension,
    add_person,
    add_request,
    add_requirement,
    sign_in,
)
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State
from tracker.edge import transaction
from tracker.requirements.models import Assignment, ExceptionRequest, Exemption, Extension, Requirement

TODAY = date(2026, 11, 23)
LATER = TODAY + timedelta(days=30)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def requirement(cast, in_kil):
    """Everyone employed was to take a course years ago; nobody has. Its public id."""
    with in_kil() as session:
        version = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=version.course_id, now=NOW)
        return session.scalars(select(Requirement.public_id)).one()


@pytest.fixture
def browser(app, database, cast):
    return lambda name: sign_in(app.test_client(), database, cast, name)


def stands(in_kil, cast, name="anna"):
    with in_kil() as session:
        return [(one.state, one.due_on) for one in obligations_of(session, cast.people[name], TODAY)]


def number_of(in_kil, model):
    with in_kil() as session:
        return session.scalar(select(func.count()).select_from(model))


def seen(answer):
    """What the form says it has shown the consequences of."""
    html = answer.get_data(as_text=True)
    return html.split('name="seen"')[1].split('value="')[1].split('"')[0]


def test_an_extension_is_shown_before_it_is_granted(browser, cast, in_kil, requirement):
    bosse = browser("bosse")
    address = f"/extensions/new?person={cast.person_ids['anna']}&requirement={requirement}"
    assert bosse.get(address).status_code == 200
    form = {"requirement": requirement, "due_on": LATER.isoformat(), "reason": "Mycket just nu", "seen": ""}
    shown = bosse.post(address, data=form)
    assert shown.status_code == 200
    assert "Försenad" in shown.text
    assert number_of(in_kil, Extension) == 0
    granted = bosse.post(address, data=form | {"seen": seen(shown)})
    assert granted.location == f"/people/{cast.person_ids['anna']}"
    assert stands(in_kil, cast) == [(State.TO_DO, LATER)]
    assert "Mycket just nu" in bosse.get(granted.location).text


def test_what_was_changed_since_it_was_shown_is_shown_again(browser, cast, in_kil, requirement):
    bosse = browser("bosse")
    address = f"/extensions/new?person={cast.person_ids['anna']}"
    form = {"requirement": requirement, "due_on": LATER.isoformat(), "reason": "x"}
    shown = seen(bosse.post(address, data=form))
    changed = form | {"due_on": (LATER + timedelta(days=1)).isoformat(), "seen": shown}
    assert bosse.post(address, data=changed).status_code == 200
    assert number_of(in_kil, Extension) == 0


def test_an_exemption_of_past_days_says_how_it_stands_today_and_what_it_excuses(browser, cast, in_kil, requirement):
    form = {"requirement": requirement, "ends_on": "", "reason": "x", "seen": ""}
    form["starts_on"] = (TODAY - timedelta(days=10)).isoformat()
    bosse, cecilia = browser("bosse"), browser("cecilia")
    shown = bosse.post(f"/exemptions/new?person={cast.person_ids['anna']}", data=form).text
    assert "23 november utan det" in shown
    assert "Försenad" in shown
    assert "10 dagar före idag då det var sent, den första 13 november, blir också undantagna." in shown
    several = f"person={cast.person_ids['anna']}&person={cast.person_ids['bosse']}"
    shown = cecilia.post(f"/exemptions/new?{several}", data=form).text
    assert shown.count("10 dagar före idag då det var sent") == 2


def test_several_are_exempted_and_who_cannot_be_is_named(browser, cast, in_kil, requirement):
    with in_kil() as session:
        add_exemption(session, cast.people["david"], "it", starts_on=TODAY, ends_on=None, now=NOW)
    cecilia = browser("cecilia")
    people = "&".join(f"person={cast.person_ids[name]}" for name in ("anna", "bosse", "david", "cecilia"))
    form = {"requirement": requirement, "starts_on": TODAY.isoformat(), "ends_on": "", "reason": "Annan utbildning"}
    shown = cecilia.post(f"/exemptions/new?{people}", data=form)
    assert shown.status_code == 200
    answer = cecilia.post(f"/exemptions/new?{people}", data=form | {"seen": seen(shown)})
    assert answer.status_code == 200
    assert number_of(in_kil, Exemption) == 3
    assert stands(in_kil, cast, "bosse") == [(State.EXEMPT, None)]
    assert stands(in_kil, cast, "cecilia")[0][0] is State.OVERDUE
    again = cecilia.post(f"/exemptions/new?{people}", data=form | {"seen": seen(shown)})
    assert again.status_code == 200
    assert number_of(in_kil, Exemption) == 3


@pytest.mark.parametrize("act", ["exemptions", "assignments"])
def test_a_last_day_before_the_first_stands_on_the_last(browser, cast, in_kil, requirement, act):
    form = {"requirement": requirement, "starts_on": LATER.isoformat(), "ends_on": TODAY.isoformat(), "reason": "x"}
    answer = browser("bosse").post(f"/{act}/new?person={cast.person_ids['anna']}", data=form)
    assert answer.status_code == 422
    assert "Sista dagen ligger före den första." in answer.text.split('id="ends_on-error"')[1][:400]


def test_what_the_rules_refuse_stands_on_the_field(browser, cast, in_kil, requirement):
    bosse = browser("bosse")
    form = {"requirement": requirement, "due_on": (TODAY - timedelta(days=1)).isoformat(), "reason": "x", "seen": ""}
    answer = bosse.post(f"/extensions/new?person={cast.person_ids['anna']}", data=form)
    assert answer.status_code == 422
    assert number_of(in_kil, Extension) == 0


@pytest.mark.parametrize("act", ["extensions", "exemptions", "assignments"])
def test_who_would_decide_about_themself_is_told_before_filling_anything_in(browser, cast, in_kil, requirement, act):
    bosse, address = browser("bosse"), f"/{act}/new?person={cast.person_ids['bosse']}"
    form = {"requirement": requirement, "due_on": LATER.isoformat(), "starts_on": TODAY.isoformat(), "reason": "x"}
    for answer, status in ((bosse.get(address), 200), (bosse.post(address, data=form | {"seen": ""}), 422)):
        assert answer.status_code == status
        assert "Ingen beslutar om sig själv" in answer.text
        assert 'name="reason"' not in answer.text
    assert [number_of(in_kil, kind) for kind in (Extension, Exemption, Assignment)] == [0, 0, 0]


def test_more_time_is_asked_for_after_the_present_due_date(browser, cast, in_kil, requirement):
    with in_kil() as session:
        add_extension(session, cast.people["anna"], "it", granted_on=TODAY, due_on=LATER, now=NOW)
    anna, address = browser("anna"), f"/requirements/{requirement}/ask"
    form = {"kind": "extension", "message": "Hinner inte"}
    for until in (TODAY + timedelta(days=8), LATER):
        refused = anna.post(address, data=form | {"wanted_until": until.isoformat()})
        assert refused.status_code == 422
        assert f"Sista dagen är nu {LATER.day} dec" in refused.text
    assert number_of(in_kil, ExceptionRequest) == 0
    later = LATER + timedelta(days=1)
    assert anna.post(address, data=form | {"wanted_until": later.isoformat()}).status_code == 302


def test_who_is_out_of_reach_does_not_exist(browser, cast, in_kil, requirement):
    """Anna may not decide; Bosse decides about his own team; Omar of Grums about nobody here."""
    with in_kil() as session:
        exemption = add_exemption(session, cast.people["david"], "it", starts_on=TODAY, ends_on=None, now=NOW)
        extension = add_extension(session, cast.people["david"], "it", granted_on=TODAY, due_on=LATER, now=NOW)
        asked = add_request(session, cast.people["david"], "it", now=NOW)
        assignment = add_assignment(session, cast.people["david"], "it", starts_on=TODAY, now=NOW)
    addresses = [
        f"/extensions/new?person={cast.person_ids['david']}",
        f"/exemptions/new?person={cast.person_ids['anna']}&person={cast.person_ids['david']}",
        f"/exemptions/{exemption.public_id}/end",
        f"/extensions/{extension.public_id}/withdraw",
        f"/exceptions/requests/{asked.public_id}",
        f"/assignments/new?person={cast.person_ids['david']}",
        f"/assignments/{assignment.public_id}/end",
    ]
    form = {"requirement": requirement, "due_on": LATER, "starts_on": TODAY, "reason": "x", "why": "x", "granted": "no"}
    for name, status in (("bosse", 404), ("omar", 404), ("anna", 403), ("eva", 403)):
        client = browser(name)
        for address in addresses:
            assert client.get(address).status_code == status, (name, address)
            assert client.post(address, data=form).status_code == status, (name, address)
    assert browser("cecilia").get(addresses[4]).status_code == 200
    assert browser("david").get(addresses[4]).status_code == 404, "nobody answers their own request"


END = {"ends_on": TODAY.isoformat(), "seen": TODAY.isoformat(), "why": "Åter i tjänst"}


def test_an_end_on_another_day_is_shown_before_it_is_one(browser, cast, in_kil, requirement):
    with in_kil() as session:
        until = TODAY + timedelta(days=60)
        exemption = add_exemption(session, cast.people["anna"], "it", starts_on=TODAY, ends_on=until, now=NOW)
    bosse, address = browser("bosse"), f"/exemptions/{exemption.public_id}/end"
    assert "Om det upphör 23 november" in bosse.get(address).text
    chosen = END | {"ends_on": LATER.isoformat()}
    shown = bosse.post(address, data=chosen)
    assert shown.status_code == 200
    assert "Om det upphör 23 december" in shown.text
    assert "24 december som det är nu" in shown.text
    assert "Inget har upphört än" in shown.text
    assert number_of(in_kil, Exemption) == 1
    assert "Om det upphör 23 december" in bosse.get(f"{address}?ends_on={LATER}").text, "as scripts ask for it"
    for not_possible in ("2026-11-22", "2027-03-01", "9999-12-31", "i går", ""):
        assert "Om det upphör 23 november" in bosse.get(f"{address}?ends_on={not_possible}").text
        assert bosse.post(address, data=END | {"ends_on": not_possible}).status_code == 422
    assert bosse.post(address, data=chosen | {"seen": seen(shown)}).status_code == 302
    with in_kil() as session:
        standing = select(Exemption.ends_on).where(Exemption.retracted_at.is_(None))
        assert session.scalars(standing).all() == [LATER]


def test_ending_and_taking_back(browser, cast, in_kil, requirement):
    with in_kil() as session:
        now_on = add_exemption(session, cast.people["anna"], "it", starts_on=TODAY, ends_on=None, now=NOW)
        coming = add_exemption(session, cast.people["bosse"], "it", starts_on=LATER, ends_on=None, now=NOW)
        extension = add_extension(session, cast.people["david"], "it", granted_on=TODAY, due_on=LATER, now=NOW)
    cecilia = browser("cecilia")
    for address, form in (
        (f"/exemptions/{now_on.public_id}/end", END),
        (f"/exemptions/{coming.public_id}/end", {"why": "Behövs inte"}),
        (f"/extensions/{extension.public_id}/withdraw", {"why": "Fel person"}),
    ):
        assert cecilia.get(address).status_code == 200
        assert cecilia.post(address, data={"why": ""}).status_code == 422
        assert cecilia.post(address, data=form).status_code == 302
        assert cecilia.get(address).status_code == 404, "it no longer stands"
    with in_kil() as session:
        standing = session.execute(
            select(Exemption.starts_on, Exemption.ends_on).where(Exemption.retracted_at.is_(None))
        )
        assert [tuple(row) for row in standing] == [(TODAY, TODAY)]
    assert "Åter i tjänst" in cecilia.get(f"/people/{cast.person_ids['anna']}").text


def test_a_learner_asks_and_sees_the_answer(browser, cast, in_kil, requirement):
    anna, bosse = browser("anna"), browser("bosse")
    ask = f"/requirements/{requirement}/ask"
    assert ask in anna.get("/me").text
    form = {"kind": "extension", "wanted_until": "", "message": "Sommaren är full"}
    assert anna.post(ask, data=form).status_code == 422, "more time needs a day"
    assert anna.post(ask, data=form | {"wanted_until": LATER.isoformat()}).status_code == 302
    assert anna.post(ask, data=form | {"wanted_until": LATER.isoformat()}).status_code == 422, "one at a time"
    assert number_of(in_kil, ExceptionRequest) == 1
    for address in ("/team", "/exceptions/requests"):
        assert "Sommaren är full" in bosse.get(address).text
        assert "Sommaren är full" not in browser("omar").get(address).text
    with in_kil() as session:
        address = f"/exceptions/requests/{session.scalars(select(ExceptionRequest.public_id)).one()}"
    assert bosse.get(address).status_code == 200
    assert bosse.post(address, data={"granted": "no", "words": ""}).status_code == 422, "a no says why"
    answer = {"granted": "yes", "until": LATER.isoformat(), "words": "Självklart"}
    assert bosse.post(address, data=answer).location == "/exceptions/requests"
    late = browser("david").post(address, data=answer)
    assert late.status_code == 422, "it is answered"
    assert "10:00, Bosse" in late.text
    assert stands(in_kil, cast) == [(State.TO_DO, LATER)]
    for page in ("/", "/me"):
        assert "Självklart · Bosse" in anna.get(page).text
    assert "Sommaren är full" not in bosse.get("/team").text


def test_the_list_shows_what_is_in_force_coming_and_ended(browser, database, cast, in_kil, requirement):
    with in_kil() as session:
        add_exemption(session, cast.people["anna"], "it", starts_on=TODAY, ends_on=None, now=NOW)
        add_exemption(session, cast.people["david"], "it", starts_on=LATER, ends_on=None, now=NOW)
        add_exemption(session, cast.people["eva"], "it", starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1), now=NOW)
        add_extension(session, cast.people["mona"], "it", granted_on=TODAY, due_on=LATER, now=NOW)
    with transaction(database, cast.grums, now=NOW) as session:
        version = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=version.course_id, now=NOW)
        session.flush()
        add_exemption(session, cast.people["omar"], "it", starts_on=TODAY, ends_on=None, now=NOW)

    def named(name, **query):
        html = browser(name).get("/exceptions", query_string=query).text
        return {family for family in ("Åkesson", "Ek", "Mård", "Omarsson") if f">{family_of[family]} {family}<" in html}

    family_of = {"Åkesson": "Anna", "Ek": "Eva", "Mård": "Mona", "Omarsson": "Omar"}
    assert named("cecilia") == {"Åkesson", "Mård"}
    assert named("cecilia", kind="extension") == {"Mård"}
    assert named("cecilia", when="ended") == {"Ek"}
    assert named("cecilia", q="anna-1") == {"Åkesson"}
    assert named("cecilia", day="2026-01-15") == {"Ek"}
    assert named("bosse") == {"Åkesson"}
    assert named("omar") == {"Omarsson"}
    assert "David Dahl" in browser("cecilia").get("/exceptions?when=coming").text


def test_lists_take_as_many_queries_for_thirty_as_for_one(browser, database, cast, in_kil, requirement):
    def statements(address):
        client, seen_so_far = browser("cecilia"), []
        note = lambda _c, _cursor, statement, *_: seen_so_far.append(statement)  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            assert client.get(address).status_code == 200
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return len(seen_so_far)

    def fill(number):
        with in_kil() as session:
            for count in range(number):
                person = add_person(
                    session,
                    f"P{number}x{count}",
                    "Person",
                    unit_id=cast.units["11"],
                    position_id=cast.position_id,
                    now=NOW,
                )
                add_exemption(session, person.id, "it", starts_on=TODAY, ends_on=None, now=NOW)
                add_request(session, person.id, "it", now=NOW)

    fill(1)
    few = [statements(address) for address in ("/exceptions", "/exceptions/requests")]
    fill(30)
    assert [statements(address) for address in ("/exceptions", "/exceptions/requests")] == few


def test_checking_many_takes_as_many_queries_as_checking_two(browser, database, cast, requirement):
    def statements(names):
        client, counted = browser("cecilia"), []
        note = lambda _c, _cursor, statement, *_: counted.append(statement)  # noqa: E731
        people = "&".join(f"person={cast.person_ids[name]}" for name in names)
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            form = {"requirement": requirement, "due_on": LATER.isoformat(), "reason": "x"}
            assert client.post(f"/extensions/new?{people}", data=form).status_code == 200
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return len(counted)

    assert statements(["anna", "bosse"]) == statements(["anna", "bosse", "david", "eva", "mona", "olle"])


def test_the_person_page_offers_what_may_be_done(browser, cast, requirement):
    anna = f"/people/{cast.person_ids['anna']}"
    assert "/extensions/new?" in browser("bosse").get(anna).text
    assert "/extensions/new?" not in browser("bosse").get(anna + "?day=2026-03-01").text
    assert "/extensions/new?" not in browser("bosse").get("/me").text
    assert 'name="person"' in browser("bosse").get("/team").text


def test_a_question_about_what_no_longer_applies_is_still_shown(browser, cast, in_kil, requirement):
    with in_kil() as session:
        version = add_course(session, "gammal", now=NOW)
        add_requirement(
            session, "gammal", course_id=version.course_id, now=NOW, effective_until=TODAY - timedelta(days=1)
        )
        session.flush()
        add_request(session, cast.people["anna"], "gammal", now=NOW)
    bosse = browser("bosse")
    for address in ("/team", "/exceptions/requests"):
        assert "Krav gammal" in bosse.get(address).text
    with in_kil() as session:
        address = f"/exceptions/requests/{session.scalars(select(ExceptionRequest.public_id)).one()}"
    assert bosse.get(address).status_code == 200
    assert bosse.post(address, data={"granted": "yes", "until": LATER.isoformat()}).status_code == 422
    assert bosse.post(address, data={"granted": "no", "words": "Det gäller inte längre"}).status_code == 302


@pytest.fixture
def optional(cast, in_kil):
    """A requirement for users of the system, whom there are none of. Its public id."""
    with in_kil() as session:
        version = add_course(session, "system", now=NOW)
        add_requirement(session, "system", course_id=version.course_id, now=NOW, lines=({"system_id": cast.system_id},))
        return session.scalars(select(Requirement.public_id)).one()


def test_a_requirement_is_assigned_ended_and_listed(browser, cast, in_kil, optional):
    bosse = browser("bosse")
    address = f"/assignments/new?person={cast.person_ids['anna']}"
    form = {
        "requirement": optional,
        "starts_on": TODAY.isoformat(),
        "ends_on": "",
        "reason": "Vikarie för systemägaren",
    }
    shown = bosse.post(address, data=form)
    assert (shown.status_code, number_of(in_kil, Assignment)) == (200, 0)
    assert "Gäller inte" in shown.text
    done = bosse.post(address, data=form | {"seen": seen(shown)})
    assert done.location == f"/people/{cast.person_ids['anna']}"
    assert stands(in_kil, cast) == [(State.TO_DO, TODAY + timedelta(days=30))]
    person = bosse.get(done.location).text
    assert "Vikarie för systemägaren" in person
    assert "Vikarie för systemägaren" in bosse.get("/exceptions?kind=assignment").text
    assert "Vikarie för systemägaren" not in bosse.get("/exceptions?kind=exemption").text
    end = person.split('href="/assignments/')[-1].split('"')[0]
    assert bosse.get(f"/assignments/{end}").status_code == 200
    ended = bosse.post(f"/assignments/{end}", data=END | {"why": "Klart"})
    assert ended.location == f"/people/{cast.person_ids['anna']}"
    with in_kil() as session:
        assert [one.state for one in obligations_of(session, cast.people["anna"], TODAY)] == [State.TO_DO]
        assert obligations_of(session, cast.people["anna"], TODAY + timedelta(days=1)) == []


def test_nothing_is_assigned_from_a_day_that_has_passed_or_to_oneself(browser, cast, in_kil, optional):
    bosse = browser("bosse")
    form = {"requirement": optional, "starts_on": (TODAY - timedelta(days=1)).isoformat(), "reason": "x", "seen": ""}
    assert bosse.post(f"/assignments/new?person={cast.person_ids['anna']}", data=form).status_code == 422
    own = bosse.post(
        f"/assignments/new?person={cast.person_ids['bosse']}", data=form | {"starts_on": TODAY.isoformat()}
    )
    assert own.status_code == 422
    assert number_of(in_kil, Assignment) == 0
