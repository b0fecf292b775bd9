"""Reading a course without taking it: whoever could take it may, and nothing comes of it."""

import re

from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import add_requirement
from tests.learning.test_afterwards import attest, numbers
from tracker.audit.models import JournalEntry
from tracker.learning.models import Attempt, ModuleDone

NOTHING = "Du läser kursen. Inget registreras."


def url(course, slug):
    return f"/learn/{course.public_id}/reading/{course.modules[slug][1]}"


def everything(in_kil):
    with in_kil() as session:
        tables = (JournalEntry, Attempt, ModuleDone)
        return *numbers(in_kil), *(session.scalar(select(func.count(table.id))) for table in tables)


def test_what_was_completed_elsewhere_is_read_from_module_to_module(browser, in_kil, cast, course):
    attest(in_kil, cast, course.id)
    before = everything(in_kil)
    anna = browser("anna")
    page = anna.get(f"/learn/{course.public_id}").text
    assert re.findall(r'class="outline-item is-plain" href="([^"]+)"', page) == [
        url(course, slug) for slug in ("text", "prov", "lista", "dokument")
    ]
    assert "Du kan läsa modulerna utan att gå kursen. Då registreras inget." in page
    for slug, following in (("text", "prov"), ("prov", "lista"), ("lista", "dokument")):
        page = anna.get(url(course, slug)).text
        assert NOTHING in page
        assert f'href="{url(course, following)}">Nästa' in page
        assert "<progress" not in page
    assert f'href="/learn/{course.public_id}">Tillbaka till kursen' in anna.get(url(course, "dokument")).text
    assert everything(in_kil) == before


def test_no_module_can_be_done_there(browser, course):
    anna = browser("anna")
    shown = {slug: anna.get(url(course, slug)).text for slug in course.modules}
    for slug, page in shown.items():
        assert re.findall(r'<form method="post" action="/learn[^"]*"', page) == [], slug
        assert anna.post(url(course, slug)).status_code == 405
    assert "Frågorna i provet visas när man går kursen." in shown["prov"]
    assert "Vem frågar du?" not in shown["prov"]
    assert "Lås skärmen" in shown["lista"]
    assert "Inte underskriven" not in shown["lista"]
    assert "Jag har läst dokumentet." not in shown["dokument"]


def test_who_is_asked_to_take_it_is_led_to_beginning_it(browser, in_kil, course):
    page = f"/learn/{course.public_id}"
    assert browser("anna").get(page).text.count("/reading/") == 4
    with in_kil() as session:
        add_requirement(session, "prov", course_id=course.id, now=NOW)
    assert "/reading/" not in browser("anna").get(page).text
    assert NOTHING in browser("anna").get(url(course, "text")).text


def test_only_what_is_published_and_of_the_course(browser, course):
    anna = browser("anna")
    other = f"/learn/{course.public_id}/reading/{'0' * 20}"
    for path in (other, f"/learn/{'0' * 20}/reading/{course.modules['text'][1]}"):
        assert anna.get(path).status_code == 404
    assert browser("omar").get(url(course, "text")).status_code == 404
