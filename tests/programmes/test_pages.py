"""Introductions as each role sees them."""

import re
from datetime import timedelta
from functools import partial

import time_machine

from tests.conftest import NOW
from tests.factories import add_absence, add_duty, add_person
from tests.programmes.conftest import EARLY, TODAY
from tracker.domain.facts import DutyKind


def tick(client, programme, name, code, **form):
    return client.post(f"/people/{programme.people[name]}/introduction/{programme.items[code]}/done", data=form)


def section(text, stage):
    """The part of an introduction's page that is about a stage."""
    match = re.search(rf'id="stage-{stage}".*?</section>', text, re.DOTALL)
    return match.group() if match else ""


def test_a_new_hire_sees_what_is_whose_from_day_one_on(browser, programme):
    nora = browser("nora")
    assert "Din introduktion" in nora.get("/").text
    shown = nora.get("/introduction").text
    assert "Välkommen! I dag är din första dag." in shown
    for stage, codes in {
        "before": ("dator", "avtal"),
        "first_day": ("moete", "losenord"),
        "first_week": ("nycklar", "bredvid"),
        "first_month": ("grund", "samtal"),
        "later": (),
    }.items():
        assert re.findall(r"Ordna (\w+)</p>", section(shown, stage)) == list(codes)
    assert "Bosse Berg" in shown
    assert "Ida Itsson" in shown
    mine = nora.get("/introduction?who=learner").text
    assert re.findall(r'row-title">Ordna (\w+)</p>', mine) == ["losenord", "bredvid", "grund"]


def test_progress_and_the_next_step_follow_what_is_done(browser, programme):
    nora, bosse = browser("nora"), browser("bosse")
    first = nora.get("/introduction").text
    assert "0 av 8" in first
    assert first.index("next-step-title") < first.index("Ordna losenord")
    answer = tick(nora, programme, "nora", "losenord", next="/introduction#x")
    assert (answer.status_code, answer.location) == (302, "/introduction#x")
    tick(bosse, programme, "nora", "moete")
    shown = nora.get("/introduction").text
    assert "2 av 8" in shown
    assert "Klart 23 november, enligt Bosse Berg" in shown
    next_step = re.search(r'id="next-step-title">([^<]+)', shown).group(1)
    assert next_step == "Ordna bredvid"


def test_who_may_tick_what_off(browser, programme):
    """Each the own; a manager and HR for the learner too; HR anything; nobody else's for oneself."""
    for name, code, works in (
        ("nora", "losenord", True),
        ("nora", "moete", False),
        ("nora", "dator", False),
        ("nora", "grund", False),
        ("bosse", "moete", True),
        ("bosse", "bredvid", True),
        ("bosse", "dator", False),
        ("bosse", "avtal", False),
        ("ida", "dator", True),
        ("ida", "samtal", None),
        ("david", "avtal", True),
        ("david", "nycklar", True),
        ("cecilia", "samtal", False),
        ("eva", "samtal", None),
        ("anna", "samtal", None),
        ("omar", "samtal", None),
    ):
        answer = tick(browser(name), programme, "nora", code)
        assert answer.status_code == (404 if works is None else 302), (name, code)
        shown = browser("bosse").get(f"/people/{programme.people['nora']}/introduction").text
        done = f'id="task-{programme.items[code]}"' in shown and "is-done" in re.search(
            rf'class="row-item task([^"]*)" id="task-{programme.items[code]}"', shown
        ).group(1)
        assert done is bool(works), (name, code)


def test_a_manager_who_is_new_does_not_tick_off_what_the_managers_manager_does(browser, cast, in_kil, programme):
    with in_kil() as session:
        add_duty(session, cast.people["nora"], DutyKind.UNIT_MANAGER, unit_id=cast.units["11"], now=NOW)
    nora = browser("nora")
    tick(nora, programme, "nora", "moete")
    assert "0 av 8" in nora.get("/introduction").text


def test_ticking_twice_is_said_and_counts_once(browser, programme):
    bosse = browser("bosse")
    tick(bosse, programme, "nora", "moete")
    tick(bosse, programme, "nora", "moete")
    shown = bosse.get(f"/people/{programme.people['nora']}/introduction").text
    assert "Det var redan klart." in shown
    assert "1 av 8" in shown


def test_what_was_ticked_by_mistake_is_taken_back_with_a_reason(browser, programme):
    bosse = browser("bosse")
    address = f"/people/{programme.people['nora']}/introduction/{programme.items['moete']}/undo"
    assert bosse.get(address).status_code == 404, "nothing to take back"
    tick(bosse, programme, "nora", "moete")
    assert bosse.get(address).status_code == 200
    assert bosse.post(address, data={"why": ""}).status_code == 422
    assert browser("nora").get(address).status_code == 404, "it is the manager's"
    assert (
        bosse.post(address, data={"why": "Fel person"}).location == f"/people/{programme.people['nora']}/introduction"
    )
    assert "0 av 8" in bosse.get(f"/people/{programme.people['nora']}/introduction").text
    assert tick(bosse, programme, "nora", "moete").status_code == 302
    assert "1 av 8" in bosse.get(f"/people/{programme.people['nora']}/introduction").text


def test_a_manager_sees_who_is_to_come_before_they_do(browser, programme):
    shown = browser("bosse").get("/introductions").text
    rows = re.findall(r'scope="row"><a[^>]*>([^<]+)</a>', shown)
    assert rows == ["Kalle Kommande", "Nora Norén", "Nils Ny"]
    assert "Börjar om 14 dagar" in shown
    assert "3 personer introduceras" in shown
    late = browser("bosse").get("/introductions?show=late").text
    assert re.findall(r'scope="row"><a[^>]*>([^<]+)</a>', late) == ["Nora Norén", "Nils Ny"]
    coming = browser("bosse").get("/introductions?show=coming").text
    assert re.findall(r'scope="row"><a[^>]*>([^<]+)</a>', coming) == ["Kalle Kommande"]
    prepared = browser("bosse").get(f"/people/{programme.people['kalle']}/introduction").text
    assert "Börjar 7 december, om 14 dagar." in prepared
    assert f'/people/{programme.people["kalle"]}"' not in prepared, "there is no record to see yet"


def test_who_is_somebody_elses_is_not_seen(browser, programme):
    assert browser("eva").get("/introductions").status_code == 403
    for name in ("anna", "eva", "omar", "ida"):
        assert browser(name).get(f"/people/{programme.people['nora']}/introduction").status_code == 404, name
    shown = browser("omar").get("/introductions").text
    assert "Norén" not in shown
    assert "Ingen ny just nu" in shown
    assert "Norén" not in browser("omar").get("/introduction-tasks").text


def test_it_and_hr_see_their_own_tasks_across_the_municipality(browser, programme):
    ida = browser("ida")
    shown = ida.get("/introduction-tasks").text
    assert re.findall(r"Ordna (\w+): ", shown) == ["dator", "dator", "dator"]
    assert "2 uppgifter är försenade." in shown
    tick(ida, programme, "nils", "dator", next="/introduction-tasks")
    shown = ida.get("/introduction-tasks").text
    assert "1 uppgift är försenad." in shown
    assert "Klart de senaste två veckorna (1)" in shown
    assert ida.get("/introductions").status_code == 403
    david = browser("david").get("/introduction-tasks").text
    assert re.findall(r"Ordna (\w+): ", david) == ["avtal", "avtal", "avtal"]
    assert browser("bosse").get("/introduction-tasks").status_code == 403


def test_a_local_it_coordinator_sees_to_the_own_units_only(browser, cast, in_kil, programme):
    with in_kil() as session:
        add_duty(session, cast.people["eva"], DutyKind.LOCAL_IT_COORDINATOR, unit_id=cast.units["10"], now=NOW)
        add_duty(session, cast.people["kim"], DutyKind.LOCAL_IT_COORDINATOR, unit_id=cast.units["20"], now=NOW)
    assert "Ordna dator" in browser("eva").get("/introduction-tasks").text
    assert "Ordna dator" not in browser("kim").get("/introduction-tasks").text
    assert tick(browser("kim"), programme, "nora", "dator").status_code == 404
    assert "Eva Ek" in browser("nora").get("/introduction").text
    assert "Ida Itsson" not in browser("nora").get("/introduction").text, "the nearest is asked"


def test_a_protected_identity_is_shown_by_number(browser, cast, in_kil, programme):
    with in_kil() as session:
        add_person(
            session,
            "Hemlig",
            "Hemlin",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=EARLY,
            starts_on=TODAY,
            protected_identity=True,
            employee_number="4711",
        )
    for name, address in (
        ("bosse", "/introductions"),
        ("ida", "/introduction-tasks"),
        ("david", "/introduction-tasks"),
        ("david", "/introductions?q=Hemlin"),
    ):
        shown = browser(name).get(address).text
        assert "Hemlig Hemlin" not in shown
        assert "4711" in shown or "q=" in address


def test_leave_without_an_end_makes_nothing_late(browser, cast, in_kil, programme):
    with in_kil() as session:
        add_absence(session, cast.people["nils"], starts_on=TODAY - timedelta(days=7), ends_on=None, now=NOW)
    shown = browser("bosse").get(f"/people/{programme.people['nils']}/introduction").text
    assert "Väntar till återkomsten från ledighet" in section(shown, "first_day")
    assert "De dagarna räknas inte." in shown
    assert "Skulle ha varit klart" in section(shown, "before"), "what was to be ready on the first day was not"


def test_what_waits_for_a_long_leave_is_still_there_on_the_return(browser, cast, in_kil, programme):
    back = TODAY + timedelta(days=300)
    with in_kil() as session:
        add_absence(session, cast.people["nils"], starts_on=TODAY, ends_on=back - timedelta(days=1), now=NOW)
    with time_machine.travel(NOW + timedelta(days=300), tick=False):
        assert f"/people/{programme.people['nils']}/introduction" in browser("bosse").get("/introductions").text
    with time_machine.travel(NOW + timedelta(days=300 + 182), tick=False):
        assert f"/people/{programme.people['nils']}/introduction" not in browser("bosse").get("/introductions").text


def test_another_day_is_shown_and_nothing_is_ticked_off_on_it(browser, programme):
    nora = browser("nora")
    tick(nora, programme, "nora", "losenord")
    then = nora.get(f"/introduction?day={TODAY + timedelta(days=1)}").text
    assert "1 av 8" in then
    assert "/done" not in then
    before = nora.get(f"/introduction?day={TODAY - timedelta(days=1)}").text
    assert "0 av 8" in before


def test_a_finished_introduction_leaves_the_lists_and_can_still_be_read(browser, cast, in_kil, programme):
    with in_kil() as session:
        person = add_person(
            session,
            "Gamla",
            "Gunn",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=EARLY,
            starts_on=TODAY - timedelta(days=300),
        )
    assert "Gunn" not in browser("bosse").get("/introductions").text
    shown = browser("bosse").get(f"/people/{person.public_id}/introduction")
    assert shown.status_code == 200


def test_anyone_else_is_told_that_there_is_none(browser, cast, in_kil):
    assert "Du har inget introduktionsprogram" in browser("anna").get("/introduction").text


def test_lists_take_as_many_queries_for_thirty_as_for_one(browser, cast, in_kil, programme, counted):
    lists = (("bosse", "/introductions"), ("ida", "/introduction-tasks"), ("david", "/introduction-tasks"))
    clients = {name: browser(name) for name, _address in lists}

    def numbers():
        return [counted(partial(clients[name].get, address)) for name, address in lists]

    before = numbers()
    with in_kil() as session:
        for number in range(30):
            add_person(
                session,
                f"Ny{number}",
                "Nysson",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=EARLY,
                starts_on=TODAY,
            )
    after = numbers()
    assert after == before
    assert max(after) < 25
