"""A pack with something of everything, and its parts."""

from datetime import date
from decimal import Decimal

from tracker.catalogue.content import (
    Content,
    CourseDraft,
    EquivalenceDraft,
    ModuleDraft,
    Option,
    PictureDraft,
    Question,
    QuestionKind,
    Step,
)
from tracker.catalogue.models import CourseKind, ModuleKind
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind
from tracker.domain.programme import Owner
from tracker.domain.requirement import EarlierCompletions, MajorVersions
from tracker.domain.validity import ForMonths, UntilDayOfYear
from tracker.packs.files import About, Pack, Statement, StatementKind
from tracker.programmes.content import Written as WrittenItem
from tracker.requirements.files import WrittenLine, WrittenRequirement

BOTH = {"sv": 'Å, "ä" och \\ö\n\nmed rader', "en": "Yes"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'


def course(code="kurs", **says) -> CourseDraft:
    number = Question(
        "tal", QuestionKind.NUMBER, BOTH, BOTH, answer=Decimal("2.50"), tolerance=Decimal("0.1"), unit=BOTH
    )
    options = (Option("a", BOTH, correct=True), Option("b", BOTH), Option("c", BOTH))
    choice = Question("val", QuestionKind.SINGLE, BOTH, BOTH, options)
    order = Question("ordning", QuestionKind.ORDER, BOTH, BOTH, tuple(Option(key, BOTH) for key in "xyz"))
    shown = {"sv": "Text\n\n![En ruta](ruta.svg)\n", "en": "Text\n\n![A box](ruta.svg)\n"}
    values = {
        "code": code,
        "kind": CourseKind.COURSE,
        "titles": BOTH,
        "summaries": BOTH,
        "minutes": 10,
        "modules": (
            ModuleDraft("text", ModuleKind.TEXT, BOTH, 1, Content(shown)),
            ModuleDraft(
                "test", ModuleKind.TEST, BOTH, 5, Content(BOTH, questions=(number, choice, order)), pass_mark=80
            ),
            ModuleDraft(
                "steg", ModuleKind.CHECKLIST, BOTH, 5, Content(BOTH, steps=(Step("s", BOTH, BOTH), Step("t", BOTH)))
            ),
            ModuleDraft("las", ModuleKind.DOCUMENT, BOTH, 5, Content(BOTH, statement=BOTH)),
        ),
        "pictures": (PictureDraft("ruta.svg", "image/svg+xml", SVG),),
    } | says
    return CourseDraft(**values)


def requirement(code="krav", **says) -> WrittenRequirement:
    values = {"titles": BOTH, "reasons": BOTH, "course": "kurs", "first_due_days": 30} | says
    return WrittenRequirement(code=code, **values)


ABOUT = About("prov", "1", BOTH, BOTH, "Kils kommun", "CC0", (Statement(StatementKind.LAW, BOTH, "Lag (2025:1506)"),))
LINES = (
    WrittenLine(),
    WrittenLine(duty=DutyKind.UNIT_MANAGER, unit="11"),
    WrittenLine(position="Undersköterska", position_code="100", employment_kind="Tillsvidare"),
    WrittenLine(system="Omsorgsjournalen", new_hire_days=0),
    WrittenLine(excludes=True, unit="20"),
)


PACK = Pack(
    ABOUT,
    (course("gamla"), course()),
    (
        requirement(),
        requirement("krav-2", lines=LINES, validity=ForMonths(12), minimum_evidence=Evidence.GRADED),
        requirement(
            "krav-3",
            first_due_days=None,
            first_due_on=date(2027, 1, 31),
            validity=UntilDayOfYear(12, 1, 2, 2027, 6),
            earlier_completions=EarlierCompletions.FROM_DATE,
            accepted_from=date(2026, 1, 1),
            major_versions=MajorVersions.WITHIN_DAYS,
            major_version_days=60,
            grace_days=5,
            legal_basis="Lag",
            owner="Chefen",
        ),
    ),
    (
        WrittenItem("nycklar", Owner.MANAGER, -3, BOTH, BOTH),
        WrittenItem("kurs", Owner.LEARNER, 20, BOTH, requirement="krav"),
        WrittenItem("delegering", Owner.LEARNER, 0, BOTH, position=("100", "Undersköterska")),
        WrittenItem("visa-runt", Owner.LEARNER, 0, BOTH, unit="11"),
    ),
    (
        EquivalenceDraft("gamla", "kurs"),
        EquivalenceDraft("kurs", "gamla", None, date(2024, 12, 31)),
        EquivalenceDraft("kurs", "gamla", date(2025, 7, 1), date(2026, 6, 30)),
    ),
)
