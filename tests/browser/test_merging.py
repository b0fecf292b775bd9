"""HR finds somebody who was registered twice, merges the two, and undoes it; and gives somebody a new name."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, check_accessibility
from tests.conftest import NOW
from tests.factories import add_account, add_completion, add_course, add_person, add_requirement

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def double(site: Site, in_kil) -> str:
    """Anna is registered a second time, and has completed there what she has not under her first number."""
    with in_kil() as session:
        course = add_course(session, "it", now=NOW, title="IT-grunder")
        add_requirement(session, "it", course_id=course.course_id, now=NOW)
        person = add_person(
            session,
            "Anna",
            "Åkesson",
            unit_id=site.cast.units["11"],
            position_id=site.cast.position_id,
            now=NOW,
            employee_number="anna-2",
        )
        person.email = None
        add_account(session, person, now=NOW)
        add_completion(session, person.id, course, on=NOW.date(), now=NOW)
        return person.public_id


def send(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form[method=post] .btn-primary").click()


def test_merged_and_undone(site: Site, double: str) -> None:
    david = site.signed_in("david")
    david.goto("/people")
    david.get_by_role("link", name="Möjliga dubbletter").click()
    check_accessibility(david)
    david.locator("#twins a.btn").click()
    if "anna-1" not in david.locator("#facts th").nth(1).inner_text():
        david.get_by_role("link", name="Låt den andra bli kvar").click()
    expect(david.locator("#requirements .state-valid")).to_have_count(2)
    expect(david.locator("#requirements .state-overdue")).to_have_count(1)
    check_accessibility(david)
    david.locator("textarea[name=reason]").fill("Samma personnummer")
    send(david)
    expect(david.locator(".state-valid").first).to_be_visible()
    expect(david.locator("main")).to_contain_text("Samma personnummer")
    check_accessibility(david)

    david.goto(f"/people/{double}")
    expect(david.locator("main")).to_contain_text("Sammanslagen med Anna Åkesson")
    check_accessibility(david)
    david.goto("/search?q=anna-2")
    expect(david.locator("main")).to_contain_text("anna-1")

    david.goto(f"/people/{site.cast.person_ids['anna']}")
    david.get_by_role("link", name="Ångra sammanslagningen").click()
    check_accessibility(david)
    david.locator("textarea[name=why]").fill("Det var hennes kusin")
    send(david)
    expect(david.locator("main .page-header, main h1").first).to_contain_text("Anna Åkesson")
    expect(david.locator("main")).to_contain_text("anna-2")
    david.goto("/people/duplicates")
    expect(david.locator("#merges")).to_contain_text("Det var hennes kusin")


@pytest.mark.usefixtures("double")
def test_a_new_name(site: Site) -> None:
    david = site.signed_in("david")
    david.goto(f"/people/{site.cast.person_ids['anna']}")
    david.get_by_role("link", name="Ändra uppgifter").click()
    david.locator("input[name=family_name]").fill("Berg")
    david.locator("input[name=employee_number]").fill("anna-2")
    send(david)
    expect(david.locator(".error-summary")).to_contain_text("Anna Åkesson")
    expect(david.get_by_role("link", name="Se vad en sammanslagning")).to_be_visible()
    check_accessibility(david)
    david.locator("input[name=employee_number]").fill("900")
    send(david)
    expect(david.locator("h1")).to_contain_text("Anna Berg")
    expect(david.locator("main")).to_contain_text("anna-1, Anna Åkesson")
    david.goto("/search?q=anna-1")
    expect(david.locator("main")).to_contain_text("Anna Berg")
