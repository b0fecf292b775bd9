"""Questions about the municipalities of this installation."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.municipalities.models import Municipality


def by_slug(session: Session, slug: str) -> Municipality | None:
    """Return a municipality by its short name, such as "kil"."""
    return session.scalars(select(Municipality).where(Municipality.slug == slug)).one_or_none()


def everyone(session: Session) -> list[Municipality]:
    """Return all municipalities of the installation, by name."""
    return list(session.scalars(select(Municipality).order_by(Municipality.name)))
