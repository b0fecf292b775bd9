"""Loading a pack."""

import hashlib
from datetime import date, datetime

from tracker.audit.operations import record
from tracker.catalogue.content import EquivalenceDraft
from tracker.catalogue.operations import accept_completions, publish_course
from tracker.catalogue.queries import course_by_code
from tracker.db import BoundSession
from tracker.drafting.operations import begin_draft, begin_next_version, save_draft
from tracker.municipalities.models import Municipality
from tracker.packs.files import Pack, write_pack
from tracker.packs.models import SentPack
from tracker.packs.queries import Change, Plan, PlannedRequirement, plan
from tracker.permissions import Viewer
from tracker.programmes.operations import load_items
from tracker.requirements.portable import as_draft


class PlanChangedError(Exception):
    """What loading the pack would do is no longer what was looked at."""


def keep_pack(session: BoundSession, *, filename: str, content: bytes, by: Viewer, now: datetime) -> SentPack:
    """Keep a pack that somebody sent, for a look at what it would change. Writes the journal."""
    sent = SentPack(
        filename=filename[:200],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        sent_at=now,
        sent_by_id=by.account_id,
    )
    session.add(sent)
    session.flush()  # Its public id goes into the address.
    record(session, "pack.sent", subject=sent, by=by, sha256=sent.sha256)
    return sent


def note_export(session: BoundSession, *, municipality: Municipality, sha256: str, files: int, by: Viewer) -> None:
    """Write in the journal that somebody took out what the municipality has published, as a pack."""
    record(session, "pack.exported", subject=municipality, by=by, sha256=sha256, files=files)


def load_pack(
    session: BoundSession, *, pack: Pack, by: Viewer, now: datetime, today: date, expecting: str | None = None
) -> Plan:
    """Load a pack: its courses are published where they are new or changed, its requirements become drafts.

    Drafts ask nothing of anyone until they have been weighed and published in the editor. What somebody is drafting is
    left alone. New items of the introduction programme are for those who begin today or later. Completions that count as
    another course's count at once. Loading again changes nothing. Writes the journal. Returns what was done.

    `expecting` is the fingerprint of the plan that somebody looked at. Raises PackError, PlanChangedError.
    """
    planned = plan(session, pack, today=today)
    if expecting is not None and expecting != fingerprint(planned):
        raise PlanChangedError(pack.about.name)
    for course in planned.courses:
        if course.change in {Change.NEW, Change.CHANGED}:
            publish_course(session, draft=course.draft, by=by, now=now, today=today)
    session.flush()
    accepted = [one.draft for one in planned.equivalences if one.change is Change.NEW]
    for one in accepted:
        _accept(session, one, by=by, now=now)
    for requirement in planned.requirements:
        _load_requirement(session, requirement, by=by, now=now, today=today)
    items = [one.written for one in planned.programme if one.change is Change.NEW]
    load_items(session, items, by=by, now=now, effective_from=today)
    if planned.changes:
        record(
            session,
            "pack.loaded",
            subject=session.get_one(Municipality, session.municipality_id),
            by=by,
            pack=pack.about.name,
            version=pack.about.version,
            sha256=sha256(pack),
            courses=[one.draft.code for one in planned.courses if one.change in {Change.NEW, Change.CHANGED}],
            requirements=[
                one.written.code for one in planned.requirements if one.change in {Change.NEW, Change.CHANGED}
            ],
            items=[item.code for item in items],
            equivalences=[f"{one.course} < {one.accepts}" for one in accepted],
        )
    return planned


def _accept(session: BoundSession, one: EquivalenceDraft, *, by: Viewer, now: datetime) -> None:
    course, other = course_by_code(session, one.course), course_by_code(session, one.accepts)
    assert course is not None, one.course  # The plan saw to it.
    assert other is not None, one.accepts
    accept_completions(session, course=course, of=other, starts_on=one.starts_on, ends_on=one.ends_on, by=by, now=now)


def _load_requirement(
    session: BoundSession, one: PlannedRequirement, *, by: Viewer, now: datetime, today: date
) -> None:
    if one.change not in {Change.NEW, Change.CHANGED}:
        return
    course = course_by_code(session, one.written.course)
    assert course is not None  # The plan saw to it.
    draft = as_draft(one.written, course_id=course.id, lines=one.audience.lines, effective_from=today)
    if one.requirement is None:
        begin_draft(session, code=one.written.code, draft=draft, by=by, now=now)
        return
    version = begin_next_version(session, requirement=one.requirement, by=by, now=now, today=today)
    save_draft(session, version=version, draft=draft, revision=version.revision, by=by, now=now)


def sha256(pack: Pack) -> str:
    """Return a pack's fingerprint: of its files, as they would be written."""
    digest = hashlib.sha256()
    for path, content in write_pack(pack).items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def fingerprint(planned: Plan) -> str:
    """Return what stands for a plan: it is another when the pack is, or when what it would change is."""
    said = [sha256(planned.pack)]
    said += [f"{one.draft.code} {one.change}" for one in planned.courses]
    said += [f"{one.written.code} {one.change} {len(one.unmatched)}" for one in planned.requirements]
    said += [f"{one.written.code} {one.change}" for one in planned.programme]
    said += [
        f"{one.draft} {one.change} {one.consequences and one.consequences.fingerprint}" for one in planned.equivalences
    ]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
