"""More time and exemptions: a manager grants them in the matrix, a learner asks on the phone and gets an answer."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import Site, check_accessibility
from tests.browser.taking import choose
from tests.conftest import NOW
from tests.factories import add_course, add_exemption, add_person, add_requirement
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State
from tracker.requirements.models import Extension

pytestmark = pytest.mark.browser

TODAY = NOW.date()
LATER = TODAY + timedelta(days=30)


@pytest.fixture
def overdue(site: Site, in_kil) -> None:
    """Everyone is late with a course. Bosse's team is Anna and Nils."""
    with in_kil() as session:
        version = add_course(session, "it", now=NOW, title="IT-grunder")
        add_requirement(session, "it", course_id=version.course_id, now=NOW)
        add_person(session, "Nils", "Nord", unit_id=site.cast.units["11"], position_id=site.cast.position_id, now=NOW)


def send(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form[method=post] .btn-primary").click()


def states_of(site: Site, name: str) -> list[tuple[State, date | None]]:
    with site.database.bound(site.cast.kil, reading=True) as session:
        return [(one.state, one.due_on) for one in obligations_of(session, site.cast.people[name], TODAY)]


@pytest.mark.usefixtures("overdue")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_more_time_for_several(site: Site) -> None:
    bosse = site.signed_in("bosse")
    bosse.goto("/team")
    for name in ("Anna Åkesson", "Nils Nord"):
        bosse.locator("#matrix tr", has_text=name).locator("input[name=person]").check()
    expect(bosse.locator("[data-bulk-count]")).to_have_text("2")
    with bosse.expect_navigation():
        bosse.locator(".bulk-bar button").first.click()
    bosse.locator("select[name=requirement]").select_option(label="Krav it")
    bosse.locator("input[name=due_on]").fill(LATER.isoformat())
    bosse.locator("textarea[name=reason]").fill("Verksamheten flyttar")
    send(bosse)
    expect(bosse.locator("#changes .state-overdue")).to_have_count(2)
    expect(bosse.locator("#changes .state-to_do")).to_have_count(2)
    check_accessibility(bosse)
    assert states_of(site, "anna")[0][0] is State.OVERDUE, "nothing is granted before it has been seen"
    send(bosse)
    expect(bosse.locator("#outcomes .state-to_do")).to_have_count(2)
    check_accessibility(bosse)
    assert states_of(site, "anna") == [(State.TO_DO, LATER)]
    with site.database.bound(site.cast.kil, reading=True) as session:
        assert len(session.scalars(select(Extension)).all()) == 2


@pytest.mark.usefixtures("overdue")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_end_is_shown_for_the_day_that_is_chosen(site: Site, in_kil, scripts: bool) -> None:
    with in_kil() as session:
        anna = site.cast.people["anna"]
        exemption = add_exemption(session, anna, "it", starts_on=TODAY, ends_on=None, now=NOW).public_id
    bosse = site.signed_in("bosse", phone=True, java_script_enabled=scripts)
    bosse.goto(f"/exemptions/{exemption}/end")
    expect(bosse.locator("#consequence")).to_contain_text("Om det upphör 23 november")
    bosse.locator("textarea[name=why]").fill("Åter i tjänst")
    bosse.locator("input[name=ends_on]").fill(LATER.isoformat())
    if scripts:
        bosse.locator("input[name=ends_on]").blur()
    else:
        send(bosse)
    expect(bosse.locator("#consequence")).to_contain_text("Om det upphör 23 december")
    expect(bosse.locator("#consequence .state-to_do")).to_have_count(1)
    if scripts:
        check_accessibility(bosse)
    assert states_of(site, "anna") == [(State.EXEMPT, None)]
    send(bosse)
    expect(bosse.locator("#exceptions")).to_contain_text("23 november – 23 december")


@pytest.mark.usefixtures("overdue")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_asked_on_the_phone_and_answered_without_scripts(site: Site) -> None:
    anna = site.signed_in("anna", phone=True)
    anna.goto("/me")
    anna.locator("#requirements a[href$='/ask']").click()
    check_accessibility(anna)
    choose(anna.locator("input[name=kind][value=extension]"))
    anna.locator("input[name=wanted_until]").fill(LATER.isoformat())
    anna.locator("textarea[name=message]").fill("Jag är på en annan arbetsplats till jul.")
    send(anna)
    expect(anna.locator("#asked")).to_contain_text("annan arbetsplats")
    check_accessibility(anna)

    bosse = site.signed_in("bosse", java_script_enabled=False)
    bosse.goto("/team")
    bosse.locator("#asked a.btn").click()
    choose(bosse.locator("input[name=granted][value=yes]"))
    bosse.locator("textarea[name=words]").fill("Självklart.")
    send(bosse)
    assert states_of(site, "anna") == [(State.TO_DO, LATER)]

    anna.goto("/")
    expect(anna.locator("#asked")).to_contain_text("Självklart.")
    check_accessibility(anna)
    anna.goto("/me")
    expect(anna.locator("#requirements .state").first).to_have_class(re.compile("to_do"))
