"""Questions about the journal: what it says, and whether its chain is whole."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from tracker.audit.chain import FIRST_HASH, hash_of
from tracker.audit.models import JournalEntry, JournalHead
from tracker.db import BoundSession
from tracker.paging import Page, page_of

PAGE_SIZE = 50
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain. Kept outside the system, it shows later whether entries were cut off or rewritten."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What walking a chain from its beginning found: how many entries are sound, and which is the first that is not."""

    sound: int
    broken_at: int | None

    @property
    def whole(self) -> bool:
        """Whether every entry is as it was written."""
        return self.broken_at is None


def head(session: BoundSession) -> Head:
    """Return the last link of the municipality's chain; number 0 before anything was written."""
    last = session.scalars(select(JournalHead)).one_or_none()
    return Head(last.number, last.hash) if last is not None else Head(0, FIRST_HASH)


def verify(session: BoundSession, *, known: Head | None = None) -> Verification:
    """Walk the municipality's chain from its beginning and compute each hash anew. Reads in batches.

    `known` is a head that was kept outside the system: the entry with its number must still have its hash.
    """
    # The head first: entries that are written while we walk are the next walk's business.
    last = head(session)
    number, previous = 0, FIRST_HASH
    statement = select(JournalEntry).where(JournalEntry.number <= last.number).order_by(JournalEntry.number)
    with session.scalars(statement.execution_options(yield_per=_BATCH)) as entries:
        for entry in entries:
            expected = number + 1
            linked = entry.number == expected and entry.previous_hash == previous and entry.hash == hash_of(entry)
            if not linked or (known is not None and known.number == expected and known.hash != entry.hash):
                return Verification(number, expected)
            number, previous = entry.number, entry.hash
    if number != last.number or previous != last.hash:
        return Verification(number, number + 1 if number != last.number else number)
    if known is not None and known.number > number:
        return Verification(number, number + 1)
    return Verification(number, None)


def entries_page(
    session: BoundSession,
    *,
    action: str | None,
    actor: ColumnElement[bool] | None,
    on: date | None,
    timezone: str,
    number: int,
) -> Page[JournalEntry]:
    """Return a page of the journal, newest first: of one action, by actors that fit a condition, on one local day."""
    statement = select(JournalEntry).order_by(JournalEntry.number.desc())
    if action:
        statement = statement.where(JournalEntry.action == action)
    if actor is not None:
        statement = statement.where(actor)
    if on is not None:
        starts, ends = (
            datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC) for day in (on, on + timedelta(days=1))
        )
        statement = statement.where(JournalEntry.at >= starts, JournalEntry.at < ends)
    page = page_of(session, statement, number=number, size=PAGE_SIZE)
    return Page([row[0] for row in page.rows], page.number, page.total, page.size)


def actions(session: BoundSession) -> list[str]:
    """Return the kinds of act that the journal holds."""
    return list(session.scalars(select(JournalEntry.action).distinct().order_by(JournalEntry.action)))
