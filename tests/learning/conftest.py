"""A course with every kind of module and question, small enough to take in a test."""

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import pytest
from sqlalchemy import event

from tests.conftest import NOW
from tests.factories import BEGINNING, acting, sign_in
from tracker.catalogue import queries as catalogue
from tracker.catalogue.content import Content, CourseDraft, ModuleDraft, Option, Question, QuestionKind, Step
from tracker.catalogue.models import CourseKind, ModuleKind
from tracker.catalogue.operations import publish_course


def both(text: str) -> dict[str, str]:
    return {"sv": text, "en": f"{text} (en)"}


def option(key: str, text: str, *, correct: bool = False) -> Option:
    return Option(key, both(text), correct=correct)


QUESTIONS = (
    Question(
        "vem",
        QuestionKind.SINGLE,
        both("Vem frågar du?"),
        both("Förklaring till vem."),
        (option("support", "IT-supporten", correct=True), option("ingen", "Ingen"), option("vem-som", "Vem som helst")),
    ),
    Question(
        "vilka",
        QuestionKind.MULTIPLE,
        both("Vilka stämmer?"),
        both("Förklaring till vilka."),
        (option("ett", "Ett", correct=True), option("tva", "Två", correct=True), option("tre", "Tre")),
    ),
    Question(
        "ordning",
        QuestionKind.ORDER,
        both("I vilken ordning?"),
        both("Förklaring till ordning."),
        (option("forst", "Först"), option("sedan", "Sedan"), option("sist", "Sist")),
    ),
    Question(
        "tal",
        QuestionKind.NUMBER,
        both("Hur många?"),
        both("Förklaring till tal."),
        answer=Decimal("2.5"),
        unit=both("timmar"),
    ),
)

RIGHT = {
    "answer.vem": "support",
    "answer.vilka": ["ett", "tva"],
    "answer.ordning.forst": "1",
    "answer.ordning.sedan": "2",
    "answer.ordning.sist": "3",
    "answer.tal": "2,5",
}
# Three of four questions: below the pass mark of 80.
ALMOST = RIGHT | {"answer.tal": "3"}

DRAFT = CourseDraft(
    code="liten-kurs",
    kind=CourseKind.COURSE,
    titles=both("Liten kurs"),
    summaries=both("En kurs med allt i."),
    minutes=20,
    modules=(
        ModuleDraft("text", ModuleKind.TEXT, both("En text"), 2, Content(both("Läs detta."))),
        ModuleDraft("prov", ModuleKind.TEST, both("Ett prov"), 5, Content(both("Läs."), questions=QUESTIONS), 80),
        ModuleDraft(
            "lista",
            ModuleKind.CHECKLIST,
            both("En lista"),
            8,
            Content(both("Gör."), steps=(Step("lasa", both("Lås skärmen")), Step("skriva", both("Skriv ut")))),
        ),
        ModuleDraft(
            "dokument",
            ModuleKind.DOCUMENT,
            both("Ett dokument"),
            5,
            Content(both("Läs noga."), statement=both("Jag har läst dokumentet.")),
        ),
    ),
)


@dataclass
class SmallCourse:
    """The course's ids, and its modules by slug."""

    id: int
    public_id: str
    version_id: int
    modules: dict[str, tuple[int, str]]  # id and public id

    def step(self, key: str) -> str:
        """How the form names a step of the list."""
        return f"{self.modules['lista'][0]}.{key}"


@pytest.fixture
def course(in_kil, cast) -> SmallCourse:
    with in_kil() as session:
        version = publish_course(session, draft=DRAFT, by=acting(cast), now=NOW, today=BEGINNING)
        found = catalogue.course_by_code(session, DRAFT.code)
        modules = {m.slug: (m.id, m.public_id) for m in catalogue.modules(session, version.id)}
        return SmallCourse(found.id, found.public_id, version.id, modules)


@pytest.fixture
def browser(app, database, cast):
    """Sign someone in with a browser of their own: `browser("anna")`."""
    return lambda name: sign_in(app.test_client(), database, cast, name)


@dataclass
class Counted:
    """How many statements were run."""

    number: int = 0


@pytest.fixture
def count_queries(database):
    """Count the statements that a block runs, but for what the session itself says first: `with count_queries() as counted`."""

    @contextmanager
    def counting():
        counted = Counted()

        def note(_connection, _cursor, statement, *_rest):
            counted.number += "set_config" not in statement and not statement.startswith("BEGIN")

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            yield counted
        finally:
            event.remove(database.engine, "before_cursor_execute", note)

    return counting


class Learner:
    """Anna, or another, taking the course with a browser."""

    def __init__(self, client, course: SmallCourse) -> None:
        self.client, self.course = client, course
        answer = client.post(f"/learn/{course.public_id}/start")
        assert answer.status_code == 302, answer.text
        self.enrolment = answer.location.split("/")[3]

    def url(self, slug: str, act: str = "") -> str:
        return f"/learn/taking/{self.enrolment}/{self.course.modules[slug][1]}{act}"

    def read(self):
        return self.client.post(self.url("text", "/read"))

    def acknowledge(self):
        return self.client.post(self.url("dokument", "/acknowledge"), data={"acknowledged": "y"})

    def begin_test(self) -> str:
        """Return the address of the attempt."""
        return self.client.post(self.url("prov", "/questions")).location

    def pass_test(self):
        return self.client.post(self.begin_test(), data=RIGHT)


@pytest.fixture
def anna(browser, course) -> Learner:
    return Learner(browser("anna"), course)
