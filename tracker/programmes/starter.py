"""The introduction programme of the pack for the IT strategy, which every municipality begins with."""

from datetime import date, datetime

from tracker.assets import STRATEGY
from tracker.db import BoundSession
from tracker.domain.programme import Layer
from tracker.permissions import Viewer
from tracker.programmes.content import read
from tracker.programmes.models import ProgrammeItem
from tracker.programmes.operations import load_items

FILE = STRATEGY / "programme.toml"


def load_starter(session: BoundSession, *, by: Viewer, now: datetime, effective_from: date) -> list[ProgrammeItem]:
    """Add the base layer for those who begin on a day or later. Items whose code is there already are left alone.

    Returns what was added. Writes the journal. Raises ContentError for a requirement that is missing.
    """
    return load_items(
        session, read(FILE.read_text("utf-8")), layer=Layer.BASE, by=by, now=now, effective_from=effective_from
    )
