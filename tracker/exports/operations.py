"""Taking lists out. Every time one is taken, the journal says by whom, what it held and how much."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import IO

from tracker import tokens
from tracker.audit.operations import record
from tracker.db import BoundSession
from tracker.exports import queries
from tracker.exports.files import Value, write_csv, write_xlsx
from tracker.permissions import Viewer


class Content(StrEnum):
    """What an export holds."""

    STANDING = "standing"
    COMPLETIONS = "completions"


class Format(StrEnum):
    """The kind of file."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Wording:
    """An export's words in the reader's language; the edge that knows the language passes them in."""

    sheet: str
    header: Sequence[str]
    cells: Callable[[queries.Employee], Iterable[Sequence[Value]]]  # one person's rows


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file. Whoever reads it closes it, and it is gone."""

    public_id: str
    file: IO[bytes]
    rows: int
    sha256: str
    size: int


def write_file(
    session: BoundSession, *, content: Content, kind: Format, chosen: queries.Filter, wording: Wording, by: Viewer
) -> Export:
    """Write the file whole before anyone reads it: a reader never gets half a list.

    Rows go from the database to a temporary file some people at a time, so memory stays constant. Changes nothing; a
    reading session will do, and keeps others from waiting while a long list is written.
    """
    source = queries.standing_of if content is Content.STANDING else queries.completions
    rows = chain.from_iterable(map(wording.cells, source(session, by, chosen)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        number = (
            write_csv(path, wording.header, rows)
            if kind is Format.CSV
            else write_xlsx(path, wording.header, rows, sheet=wording.sheet)
        )
        file = path.open("rb")  # The folder goes; the open file stays until its reader closes it.
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return Export(public_id=tokens.public_id(), file=file, rows=number, sha256=digest, size=size)


def note_export(
    session: BoundSession, export: Export, *, content: Content, kind: Format, details: dict[str, str], by: Viewer
) -> None:
    """Write the journal: who took which list, with which filter (`details`), how many rows, and the file's SHA-256."""
    record(
        session,
        f"export.{content.value}",
        subject=export,
        by=by,
        format=kind.value,
        rows=export.rows,
        sha256=export.sha256,
        **details,
    )


def file_name(content: Content, kind: Format, *, municipality: str, day: date, known_on: date | None = None) -> str:
    """Return a name that sorts and tells: "standing-kil-2026-11-23.csv"."""
    known = f"-known-{known_on:%Y-%m-%d}" if known_on else ""
    return f"{content.value}-{municipality}-{day:%Y-%m-%d}{known}.{kind.value}"
