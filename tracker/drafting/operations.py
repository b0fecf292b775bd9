"""Acts on drafts of requirements, up to their publication; and the end of a requirement."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete, select

from tracker.audit.operations import record
from tracker.compliance.whatif import WhatIf, what_if
from tracker.db import BoundSession
from tracker.drafting.queries import draft_of
from tracker.permissions import Viewer
from tracker.programmes.operations import drop_items_of
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion
from tracker.requirements.operations import Draft, add_lines, add_version, check_publishable, columns_of, said_by
from tracker.requirements.queries import as_rule, by_code, in_charge, lines_of, published_versions


class CodeTakenError(Exception):
    """Another requirement has this code."""


class DraftChangedError(Exception):
    """Somebody saved, published or discarded the draft meanwhile: what was decided was decided about something else."""


class SecondPersonError(Exception):
    """A requirement for all staff is published by another than who drafted it and asked for its approval."""


class NothingPublishedError(Exception):
    """A requirement of which nothing is published can be neither continued nor retired."""


class RetiredAlreadyError(Exception):
    """A requirement ends on the day asked for, or earlier."""


class NotInEffectError(Exception):
    """A requirement would end before it takes effect, on the day the error tells."""

    def __init__(self, effective_from: date) -> None:
        super().__init__(effective_from.isoformat())
        self.effective_from = effective_from


def begin_draft(session: BoundSession, *, code: str, draft: Draft, by: Viewer, now: datetime) -> RequirementVersion:
    """Begin a new requirement, as a draft: it asks nothing of anyone. Writes the journal.

    Raises CodeTakenError, domain.requirement.ContradictionError.
    """
    if by_code(session, code) is not None:
        raise CodeTakenError(code)
    requirement = Requirement(code=code, created_at=now)
    session.add(requirement)
    session.flush()  # Its version needs its id.
    return _begun(session, requirement, draft, by=by, now=now)


def begin_next_version(
    session: BoundSession, *, requirement: Requirement, by: Viewer, now: datetime, today: date
) -> RequirementVersion:
    """Begin a requirement's next version as a draft that says what the newest does, from today; or return the one begun.

    Writes the journal. Raises NothingPublishedError.
    """
    # Two who begin at once get the same draft.
    session.scalars(select(Requirement.id).where(Requirement.id == requirement.id).with_for_update()).one()
    if (begun := draft_of(session, requirement.id)) is not None:
        return begun
    versions = published_versions(session, requirement.id)
    if not versions:
        raise NothingPublishedError(requirement.code)
    says = said_by(versions[0], lines_of(session, versions[0].id))
    draft = replace(says, effective_from=max(today, says.effective_from), effective_until=None)
    return _begun(session, requirement, draft, by=by, now=now)


def _begun(
    session: BoundSession, requirement: Requirement, draft: Draft, *, by: Viewer, now: datetime
) -> RequirementVersion:
    version = add_version(session, requirement, draft, saved_at=now, saved_by_id=by.account_id)
    record(
        session, "requirement.draft_begun", subject=requirement, by=by, code=requirement.code, version=version.number
    )
    return version


def save_draft(
    session: BoundSession, *, version: RequirementVersion, draft: Draft, revision: int, by: Viewer, now: datetime
) -> None:
    """Let a draft say something else. `revision` is the one that was changed; approval asked for must be asked anew.

    Writes the journal. Raises DraftChangedError, domain.requirement.ContradictionError.
    """
    _lock(session, version, revision)
    columns = columns_of(draft)
    as_rule(RequirementVersion(id=version.id, **columns), lines=())  # Raises if it contradicts itself.
    for name, value in columns.items():
        setattr(version, name, value)
    version.revision += 1
    version.saved_at, version.saved_by_id, version.asked_by_id = now, by.account_id, None
    _remove_lines(session, version)
    add_lines(session, version, draft.lines)
    _record(session, "requirement.draft_saved", version, by=by)


def discard_draft(session: BoundSession, *, version: RequirementVersion, revision: int, by: Viewer) -> None:
    """Throw a draft away. If nothing was ever published, so go the requirement and what names it. Writes the journal.

    Raises DraftChangedError.
    """
    _lock(session, version, revision)
    requirement = _record(session, "requirement.draft_discarded", version, by=by)
    _remove_lines(session, version)
    session.delete(version)
    session.flush()  # Before the requirement that it refers to.
    if not published_versions(session, requirement.id):
        drop_items_of(session, requirement_id=requirement.id, by=by)
        session.delete(requirement)
        session.flush()  # A requirement that something refers to is to fail here.


def ask_approval(session: BoundSession, *, version: RequirementVersion, revision: int, by: Viewer) -> None:
    """Ask a second person to publish a draft. Writes the journal.

    Raises DraftChangedError, requirements.operations.NoAudienceError and MissingTextError.
    """
    _lock(session, version, revision)
    check_publishable(said_by(version, lines_of(session, version.id)))
    version.asked_by_id = by.account_id
    _record(session, "requirement.approval_asked", version, by=by)


def may_publish(version: RequirementVersion, preview: WhatIf, viewer: Viewer) -> bool:
    """Say whether somebody may publish a draft: one for all staff takes a second person, asked by the first."""
    if not preview.is_for_most:
        return True
    return version.asked_by_id is not None and viewer.account_id not in {None, version.asked_by_id, version.saved_by_id}


def publish_draft(
    session: BoundSession, *, version: RequirementVersion, revision: int, by: Viewer, now: datetime, today: date
) -> None:
    """Publish a draft: from now on it cannot be changed. Everybody's obligations are recomputed when the act ends.

    Writes the journal. Raises DraftChangedError, SecondPersonError, and what `requirements.operations.publish` does.
    """
    _lock(session, version, revision)
    draft = said_by(version, lines_of(session, version.id))
    check_publishable(draft)
    day = max(today, draft.effective_from)
    if not may_publish(version, what_if(session, requirement_id=version.requirement_id, draft=draft, day=day), by):
        raise SecondPersonError
    version.published_at, version.published_by_id = now, by.account_id
    requirement = session.get_one(Requirement, version.requirement_id)
    record(
        session,
        "requirement.published",
        subject=requirement,
        by=by,
        code=requirement.code,
        version=version.number,
        effective_from=version.effective_from.isoformat(),
    )


def ending_on(session: BoundSession, requirement: Requirement, last_day: date) -> RequirementVersion:
    """Return the version that would end if a requirement's last day were this.

    Raises NothingPublishedError, NotInEffectError, RetiredAlreadyError.
    """
    ending = in_charge(published_versions(session, requirement.id), last_day)
    if ending is None:
        raise NothingPublishedError(requirement.code)
    if ending.effective_from > last_day:
        raise NotInEffectError(ending.effective_from)
    if ending.effective_until is not None and ending.effective_until <= last_day:
        raise RetiredAlreadyError(requirement.code)
    return ending


def retire(
    session: BoundSession, *, requirement: Requirement, last_day: date, by: Viewer, now: datetime
) -> RequirementVersion:
    """End a requirement after a day. What was published stays as it was: the end is a version of its own, of that day.

    What was completed stays, and counts if the requirement is ever taken up again. Writes the journal.

    Raises what `ending_on` does.
    """
    ending = ending_on(session, requirement, last_day)
    says = said_by(ending, lines_of(session, ending.id))
    draft = replace(says, effective_from=last_day, effective_until=last_day)
    version = add_version(session, requirement, draft, published_at=now, published_by_id=by.account_id)
    record(
        session,
        "requirement.retired",
        subject=requirement,
        by=by,
        code=requirement.code,
        version=version.number,
        last_day=last_day.isoformat(),
    )
    return version


def _lock(session: BoundSession, version: RequirementVersion, revision: int) -> None:
    """Hold the draft until the act ends, and see that it is the one that was looked at.

    Raises DraftChangedError.
    """
    held = session.scalars(
        select(RequirementVersion)
        .where(RequirementVersion.id == version.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if held is None or held.published_at is not None or held.revision != revision:
        raise DraftChangedError


def _remove_lines(session: BoundSession, version: RequirementVersion) -> None:
    session.execute(delete(AudienceLine).where(AudienceLine.requirement_version_id == version.id))


def _record(session: BoundSession, action: str, version: RequirementVersion, *, by: Viewer) -> Requirement:
    """Write an act on a draft in the journal; return the requirement it is of."""
    requirement = session.get_one(Requirement, version.requirement_id)
    record(
        session,
        action,
        subject=requirement,
        by=by,
        code=requirement.code,
        version=version.number,
        revision=version.revision,
    )
    return requirement
