"""The certificate says what was so, to those who may see it; anyone may check it, and learns nothing more."""

import io
import re
from datetime import date

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting
from tracker import tokens
from tracker.db import retract
from tracker.domain.evidence import Evidence
from tracker.learning.certificates import Wording, normalised_code, pdf
from tracker.learning.models import Certificate, Completion
from tracker.learning.operations import record_completion
from tracker.people.models import Person

WORDING = Wording(
    locale="sv",
    document_title="Intyg: Grundutbildning IT, teori",
    municipality="Kils kommun",
    heading="Intyg",
    lead_in="Härmed intygas att",
    holder="Åsa #Öberg $x$ \\ *stjärna*",
    has_completed="har genomfört",
    course="Grundutbildning IT, teori",
    facts=(("Genomförd", "23 november 2026"), ("Underlag", "Godkänt prov")),
    code_label="Intygets kod",
    code="7KQM-2D4X-V9TB",
    check_text="Vem som helst kan kontrollera intyget på",
    check_url="https://tracker.example/verify/7KQM-2D4X-V9TB",
    qr_description="QR-kod till sidan där intyget kontrolleras",
)


def text_of(document: pikepdf.Pdf) -> str:
    """Return the text of a PDF's page, as a reader would get it: through each font's map to Unicode."""
    page = document.pages[0]
    maps = {str(name): _to_unicode(font) for name, font in page.Resources.Font.items()}
    written, font = [], ""
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            font = str(operands[0])
        elif str(operator) == "Tj":
            written.append(_decoded(bytes(operands[0]), maps[font]))
        elif str(operator) == "TJ":
            written.extend(
                _decoded(bytes(part), maps[font]) for part in operands[0] if isinstance(part, pikepdf.String)
            )
    return "".join(written)


def _decoded(data: bytes, glyphs: dict[int, str]) -> str:
    return "".join(glyphs[int.from_bytes(data[at : at + 2])] for at in range(0, len(data), 2))


def _to_unicode(font) -> dict[int, str]:
    cmap = font.ToUnicode.read_bytes().decode()
    found = {}
    for glyph, letters in re.findall(r"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>$", cmap, re.MULTILINE):
        found[int(glyph, 16)] = bytes.fromhex(letters).decode("utf-16-be")
    return found


@pytest.fixture(scope="module")
def document() -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf(WORDING, issued_on=date(2026, 11, 23))))


class TestDocument:
    def test_it_is_tagged_and_says_its_language_and_title(self, document):
        assert document.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in document.Root
        assert str(document.Root.Lang) == "sv"
        assert document.Root.ViewerPreferences.DisplayDocTitle
        with document.open_metadata() as metadata:
            assert metadata["dc:title"] == WORDING.document_title
            assert metadata["pdfuaid:part"] == "1"

    def test_it_says_everything_and_takes_nothing_for_markup(self, document):
        text = text_of(document)
        for said in (
            WORDING.municipality,
            WORDING.holder,
            WORDING.course,
            WORDING.code,
            WORDING.check_url,
            "23 november 2026",
            "Godkänt prov",
        ):
            assert said.replace(" ", "") in text.replace(" ", "")

    def test_the_qr_code_has_a_description(self, document):
        figures = [tag for tag in _tags(document.Root.StructTreeRoot) if tag.get("/S") == "/Figure"]
        assert [str(figure.Alt) for figure in figures] == [WORDING.qr_description]

    def test_only_embedded_fonts(self, document):
        for font in document.pages[0].Resources.Font.values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())

    def test_it_is_one_a4_page(self, document):
        assert len(document.pages) == 1
        assert [round(float(side)) for side in document.pages[0].MediaBox] == [0, 0, 595, 842]

    def test_the_same_words_give_the_same_bytes(self):
        assert pdf(WORDING, issued_on=date(2026, 11, 23)) == pdf(WORDING, issued_on=date(2026, 11, 23))


def _tags(node):
    if isinstance(node, pikepdf.Dictionary):
        yield node
        kids = node.get("/K")
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            yield from _tags(kid)


@given(st.text(max_size=30))
def test_any_text_is_a_code_or_none(written):
    code = normalised_code(written)
    assert code is None or (len(code) == 14 and normalised_code(code) == code)


@pytest.mark.parametrize("code", [tokens.certificate_code() for _ in range(20)], ids=range(20))
def test_codes_are_found_however_they_are_typed(code):
    assert normalised_code(code) == code
    assert normalised_code(code.lower().replace("-", "")) == code
    assert normalised_code(f" {code.replace('-', ' – ')} ") == code
    assert normalised_code(code.replace("Q", "0").replace("J", "1").replace("V", "U")) == code


@pytest.fixture
def issued(in_kil, cast, course) -> Certificate:
    """Anna's certificate."""
    with in_kil() as session:
        completion = record_completion(
            session,
            person=session.get_one(Person, cast.people["anna"]),
            course_id=course.id,
            completed_on=date(2025, 3, 1),
            evidence=Evidence.ATTESTED,
            note="En hemlig anteckning",
            by=acting(cast),
            now=NOW,
            today=NOW.date(),
        )
        return session.scalars(select(Certificate).where(Certificate.completion_id == completion.id)).one()


class TestWhoMayOpenIt:
    def open(self, client, issued) -> str:
        answer = client.get(f"/certificates/{issued.public_id}")
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
        assert answer.headers["Cache-Control"] == "no-store"
        return text_of(pikepdf.open(io.BytesIO(answer.data))).replace(" ", "")

    @pytest.mark.parametrize("name", ["anna", "bosse", "cecilia", "david"])
    def test_the_person_and_who_may_see_them(self, browser, issued, name):
        text = self.open(browser(name), issued)
        assert "AnnaÅkesson" in text
        assert "1mars2025" in text
        assert issued.code in text
        assert f"http://localhost/verify/{issued.code}" in text

    @pytest.mark.parametrize("name", ["eva", "omar", "mona"])
    def test_others_do_not_find_it(self, browser, issued, name):
        assert browser(name).get(f"/certificates/{issued.public_id}").status_code == 404

    def test_one_who_is_signed_out_is_asked_to_sign_in(self, client, issued):
        assert client.get(f"/certificates/{issued.public_id}").location.startswith("/sign-in")

    def test_a_protected_name_is_for_the_person_only(self, browser, issued, in_kil, cast):
        with in_kil() as session:
            session.get_one(Person, cast.people["anna"]).protected_identity = True
        assert "AnnaÅkesson" in self.open(browser("anna"), issued)
        seen = self.open(browser("bosse"), issued)
        assert "Åkesson" not in seen
        assert "anna-1" in seen

    def test_one_that_was_withdrawn_is_gone(self, browser, issued, in_kil):
        withdraw(in_kil, issued)
        assert browser("anna").get(f"/certificates/{issued.public_id}").status_code == 404
        assert issued.public_id not in browser("anna").get("/learn/history").text


def withdraw(in_kil, issued):
    with in_kil() as session:
        completion = session.get_one(Completion, issued.completion_id)
        retract([completion], now=NOW, by_id=None, why="Fel person")


class TestVerifying:
    def facts(self, page: str) -> list[str]:
        return re.findall(r"<dd>(.*?)</dd>", page)

    def test_it_confirms_what_the_certificate_says_and_nothing_more(self, client, issued, cast):
        answer = client.get(f"/verify/{issued.code}", headers={"Accept-Language": "sv"})
        assert answer.status_code == 200
        facts = self.facts(answer.text)
        assert facts[:3] == ["Anna Åkesson", "Liten kurs", "1 mars 2025"]
        assert facts[5] == issued.code
        assert len(facts) == 6
        assert "Kils kommun" in answer.text
        for more in ("anna-1", "anna@", "hemlig", cast.person_ids["anna"], issued.public_id, "Undersköterska"):
            assert more not in answer.text

    @pytest.mark.parametrize("how", [str.lower, lambda code: code.replace("-", ""), lambda code: f"%20{code}%20"])
    def test_however_it_is_typed(self, client, issued, how):
        answer = client.get(f"/verify/{how(issued.code)}")
        assert (answer.status_code, answer.location) == (302, f"/verify/{issued.code}")

    def test_by_the_form(self, client, issued):
        assert client.get("/verify").status_code == 200
        answer = client.post("/verify", data={"code": issued.code.lower()})
        assert answer.location == f"/verify/{issued.code}"
        assert client.post("/verify", data={"code": " "}).status_code == 422

    @pytest.mark.parametrize("code", ["2222-2222-2222", "nonsense", "-", "<script>"])
    def test_an_unknown_code(self, client, issued, code):
        answer = client.get(f"/verify/{code}")
        assert answer.status_code == 404
        assert 'action="/verify"' in answer.text
        assert "<script>" not in answer.text.replace('<script src="', "")

    def test_nonsense_in_the_form_leads_to_the_same_page(self, client, issued):
        answer = client.post("/verify", data={"code": "//evil.example/å"}, follow_redirects=True)
        assert answer.status_code == 404
        assert answer.request.path.startswith("/verify/")

    def test_a_protected_identity_is_neither_named_nor_numbered(self, client, issued, in_kil, cast):
        with in_kil() as session:
            session.get_one(Person, cast.people["anna"]).protected_identity = True
        page = client.get(f"/verify/{issued.code}").text
        assert "Åkesson" not in page
        assert "anna-1" not in page
        assert len(self.facts(page)) == 6

    def test_one_that_was_withdrawn_is_said_to_be_so_without_naming_anyone(self, client, issued, in_kil):
        withdraw(in_kil, issued)
        answer = client.get(f"/verify/{issued.code}")
        assert answer.status_code == 200
        assert self.facts(answer.text) == []
        assert "Åkesson" not in answer.text
        assert "Liten kurs" not in answer.text
        assert issued.code in answer.text

    def test_one_who_is_signed_in_elsewhere_sees_the_same(self, browser, client, issued):
        page = browser("omar").get(f"/verify/{issued.code}")
        assert page.status_code == 200
        assert self.facts(page.text)[0] == "Anna Åkesson"
