"""The requirements that follow from the IT strategy itself, for a municipality to begin with.

The strategy says who is to be trained in what; it gives no numbers. The days and months here are our suggestion, which
each municipality may replace by publishing a version of its own. A system's course is required when the system gets
one: see `operations.require_system_course`.
"""

from collections.abc import Iterator
from datetime import date, datetime

from tracker.catalogue.queries import course_by_code
from tracker.db import BoundSession
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind
from tracker.domain.requirement import MajorVersions
from tracker.domain.validity import ForMonths
from tracker.permissions import Viewer
from tracker.requirements.models import RequirementVersion
from tracker.requirements.operations import Draft, Line, publish
from tracker.requirements.queries import by_code


class StarterCourseMissingError(Exception):
    """A course that a starter requirement asks for is not in the catalogue. Load the starter courses first."""


def load_starter(session: BoundSession, *, by: Viewer, now: datetime, effective_from: date) -> list[RequirementVersion]:
    """Publish the starter requirements, in effect from a day. Those whose code is there already are left alone.

    Returns what was published. Writes the journal. Raises StarterCourseMissingError.
    """
    return [
        publish(session, code=code, draft=draft, by=by, now=now)
        for code, draft in _drafts(session, effective_from)
        if by_code(session, code) is None
    ]


def _course(session: BoundSession, code: str) -> int:
    course = course_by_code(session, code)
    if course is None:
        raise StarterCourseMissingError(code)
    return course.id


def _drafts(session: BoundSession, effective_from: date) -> Iterator[tuple[str, Draft]]:
    yield (
        "grund-it-teori",
        Draft(
            titles={"sv": "Grundläggande IT: teori", "en": "Basic IT: theory"},
            reasons={
                "sv": "Alla som arbetar i kommunen ska känna till IT-miljön och kunna arbeta säkert i den.",
                "en": "Everyone who works in the municipality is to know its IT and how to work securely in it.",
            },
            course_id=_course(session, "grund-it-teori"),
            effective_from=effective_from,
            first_due_days=90,
            minimum_notice_days=30,
            validity=ForMonths(36),
            minimum_evidence=Evidence.GRADED,
            major_versions=MajorVersions.AT_RENEWAL,
            legal_basis="IT-strategi 2.4",
            owner="Verksamhetschefen",
        ),
    )
    yield (
        "grund-it-praktik",
        Draft(
            titles={"sv": "Grundläggande IT: praktik", "en": "Basic IT: practice"},
            reasons={
                "sv": "Alla ska kunna använda arbetsplatsens dator. En kollega ser att du kan och skriver under.",
                "en": "Everyone is to be able to use the workplace computer. A colleague sees that you can, and signs.",
            },
            course_id=_course(session, "grund-it-praktik"),
            effective_from=effective_from,
            first_due_days=90,
            minimum_notice_days=30,
            minimum_evidence=Evidence.ATTESTED,
            legal_basis="IT-strategi 2.4",
            owner="Verksamhetschefen",
        ),
    )
    yield (
        "introduktion",
        Draft(
            titles={"sv": "Introduktion för nyanställda", "en": "Introduction for new hires"},
            reasons={
                "sv": "Grundutbildningen ingår i introduktionen för nyanställda, så du gör den under din första månad.",
                "en": "The basic training is part of the introduction of new hires, so you take it in your first month.",
            },
            course_id=_course(session, "grund-it-teori"),
            effective_from=effective_from,
            lines=(Line(new_hire_days=0),),
            first_due_days=30,
            minimum_evidence=Evidence.GRADED,
            legal_basis="IT-strategi 2.4",
            owner="Närmaste chef",
        ),
    )
    yield (
        "it-strategi",
        Draft(
            titles={"sv": "Läs och kvittera IT-strategin", "en": "Read and acknowledge the IT strategy"},
            reasons={
                "sv": "Strategin ska vara känd för alla anställda.",
                "en": "All employees are to know the strategy.",
            },
            course_id=_course(session, "it-strategi"),
            effective_from=effective_from,
            first_due_days=30,
            minimum_notice_days=30,
            minimum_evidence=Evidence.READ_AND_ACKNOWLEDGED,
            # Asked again only when the change matters.
            major_versions=MajorVersions.WITHIN_DAYS,
            major_version_days=60,
            legal_basis="IT-strategi 1.3",
            owner="IT-styrgruppen",
        ),
    )
    yield (
        "roll-systemforvaltning",
        Draft(
            titles={
                "sv": "Rollutbildning: systemägare och systemförvaltare",
                "en": "Role training: system owners and administrators",
            },
            reasons={
                "sv": "Du är systemägare eller systemförvaltare. Särskild utbildning hålls regelbundet för dem.",
                "en": "You are a system owner or administrator. Special training is held for them regularly.",
            },
            course_id=_course(session, "systemforvaltning"),
            effective_from=effective_from,
            lines=(Line(duty=DutyKind.SYSTEM_OWNER), Line(duty=DutyKind.SYSTEM_ADMINISTRATOR)),
            first_due_days=60,
            minimum_notice_days=30,
            validity=ForMonths(24),
            renewal_window_days=90,
            minimum_evidence=Evidence.GRADED,
            major_versions=MajorVersions.AT_RENEWAL,
            legal_basis="IT-strategi 2.4",
            owner="IT-ansvarig",
        ),
    )
    yield (
        "roll-lokal-it-resursperson",
        Draft(
            titles={
                "sv": "Rollutbildning: lokal IT-resursperson",
                "en": "Role training: local IT resource person",
            },
            reasons={
                "sv": "Du är lokal IT-resursperson. Särskild utbildning hålls regelbundet för dem.",
                "en": "You are a local IT resource person. Special training is held for them regularly.",
            },
            course_id=_course(session, "lokal-it-resursperson"),
            effective_from=effective_from,
            lines=(Line(duty=DutyKind.LOCAL_IT_RESOURCE_PERSON),),
            first_due_days=60,
            minimum_notice_days=30,
            validity=ForMonths(24),
            renewal_window_days=90,
            minimum_evidence=Evidence.GRADED,
            major_versions=MajorVersions.AT_RENEWAL,
            legal_basis="IT-strategi 2.4",
            owner="IT-ansvarig",
        ),
    )
