"""Acts on municipalities."""

import re
from datetime import datetime

from sqlalchemy import or_, select

from tracker.db import WideSession
from tracker.municipalities.models import Municipality


class InvalidMunicipalityError(Exception):
    """The code is not four digits, or the short name not one to put in commands and addresses."""


class MunicipalityExistsError(Exception):
    """There is a municipality with this code or short name already."""


def add_municipality(session: WideSession, *, code: str, slug: str, name: str, now: datetime) -> Municipality:
    """Add a municipality, empty: its code as of Statistics Sweden ("1715"), its short name ("kil"), its name.

    Flushes, so that its id is known. Writes no journal, since it has none before it exists; the caller begins it.

    Raises InvalidMunicipalityError, MunicipalityExistsError.
    """
    if re.fullmatch(r"[0-9]{4}", code) is None:
        raise InvalidMunicipalityError("A municipality code is four digits, such as 1715.")
    if re.fullmatch(r"[a-z][a-z0-9-]{0,59}", slug) is None:
        raise InvalidMunicipalityError("A short name is lower-case letters a–z, digits and hyphens, such as kil.")
    taken = select(Municipality.id).where(or_(Municipality.code == code, Municipality.slug == slug))
    if session.scalar(taken) is not None:
        raise MunicipalityExistsError(f"There is a municipality with the code {code} or the short name {slug} already.")
    municipality = Municipality(code=code, slug=slug, name=name, created_at=now)
    session.add(municipality)
    session.flush()
    return municipality
