"""What is worth a second thought about a draft before it is published."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from tracker.compliance.whatif import Change, WhatIf
from tracker.domain.periods import later
from tracker.requirements.operations import Draft, Line

NOTICE_DAYS = 14
"""With a shorter minimum notice than this, hardly anybody is told in time."""


class Doubt(StrEnum):
    """Why a draft may not be what was meant."""

    NOBODY = "nobody"  # it is for nobody
    EVERYBODY = "everybody"  # it is for everyone employed, and no line says so
    NO_COURSE = "no_course"  # its course has no published version to take
    DUE_BEFORE_NOTICE = "due_before_notice"  # the notice, not its own date, will decide
    SHORT_NOTICE = "short_notice"  # nobody has time to be told
    IN_THE_PAST = "in_the_past"  # it takes effect before today
    NO_REASON = "no_reason"  # it says to nobody why


def doubts(draft: Draft, preview: WhatIf, *, published_courses: Collection[int], today: date) -> list[Doubt]:
    """Return what is worth a second thought about a draft, given whom it would reach."""
    says_everyone = Line() in draft.lines
    found = {
        Doubt.NOBODY: not preview.people[Change.MATCHED],
        Doubt.EVERYBODY: preview.is_for_all and not says_everyone,
        Doubt.NO_COURSE: draft.course_id not in published_courses,
        Doubt.DUE_BEFORE_NOTICE: _is_due_before_notice(draft),
        Doubt.SHORT_NOTICE: draft.minimum_notice_days < NOTICE_DAYS,
        Doubt.IN_THE_PAST: draft.effective_from < today,
        Doubt.NO_REASON: not all(draft.reasons.get(language, "").strip() for language in ("sv", "en")),
    }
    return [doubt for doubt, is_so in found.items() if is_so]


def _is_due_before_notice(draft: Draft) -> bool:
    if draft.first_due_on is not None:
        return draft.first_due_on < later(draft.effective_from, draft.minimum_notice_days)
    return draft.first_due_days is not None and draft.first_due_days < draft.minimum_notice_days
