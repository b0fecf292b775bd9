"""What a requirement would be if a draft of it were published, as the rules understand it. Nothing is written."""

from tracker.db import BoundSession
from tracker.domain import requirement as rules
from tracker.requirements.models import RequirementVersion
from tracker.requirements.operations import Draft, columns_of
from tracker.requirements.queries import as_rule, course_rules, load_requirements, subtrees

DRAFTED = 0
"""The id of the version that a draft would become; those of published ones are positive, those of its lines negative."""


def with_draft(session: BoundSession, requirement_id: int, draft: Draft) -> rules.Requirement:
    """Return a requirement with its published versions, and a draft as the newest. Eight queries at most.

    Raises domain.requirement.ContradictionError.
    """
    published = load_requirements(session, [requirement_id])
    versions = published[0].versions if published else ()
    drafted = as_rule(RequirementVersion(id=DRAFTED, **columns_of(draft)), _lines(session, draft))
    courses = {version.course_id for version in (*versions, drafted)}
    return rules.Requirement(requirement_id, (*versions, drafted), *course_rules(session, courses))


def _lines(session: BoundSession, draft: Draft) -> list[rules.AudienceLine]:
    units = subtrees(session, {line.unit_id for line in draft.lines if line.unit_id is not None})
    return [
        rules.AudienceLine(
            id=-number,
            excludes=line.excludes,
            units=None if line.unit_id is None else units[line.unit_id],
            position_id=line.position_id,
            employment_kind=line.employment_kind,
            duty=line.duty,
            system_id=line.system_id,
            new_hire_days=line.new_hire_days,
        )
        for number, line in enumerate(draft.lines, start=1)
    ]
