"""From import to certificate: a new hire is on HR's file, is invited, learns on a phone and goes on at a desk."""

import re
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser import taking
from tests.browser.conftest import Site, check_accessibility, sign_in
from tests.browser.taking import NEXT_STEP, answer, hand_in, press
from tests.learning.test_certificates import text_of
from tracker.catalogue.content import Question
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State
from tracker.learning.models import Certificate
from tracker.people.models import Person

pytestmark = pytest.mark.browser

TODAY = date(2026, 11, 23)
HEADINGS = (
    "Anstnr;Förnamn;Efternamn;E-post;Enhetskod;Enhet;Överordnad enhetskod;Befattningskod;Befattning;Anställningsform;"
    "Sysselsättningsgrad;Anställd fr o m;Anställd t o m;Chef anstnr;Frånvaro fr o m;Frånvaro t o m;Skyddad identitet"
)
HOME_CARE = "11;Hemtjänsten;10"
CARE = "10;Vård och omsorg;1"
OFFICE = "20;Kommunledningskontoret;1"
CAST = (
    ("Anna", "Åkesson", HOME_CARE, "bosse-1"),
    ("Bosse", "Berg", HOME_CARE, ""),
    ("Cecilia", "Ceder", OFFICE, ""),
    ("David", "Dahl", OFFICE, ""),
    ("Eva", "Ek", CARE, ""),
    ("Mona", "Mård", OFFICE, ""),
    ("Olle", "Olsson", OFFICE, ""),
    ("Kim", "Karlsson", OFFICE, ""),
)
NEW = "asa.oberg@kommun.example"
CHOSEN_PASSWORD = "kanelbulle i motvind 7"


def roster() -> bytes:
    """Return what the HR system would export today: everyone as before, and Åsa Öberg who begins today."""
    lines = [
        f"{given.lower()}-1;{given};{family};{given.lower()}@kommun.example;{unit};100;Undersköterska;Tillsvidare;100,00;"
        f"2020-01-01;;{manager};;;N"
        for given, family, unit, manager in CAST
    ]
    hired = f"1715900;Åsa;Öberg;{NEW};{HOME_CARE};100;Undersköterska;Tillsvidare;100,00;{TODAY};;bosse-1;;;N"
    return "\r\n".join([HEADINGS, *lines, hired, ""]).encode("cp1252")


def load(david: Page, file: Path) -> None:
    """Load a roster: choose the file, look at what it would change, go through with it."""
    david.goto("/imports")
    david.locator("input[type=file]").set_input_files(file)
    with david.expect_navigation():
        david.locator("form[enctype] .btn-primary").click()
    expect(david.locator("main")).to_contain_text("Windows-1252")
    new_people = david.locator("details.disclosure", has_text="Åsa Öberg").first
    expect(new_people.locator("summary")).to_contain_text("1 ny person")
    new_people.locator("summary").click()
    expect(new_people.get_by_text("Åsa Öberg")).to_be_visible()
    check_accessibility(david)
    press(david, "/apply")
    expect(david.locator(".confirmation")).to_be_visible()


def invite(mona: Page) -> None:
    """Mail the new hire a link, as who administers accounts."""
    mona.goto("/administration/accounts?q=Öberg")
    mona.locator("main").get_by_role("link", name="Öberg").click()
    press(mona, "/invite")
    expect(mona.locator(".flash-success")).to_be_visible()


def take_test(page: Page, questions: Sequence[Question], *, right: bool = True) -> None:
    """Take the test of the module that is open, and see how it went."""
    press(page, "/questions")
    answer(page, questions, right=right)
    hand_in(page)
    expect(page.locator(".verdict.is-passed" if right else ".verdict.is-again")).to_be_visible()


def test_from_import_to_certificate(site: Site, starter: None, tmp_path: Path) -> None:
    file = tmp_path / "personal.csv"
    file.write_bytes(roster())
    load(site.signed_in("david"), file)
    invite(site.signed_in("mona"))
    (mail,) = site.mails_to(NEW)
    link = re.search(rf"{site.url}/link/\S+", mail.text)
    assert link
    with site.database.bound(site.cast.kil, reading=True) as session:
        tests = taking.questions_of(session, "grund-it-teori")

    phone = site.visitor(phone=True)
    phone.goto(link.group())
    phone.locator("input[name=password]").fill(CHOSEN_PASSWORD)
    phone.locator("input[name=again]").fill(CHOSEN_PASSWORD)
    with phone.expect_navigation():
        phone.locator("main .btn-primary").click()
    next_step = phone.locator(NEXT_STEP)
    # A new hire has 30 days, which is sooner than the 90 days everyone has.
    expect(next_step).to_contain_text("nyanställd")
    expect(next_step).to_contain_text("23 december")
    next_step.locator(".btn-primary").click()
    press(phone, "/start")
    take_test(phone, tests[0], right=False)
    press(phone, "/questions")
    answer(phone, tests[0])
    hand_in(phone)
    expect(phone.locator(".verdict.is-passed")).to_be_visible()
    check_accessibility(phone)
    for questions in tests[1:4]:
        phone.locator(".course-nav .btn-primary").click()
        take_test(phone, questions)
    phone.locator(".course-nav .btn-primary").click()
    press(phone, "/questions")
    answer(phone, tests[4][:1])
    expect(phone.locator("[data-autosave-status]")).to_have_attribute("data-state", "saved")
    stopped_at = phone.locator("h1").inner_text()
    given = phone.locator("form[data-autosave] :checked").evaluate_all("boxes => boxes.map((box) => box.id)")
    phone.context.close()

    desk = site.visitor()
    desk.goto("/")
    sign_in(desk, NEW, CHOSEN_PASSWORD)
    desk.locator(NEXT_STEP).locator(".btn-primary").click()
    press(desk, "/questions")
    assert desk.locator("h1").inner_text() == stopped_at
    assert desk.locator("form[data-autosave] :checked").evaluate_all("boxes => boxes.map((box) => box.id)") == given
    answer(desk, tests[4][1:])
    hand_in(desk)
    for questions in tests[5:]:
        desk.locator(".course-nav .btn-primary").click()
        take_test(desk, questions)
    desk.locator(".course-nav .btn-primary").click()
    expect(desk.locator(".confirmation")).to_contain_text("Grundutbildning IT, teori")
    check_accessibility(desk)

    with desk.expect_download() as download:
        desk.locator("main a[href*='/certificates/']").click()
    document = pikepdf.open(BytesIO(download.value.path().read_bytes()))
    assert document.Root.MarkInfo.Marked
    assert "Grundutbildning IT, teori" in str(document.docinfo.Title)
    assert "ÅsaÖberg" in text_of(document).replace(" ", "")

    with site.database.bound(site.cast.kil, reading=True) as session:
        code = session.scalars(select(Certificate.code)).one()
        person_id = session.scalars(select(Person.id).where(Person.email == NEW)).one()
        states = {one.code: one.state for one in obligations_of(session, person_id, TODAY)}
    assert states == {
        "grund-it-teori": State.VALID,
        "introduktion": State.VALID,
        "grund-it-praktik": State.TO_DO,
        "it-strategi": State.TO_DO,
    }
    anyone = site.visitor()
    anyone.goto(f"/verify/{code}")
    expect(anyone.locator("main")).to_contain_text("Åsa Öberg")
    expect(anyone.locator("main")).to_contain_text("Grundutbildning IT, teori")
