"""Acts on rosters: staging a file, and applying what was previewed."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from tracker.audit.operations import record
from tracker.compliance.operations import wait_for_turn
from tracker.db import BoundSession
from tracker.domain.roster import Known, Plan, hidden_rows, plan
from tracker.hr.applying import apply_plan
from tracker.hr.models import ImportState, RosterImport
from tracker.hr.queries import ROSTER_SOURCE, known_before
from tracker.hr.reading import SAMPLE_ROWS, Roster, read_roster
from tracker.permissions import Viewer

# All problems are shown in a preview; so many are kept with an import.
KEPT_PROBLEMS = 1000


class NothingUsableError(Exception):
    """Not one row of the file can be used. The plan holds the problems."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"{plan.rows} rows, none usable")
        self.plan = plan


class LargeChangeError(Exception):
    """The file would change so much that somebody must confirm that it is meant. The plan says what."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(", ".join(guard.value for guard in plan.guards))
        self.plan = plan


class PlanChangedError(Exception):
    """What the file would change is no longer what was previewed. The plan says what it would change now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.digest)
        self.plan = plan


class AlreadyAppliedError(Exception):
    """This import has been applied already, by somebody else or by a second press of the button."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A staged import: the file as it was read, and what it would change now."""

    row: RosterImport
    roster: Roster
    known: Known
    plan: Plan

    @property
    def sample(self) -> list[list[str]]:
        """The first rows of the file as they stand, for the eye; none about people with protected identity."""
        hidden = hidden_rows(self.roster.rows, self.known)
        shown = (cells for number, cells in self.roster.table.rows if number not in hidden)
        return list(islice(shown, SAMPLE_ROWS))


def stage_roster(
    session: BoundSession, *, filename: str, content: bytes, by: Viewer, now: datetime, today: date
) -> Preview:
    """Keep a roster file as it came, with what it would change. Nothing else changes.

    Raises UnreadableFileError.
    """
    roster = read_roster(content)
    known = known_before(session, today)
    planned = plan(roster.rows, known, today=today)
    row = RosterImport(
        filename=filename[-200:],
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        encoding=roster.table.encoding,
        uploaded_at=now,
        uploaded_by_id=by.account_id,
        state=ImportState.PREVIEWED,
        summary=summary_of(planned),
        plan_hash=planned.digest,
    )
    session.add(row)
    session.flush()  # The import's public id marks everything that it brings.
    record(session, "roster.staged", subject=row, by=by, sha256=row.sha256, rows=planned.rows)
    return Preview(row, roster, known, planned)


def plan_roster(session: BoundSession, *, content: bytes, today: date) -> Plan:
    """Return what a roster file would change now. Changes nothing, and keeps nothing. Raises UnreadableFileError."""
    return plan(read_roster(content).rows, known_before(session, today), today=today)


def preview(session: BoundSession, row: RosterImport, *, today: date) -> Preview:
    """Return what a staged import would change now. Changes nothing."""
    roster = read_roster(row.content)
    known = known_before(session, today)
    return Preview(row, roster, known, plan(roster.rows, known, today=today))


def apply_roster(
    session: BoundSession,
    *,
    row: RosterImport,
    expecting: str,
    allow_large_change: bool,
    same: Collection[str] = (),
    by: Viewer,
    now: datetime,
    today: date,
) -> Plan:
    """Do what a staged import would change, if that still is what was previewed (`expecting`, the plan's digest).

    `same` are new numbers in the file, of those that the preview pointed out, which somebody has said are people's we
    know: they get the number instead of there being a second person. Others are ignored.

    Every fact it adds has the source "roster:<public id of the import>". People it brings get accounts. Two imports at
    once wait for each other. Raises AlreadyAppliedError, NothingUsableError, PlanChangedError, LargeChangeError.
    """
    wait_for_turn(session)
    session.refresh(row)
    if row.state is ImportState.APPLIED:
        raise AlreadyAppliedError
    looked_at = preview(session, row, today=today)
    planned = looked_at.plan
    if planned.digest != expecting:
        raise PlanChangedError(planned)
    decided = {
        one.after.employee_number: one.before.employee_number
        for one in planned.renumberings
        if one.after.employee_number in same
    }
    if decided:
        planned = plan(looked_at.roster.rows, looked_at.known, today=today, same=decided)
    _carry_out(session, row, planned, allow_large_change=allow_large_change, by=by, now=now, today=today)
    return planned


def import_roster(
    session: BoundSession,
    *,
    filename: str,
    content: bytes,
    by: Viewer,
    now: datetime,
    today: date,
    allow_large_change: bool = False,
) -> tuple[RosterImport, Plan]:
    """Read a roster, work out what it changes and change it, in one go. A file loaded before changes nothing.

    Raises UnreadableFileError, NothingUsableError, LargeChangeError.
    """
    wait_for_turn(session)
    staged = stage_roster(session, filename=filename, content=content, by=by, now=now, today=today)
    _carry_out(session, staged.row, staged.plan, allow_large_change=allow_large_change, by=by, now=now, today=today)
    return staged.row, staged.plan


def _carry_out(
    session: BoundSession,
    row: RosterImport,
    planned: Plan,
    *,
    allow_large_change: bool,
    by: Viewer,
    now: datetime,
    today: date,
) -> None:
    if not planned.rows_used:
        raise NothingUsableError(planned)
    if planned.needs_confirmation and not allow_large_change:
        raise LargeChangeError(planned)
    apply_plan(session, planned, source=f"{ROSTER_SOURCE}{row.public_id}", by=by, now=now, today=today)
    row.state = ImportState.APPLIED
    row.applied_at = now
    row.summary = summary_of(planned)
    row.plan_hash = planned.digest
    details = {"sha256": row.sha256, "rows": planned.rows_used, "changes": planned.counts}
    record(session, "roster.imported", subject=row, by=by, **details)


def discard_roster(session: BoundSession, *, row: RosterImport, by: Viewer) -> None:
    """Throw away a staged import, with the file. Raises AlreadyAppliedError: what was applied is kept."""
    if row.state is ImportState.APPLIED:
        raise AlreadyAppliedError
    record(session, "roster.discarded", subject=row, by=by, sha256=row.sha256)
    session.delete(row)


def summary_of(planned: Plan) -> dict[str, Any]:
    """Return what is kept of a plan with its import: counts, and problems row by row."""
    return {
        "rows": planned.rows,
        "rows_used": planned.rows_used,
        "counts": planned.counts,
        "leaving": len(planned.leaving),
        "guards": [guard.value for guard in planned.guards],
        "problem_count": len(planned.problems),
        "problems": [
            [problem.row, problem.column, problem.kind.value, list(problem.values)]
            for problem in planned.problems[:KEPT_PROBLEMS]
        ],
    }
