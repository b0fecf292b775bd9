"""Acts on batches: looking at a list, doing what was looked at, and undoing it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select

from tracker.audit.operations import record
from tracker.bulk import queries
from tracker.bulk.deciding import Asked, Judged, Judgement, judge, versions_of
from tracker.bulk.models import Act, Batch, BatchItem, BatchState, Outcome, Undone
from tracker.bulk.queries import FACTS, BatchFact, Meant
from tracker.bulk.reading import ListRow
from tracker.catalogue.models import Course
from tracker.compliance.computing import rarely_collecting
from tracker.compliance.operations import wait_for_turn
from tracker.compliance.whatif import Outlook, stored_stretches
from tracker.db import BoundSession, retract
from tracker.domain.evidence import Evidence
from tracker.domain.periods import later
from tracker.exceptions.operations import AskedUntilPastError, EndsBeforeStartError, StartsInPastError
from tracker.learning.many import Done, record_completions
from tracker.learning.models import Completion
from tracker.learning.operations import CourseNotPublishedError
from tracker.many_rows import insert_many
from tracker.permissions import Viewer
from tracker.reminders.forecast import MailChange, mail_changes
from tracker.requirements.models import Requirement


class AlreadyAppliedError(Exception):
    """The batch has been applied already, by somebody else or by a second press of the button."""


class NotAppliedError(Exception):
    """Only what was applied, and has not been undone, can be undone."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be done for everyone on a list: a requirement with its days or due date, or a course and its signer."""

    act: Act
    requirement_id: int | None = None
    course_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    due_on: date | None = None
    completed_on: date | None = None
    reason: str = ""
    signer: str = ""


def stage(
    session: BoundSession,
    *,
    terms: Terms,
    rows: Sequence[ListRow],
    filename: str = "",
    by: Viewer,
    now: datetime,
    today: date,
) -> Batch:
    """Keep a list with what would happen to each row, so that it can be looked at. Nothing else changes.

    Writes the journal. Raises EndsBeforeStartError, StartsInPastError, AskedUntilPastError, CourseNotPublishedError.
    """
    _check(session, terms, today)
    batch = Batch(
        act=terms.act,
        state=BatchState.PREVIEWED,
        requirement_id=terms.requirement_id,
        course_id=terms.course_id,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        due_on=terms.due_on,
        completed_on=terms.completed_on,
        reason=terms.reason,
        signer=terms.signer,
        filename=filename[-200:],
        summary={},
        created_at=now,
        created_by_id=by.account_id,
    )
    session.add(batch)
    session.flush()  # The items refer to it.
    items = [_item(batch, meant) for meant in _once_each(batch, queries.whom(session, by, rows, today))]
    usable = [item for item in items if item["previewed"] is Outcome.DONE]
    with rarely_collecting(len(usable)):
        judgement = judge(session, batch, [_asked(item) for item in usable], by=by, today=today)
    for item, judged in zip(usable, judgement.rows, strict=True):
        item["previewed"] = judged.outcome
        item.update(_effect(judged))
    insert_many(session, BatchItem, items)
    mails = _mails(session, judgement, today)
    batch.summary = _summary(len(items), judgement) | {"mails": mails, "own_days": _days_not_used(batch, rows)}
    record(session, "batch.staged", subject=batch, by=by, act=batch.act.value, rows=len(items))
    return batch


def _check(session: BoundSession, terms: Terms, today: date) -> None:
    if terms.starts_on is not None and terms.ends_on is not None and terms.ends_on < terms.starts_on:
        raise EndsBeforeStartError(terms.ends_on)
    if terms.act is Act.ASSIGN and terms.starts_on is not None and terms.starts_on < today:
        raise StartsInPastError(terms.starts_on)
    if terms.due_on is not None and terms.due_on < today:
        raise AskedUntilPastError(terms.due_on)
    if terms.course_id is not None and not versions_of(session, terms.course_id).rows:
        raise CourseNotPublishedError(terms.course_id)


def _once_each(batch: Batch, found: Sequence[Meant]) -> list[Meant]:
    """Leave each person in once, and each of their completions once for each day; what repeats it says so."""
    seen: set[tuple[int, date | None]] = set()
    once = []
    for meant in found:
        problem = meant.problem
        if meant.person_id is not None:
            key = (meant.person_id, _day(batch, meant.row))
            if batch.act is Act.COMPLETE and meant.row.unreadable:
                problem = Outcome.UNREADABLE_DAY
            elif key in seen:
                problem = Outcome.DUPLICATE
            seen.add(key)
        once.append(Meant(meant.row, meant.person_id, problem))
    return once


def _day(batch: Batch, row: ListRow) -> date | None:
    return (row.day or batch.completed_on) if batch.act is Act.COMPLETE and not row.unreadable else None


def _days_not_used(batch: Batch, rows: Sequence[ListRow]) -> int:
    """Return how many rows say a day although the batch has the same days for everyone."""
    return 0 if batch.act is Act.COMPLETE else sum(bool(row.day or row.unreadable) for row in rows)


def _item(batch: Batch, meant: Meant) -> dict[str, Any]:
    return {
        "batch_id": batch.id,
        "number": meant.row.number,
        "written": meant.row.written,
        "person_id": meant.person_id,
        "day": _day(batch, meant.row),
        "day_written": meant.row.unreadable if batch.act is Act.COMPLETE else "",
        "note": meant.row.note,
        "previewed": meant.problem or Outcome.DONE,
        "was": None,
        "becomes": None,
        "due_on": None,
        "valid_until": None,
    }


def _asked(item: Mapping[str, Any]) -> Asked:
    return Asked(item["person_id"], item["day"], item["note"])


def _effect(judged: Judged) -> dict[str, Any]:
    before, after = judged.effect.before, judged.effect.after
    return {
        "was": before and before.state,
        "becomes": after and after.state,
        "due_on": after and after.due_on,
        "valid_until": after and after.valid_until,
    }


def _summary(rows: int, judgement: Judgement) -> dict[str, Any]:
    excused = [judged.effect.excused.days for judged in judgement.rows if judged.effect.excused]
    return {
        "rows": rows,
        "done": sum(judged.outcome is Outcome.DONE for judged in judgement.rows),
        "excused": {"people": len(excused), "days": sum(excused)},
        "changes": [
            [requirement_id, was and was.value, becomes and becomes.value, number]
            for (requirement_id, was, becomes), number in judgement.changes.most_common()
        ],
    }


def _mails(session: BoundSession, judgement: Judgement, today: date) -> dict[str, int]:
    """Return how many managers' and how many people's weekly mails of the next 30 days change, and which way."""
    outlooks = {}
    for requirement_id, stretches in judgement.stretches.items():
        before = stored_stretches(session, requirement_id, later(today, -7))
        outlooks[requirement_id] = Outlook(today, before, {**before, **stretches})
    changes = mail_changes(session, outlooks, today=today)
    return {
        "added": len(changes.managers(MailChange.NEW)),
        "dropped": len(changes.managers(MailChange.DROPPED)),
        "more": len(changes.more),
        "fewer": len(changes.fewer),
    }


def apply(session: BoundSession, *, batch: Batch, by: Viewer, now: datetime, today: date) -> None:
    """Do what was previewed for each row, all in one transaction. Issues certificates.

    Writes the journal: an entry for each person, as when it is done for them alone, and one for the list.
    Rows are looked at again: one that can no longer be done is left out and says why. One that could not be done is not
    tried again. Every fact that comes of it has the batch as its source. Raises AlreadyAppliedError.
    """
    wait_for_turn(session)
    session.refresh(batch)
    if batch.state is not BatchState.PREVIEWED:
        raise AlreadyAppliedError(batch.public_id)
    items = _items(session, batch)
    visible = queries.visible_ids(session, by, today)
    usable = [item for item in items if item.previewed is Outcome.DONE and item.person_id in visible]
    with rarely_collecting(len(usable)):
        judgement = judge(session, batch, [_asked_again(item) for item in usable], by=by, today=today)
    for item in items:
        item.outcome = Outcome.NOT_FOUND if item.previewed is Outcome.DONE else item.previewed
    for item, judged in zip(usable, judgement.rows, strict=True):
        item.outcome = judged.outcome
        for name, value in _effect(judged).items():
            setattr(item, name, value)
    _carry_out(session, batch, [item for item in usable if item.outcome is Outcome.DONE], by=by, now=now, today=today)
    batch.state = BatchState.APPLIED
    batch.applied_at = now
    batch.summary = batch.summary | _summary(len(items), judgement)
    record(session, "batch.applied", subject=batch, by=by, act=batch.act.value, done=batch.summary["done"])


def _items(session: BoundSession, batch: Batch) -> list[BatchItem]:
    return list(session.scalars(select(BatchItem).where(BatchItem.batch_id == batch.id).order_by(BatchItem.number)))


def _asked_again(item: BatchItem) -> Asked:
    assert item.person_id is not None  # It was usable.
    return Asked(item.person_id, item.day, item.note)


def _carry_out(
    session: BoundSession, batch: Batch, items: Sequence[BatchItem], *, by: Viewer, now: datetime, today: date
) -> None:
    if batch.act is Act.COMPLETE:
        course = session.get_one(Course, batch.course_id)
        versions = versions_of(session, course.id)
        done = [
            Done(item.person_id, item.day, versions.on(item.day), ", ".join(filter(None, (batch.signer, item.note))))
            for item in items
            if item.person_id is not None and item.day is not None
        ]
        record_completions(session, course=course, done=done, source=batch.source, by=by, now=now, today=today)
    else:
        same = {
            "requirement_id": batch.requirement_id,
            "reason": batch.reason,
            "recorded_at": now,
            "recorded_by_id": by.account_id,
            "source": batch.source,
        } | (
            {"granted_on": today, "due_on": batch.due_on}
            if batch.act is Act.EXTEND
            else {"starts_on": batch.starts_on, "ends_on": batch.ends_on}
        )
        insert_many(session, FACTS[batch.act], [{"person_id": item.person_id, **same} for item in items])
    _note(session, batch, _DONE[batch.act], queries.facts_of(session, batch), by=by, **_said(session, batch))


_DONE = {
    Act.ASSIGN: "assignment.made",
    Act.EXEMPT: "exemption.granted",
    Act.EXTEND: "extension.granted",
    Act.COMPLETE: "completion.recorded",
}
_UNDONE = {
    Act.ASSIGN: "assignment.ended",
    Act.EXEMPT: "exemption.ended",
    Act.EXTEND: "extension.withdrawn",
    Act.COMPLETE: "completion.revoked",
}


def _said(session: BoundSession, batch: Batch) -> dict[str, Any]:
    """Return what the journal says of each fact of a batch alike."""
    if batch.act is Act.COMPLETE:
        return {"course": session.get_one(Course, batch.course_id).code, "evidence": Evidence.ATTESTED.value}
    requirement = {"requirement": session.get_one(Requirement, batch.requirement_id).code}
    if batch.due_on is not None:
        return requirement | {"due_on": batch.due_on.isoformat()}
    assert batch.starts_on is not None  # As the table's checks say.
    return requirement | {
        "starts_on": batch.starts_on.isoformat(),
        "ends_on": batch.ends_on.isoformat() if batch.ends_on else None,
    }


def _note(
    session: BoundSession, batch: Batch, action: str, facts: Sequence[BatchFact], *, by: Viewer, **said: Any
) -> None:
    """Write the journal of each fact as of one that is recorded or taken back alone, and which batch it was."""
    people = queries.public_ids(session, batch)
    for fact in facts:
        day = {"completed_on": fact.completed_on.isoformat()} if isinstance(fact, Completion) else {}
        record(
            session, action, subject=fact, by=by, person=people[fact.person_id], batch=batch.public_id, **said, **day
        )


def discard(session: BoundSession, *, batch: Batch, by: Viewer) -> None:
    """Throw away a list that was looked at and not applied. Writes the journal. Raises AlreadyAppliedError."""
    if batch.state is not BatchState.PREVIEWED:
        raise AlreadyAppliedError(batch.public_id)
    record(session, "batch.discarded", subject=batch, by=by, act=batch.act.value)
    session.execute(
        delete(BatchItem).where(BatchItem.batch_id == batch.id), execution_options={"synchronize_session": False}
    )
    session.delete(batch)


def undo(session: BoundSession, *, batch: Batch, why: str, by: Viewer, now: datetime, today: date) -> None:
    """Take back the facts of a batch that still stand, with a reason; certificates are then confirmed as withdrawn.

    What was taken back or ended already stays as it is; so does what is about oneself, or about people whom one no longer
    sees. Each row says so. Writes the journal. Raises NotAppliedError.
    """
    wait_for_turn(session)
    session.refresh(batch)
    if batch.state is not BatchState.APPLIED:
        raise NotAppliedError(batch.public_id)
    # Of two for the same row the one that stands comes last, and counts: merging persons retracts facts and adds the same.
    facts = {_key(fact): fact for fact in queries.facts_of(session, batch)}
    visible = queries.visible_ids(session, by, today)
    taken_back = []
    told: Counter[Undone] = Counter()
    for item in _items(session, batch):
        if item.outcome is not Outcome.DONE or item.person_id is None:
            continue
        fact = facts.get((item.person_id, item.day))
        if fact is None or fact.retracted_at is not None:
            undone = Undone.GONE
        elif item.person_id == by.person_id:
            undone = Undone.ONESELF
        elif item.person_id not in visible:
            undone = Undone.NOT_SEEN
        else:
            undone = Undone.TAKEN_BACK
            taken_back.append(fact)
        item.undone = undone
        told[undone] += 1
    retract(taken_back, now=now, by_id=by.account_id, why=why)
    _note(session, batch, _UNDONE[batch.act], taken_back, by=by)
    batch.state = BatchState.UNDONE
    batch.undone_at = now
    batch.undone_by_id = by.account_id
    batch.undone_why = why
    record(
        session,
        "batch.undone",
        subject=batch,
        by=by,
        act=batch.act.value,
        **{what.value: number for what, number in told.items()},
    )


def _key(fact: BatchFact) -> tuple[int, date | None]:
    return (fact.person_id, fact.completed_on if isinstance(fact, Completion) else None)


def note_taken(session: BoundSession, *, batch: Batch, rows: int, by: Viewer) -> None:
    """Write the journal: who took the rows of a batch as a file."""
    record(session, "batch.taken", subject=batch, by=by, rows=rows)
