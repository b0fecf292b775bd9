"""What the demo is made of, besides the rosters. Municipalities are real; systems and everyone in them are invented."""

from dataclasses import dataclass, field

from tracker.systems.models import Importance, SystemScope


@dataclass(frozen=True, slots=True)
class Town:
    """A municipality of the demo, and its roster file in `data/`."""

    code: str
    slug: str
    name: str
    roster: str


TOWNS = (
    Town("1715", "kil", "Kils kommun", "kil-2026-11-23.csv"),
    Town("1763", "forshaga", "Forshaga kommun", "forshaga-2026-11-23.csv"),
    Town("1764", "grums", "Grums kommun", "grums-2026-11-23.csv"),
    Town("1762", "munkfors", "Munkfors kommun", "munkfors-2026-11-23.csv"),
)

_CARE = ("Undersköterska", "Vårdbiträde", "Sjuksköterska", "Arbetsterapeut", "Stödassistent", "Enhetschef")
_SCHOOL = ("Lärare grundskola", "Förskollärare", "Fritidspedagog", "Specialpedagog", "Rektor", "Skolsköterska")
_OFFICE = (
    "Administratör",
    "Handläggare",
    "Registrator",
    "Kommunikatör",
    "Ekonom",
    "HR-specialist",
    "Enhetschef",
    "Rektor",
    "Förvaltningschef",
    "Kommunchef",
    "Bygglovshandläggare",
    "Miljöinspektör",
)


@dataclass(frozen=True, slots=True)
class DemoSystem:
    """An invented IT system: who uses it (positions; none means everyone), and in whose administration it lies."""

    code: str
    name: str
    purpose: str
    scope: SystemScope
    importance: Importance
    positions: tuple[str, ...] = field(default=())
    administration: str = ""  # how its administration's name begins or what it holds, in small letters
    course: str | None = None
    plan_age_days: int | None = None


SYSTEMS = (
    DemoSystem(
        "epost",
        "E-post och kalender",
        "E-post, kalender och möten för alla medarbetare.",
        SystemScope.MUNICIPALITY_WIDE,
        Importance.IMPORTANT,
        administration="kommunledning",
        plan_age_days=120,
    ),
    DemoSystem(
        "arende",
        "Diariet",
        "Ärenden, diarieföring och dokument.",
        SystemScope.MUNICIPALITY_WIDE,
        Importance.IMPORTANT,
        positions=_OFFICE,
        administration="kommunledning",
        course="e-post-kalender-arende",
        plan_age_days=510,
    ),
    DemoSystem(
        "ekonomi",
        "Ekonomiportalen",
        "Budget, fakturor och uppföljning.",
        SystemScope.MUNICIPALITY_WIDE,
        Importance.ORDINARY,
        positions=("Ekonom", "Enhetschef", "Rektor", "Förvaltningschef", "Administratör"),
        administration="kommunledning",
    ),
    DemoSystem(
        "omsorg",
        "Omsorgsjournalen",
        "Journal, insatser och avvikelser inom vård och omsorg.",
        SystemScope.OPERATION_SPECIFIC,
        Importance.IMPORTANT,
        positions=_CARE,
        administration="social|vård|omsorg",
        course="verksamhetssystem-grund",
        plan_age_days=200,
    ),
    DemoSystem(
        "skola",
        "Skolportalen",
        "Närvaro, bedömning och kontakt med vårdnadshavare.",
        SystemScope.OPERATION_SPECIFIC,
        Importance.IMPORTANT,
        positions=_SCHOOL,
        administration="skol|utbildning|barn|lärande",
    ),
)
