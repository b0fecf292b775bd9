"""The pages of packs."""

import io
from dataclasses import replace

import pytest
import time_machine
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting, sign_in
from tests.packs.cases import PACK, course, requirement
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course
from tracker.catalogue.operations import publish_course
from tracker.drafting.queries import drafts
from tracker.packs.archives import from_zip, to_zip
from tracker.packs.files import Pack, read_pack, write_pack
from tracker.packs.models import SentPack
from tracker.requirements.models import Requirement

SHIPPED = "/packs/shipped/informationssakerhet"


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser(app, database, cast):
    return lambda name: sign_in(app.test_client(), database, cast, name)


def expecting(answer):
    return answer.text.split('name="expecting"')[1].split('value="')[1].split('"')[0]


def acts(in_kil):
    with in_kil() as session:
        actions = session.scalars(select(JournalEntry.action).order_by(JournalEntry.number))
        return [action for action in actions if action.startswith("pack.")]


def test_a_pack_that_comes_with_tracker_is_looked_at_and_loaded(browser, in_kil, cast):
    cecilia = browser("cecilia")
    assert "Informationssäkerhet varje år" in cecilia.get("/packs").text
    shown = cecilia.get(SHIPPED)
    for words in ("Lagen säger", "art. 20(2)", "Paketets förslag", "tolv månader", "enhetschef"):
        assert words in shown.text, words
    assert acts(in_kil) == [], "looking changes nothing"
    loaded = cecilia.post(SHIPPED, data={"expecting": expecting(shown)})
    assert loaded.location == "/requirements/drafts"
    assert "2 krav väntar som utkast" in cecilia.get(loaded.location).text
    with in_kil() as session:
        assert len(drafts(session)) == 2
    again = cecilia.get(SHIPPED)
    assert "Allt i paketet finns redan" in again.text
    assert acts(in_kil) == ["pack.loaded"]


def test_what_changed_since_it_was_looked_at_is_looked_at_again(browser, in_kil, cast):
    cecilia = browser("cecilia")
    seen = expecting(cecilia.get(SHIPPED))
    with in_kil() as session:
        other = course("informationssakerhet-arlig")
        publish_course(session, draft=other, by=acting(cast), now=NOW, today=NOW.date())
    late = cecilia.post(SHIPPED, data={"expecting": seen})
    assert late.status_code == 422
    assert "Något har ändrats sedan du tittade" in late.text
    with in_kil() as session:
        assert drafts(session) == []
    assert cecilia.post(SHIPPED, data={"expecting": expecting(late)}).status_code == 302


def test_one_from_another_municipality_is_sent_looked_at_and_loaded(browser, in_kil):
    cecilia = browser("cecilia")
    content = to_zip(write_pack(PACK))
    sent = cecilia.post("/packs", data={"file": (io.BytesIO(content), "C:\\fakepath\\paket.zip")})
    assert sent.status_code == 302
    shown = cecilia.get(sent.location)
    assert "Nytt, som utkast" in shown.text
    assert "Omsorgsjournalen" in shown.text
    assert "som arbetar i 20 eller under den ska" in shown.text, "a unit by its code, not everyone employed"
    counted = shown.text.split('id="equivalences"')[1].split("</ul>")[0]
    assert counted.count("Ny, räknas genast") == 3
    assert "2025" in counted
    assert "räknas redan" not in counted
    with in_kil() as session:
        assert session.scalars(select(Course)).all() == []
    assert cecilia.post(sent.location, data={"expecting": expecting(shown)}).status_code == 302
    with in_kil() as session:
        row = session.scalars(select(SentPack)).one()
        assert row.loaded_at == NOW
        assert sorted(session.scalars(select(Requirement.code))) == ["krav", "krav-2", "krav-3"]
    assert acts(in_kil) == ["pack.sent", "pack.loaded"]
    assert "Inläst" in cecilia.get("/packs").text


@pytest.mark.parametrize(
    ("content", "swedish", "english"),
    [
        (b"not a zip", "går inte att läsa som en zip", "cannot be read as a zip"),
        (
            to_zip({"pack.toml": b"format = 1"}),
            '<code translate="no">pack.toml</code> name saknas. Skriv name = &#34;…&#34;.',
            '<code translate="no">pack.toml</code> name is missing. Write name = &#34;…&#34;.',
        ),
        (to_zip({"evil.exe": b"MZ"}), "rymmer inte filer av det här slaget", "does not hold files of this kind"),
        (to_zip({"pack.toml": b"name = \n"}), "från rad 1, kolumn 8", "from line 1, column 8"),
    ],
)
def test_one_that_cannot_be_used_is_told_why_and_not_kept(browser, in_kil, content, swedish, english):
    cecilia = browser("cecilia")
    for locale, words, others in (("sv", swedish, english), ("en", english, swedish)):
        cecilia.post("/preferences", data={"locale": locale, "next": "/packs"})
        answer = cecilia.post("/packs", data={"file": (io.BytesIO(content), "x.zip")})
        assert answer.status_code == 422
        assert words in answer.text
        assert others not in answer.text
    with in_kil() as session:
        assert session.scalar(select(func.count(SentPack.id))) == 0


def test_one_that_a_later_version_does_not_read_is_told(browser, in_kil):
    with in_kil() as session:
        session.add(SentPack(filename="gammal.zip", content=b"x", sha256="0" * 64, sent_at=NOW))
    with in_kil() as session:
        address = f"/packs/{session.scalars(select(SentPack.public_id)).one()}"
    cecilia = browser("cecilia")
    assert cecilia.get(address).location == "/packs"
    assert "Paketet går inte att använda" in cecilia.get("/packs").text


def test_one_that_does_not_fit_here_is_told_why(browser, in_kil):
    content = to_zip(write_pack(Pack(PACK.about, (), (requirement(course="okand"),))))
    cecilia = browser("cecilia")
    sent = cecilia.post("/packs", data={"file": (io.BytesIO(content), "x.zip")})
    for answer in (cecilia.get(sent.location), cecilia.post(sent.location)):
        assert "requirements/krav.toml</code> Kursen ”okand” finns varken i paketet eller här." in answer.text
    assert acts(in_kil) == ["pack.sent"]


def test_what_is_published_is_taken_out(browser, in_kil, cast):
    with in_kil() as session:
        publish_course(session, draft=course(), by=acting(cast), now=NOW, today=NOW.date())
    answer = browser("cecilia").post("/packs/export")
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kil-2026-11-23.zip"'
    pack = read_pack(from_zip(answer.data))
    assert (pack.about.author, [one.code for one in pack.courses]) == ("Kils kommun", ["kurs"])
    assert acts(in_kil) == ["pack.exported"]


def test_only_training_administrators_and_only_their_own(browser, in_kil):
    cecilia = browser("cecilia")
    sent = cecilia.post("/packs", data={"file": (io.BytesIO(to_zip(write_pack(PACK))), "x.zip")}).location
    for name in ("anna", "bosse", "david", "eva", "mona"):
        for address in ("/packs", SHIPPED, sent):
            assert browser(name).get(address).status_code == 403, (name, address)
            assert browser(name).post(address).status_code == 403, (name, address)
    assert browser("omar").get(sent).status_code == 404
    assert browser("omar").post(sent).status_code == 404
    assert "x.zip" not in browser("omar").get("/packs").text
    assert cecilia.get("/packs/shipped/..%2Fstrategi").status_code == 404
    assert cecilia.get("/packs/shipped/okand").status_code == 404


def test_the_list_takes_as_many_queries_for_twenty_as_for_one(browser, counted, in_kil, cast):
    def fill(number):
        with in_kil() as session:
            session.add_all(
                SentPack(filename=f"{place}.zip", content=b"x", sha256="0" * 64, sent_at=NOW) for place in range(number)
            )

    def statements():
        client = browser("cecilia")

        def ask():
            assert client.get("/packs").status_code == 200

        return counted(ask)

    fill(1)
    few = statements()
    fill(30)
    assert statements() == few


def test_one_that_can_no_longer_be_read_is_told_why(browser, in_kil):
    cecilia = browser("cecilia")
    sent = cecilia.post("/packs", data={"file": (io.BytesIO(to_zip(write_pack(PACK))), "x.zip")}).location
    with in_kil() as session:
        session.scalars(select(SentPack)).one().content = to_zip({"pack.toml": b"format = 0"})
    assert cecilia.get(sent).location == "/packs"
    assert "Paketet går inte att använda: pack.toml Den här versionen" in cecilia.get("/packs").text


def test_what_an_item_waits_for_or_lacks_is_told(browser, in_kil):
    cecilia = browser("cecilia")
    shown = cecilia.get("/packs/shipped/strategi")
    assert shown.text.count("Ingen möter den förrän dess krav, som är ett utkast, är publicerat") == 3
    cecilia.post("/packs/shipped/strategi", data={"expecting": expecting(shown)})
    assert "Allt i paketet finns redan" in cecilia.get("/packs/shipped/strategi").text, "loading once is enough"
    assert cecilia.get("/programme").text.count("Ingen möter den förrän") == 3
    with in_kil() as session:
        draft = next(one for one in drafts(session) if one.titles["sv"] == "Läs och kvittera IT-strategin")
    discarding = f"/requirements/drafts/{draft.public_id}/discard"
    assert "Läs IT-strategin" in cecilia.get(discarding).text
    assert cecilia.post(discarding, data={"revision": draft.revision}).status_code == 302
    assert cecilia.get("/programme").text.count("Ingen möter den förrän") == 2

    lacking = replace(PACK, programme=(replace(PACK.programme[3], unit="4711"),))
    sent = cecilia.post("/packs", data={"file": (io.BytesIO(to_zip(write_pack(lacking))), "x.zip")}).location
    shown = cecilia.get(sent)
    assert "Finns inte här: 4711." in shown.text
    loaded = cecilia.post(sent, data={"expecting": expecting(shown)})
    assert "1 punkt i introduktionsprogrammet utelämnades" in cecilia.get(loaded.location).text
