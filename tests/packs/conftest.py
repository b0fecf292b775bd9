"""A municipality with something to put in a pack, and one to load it into."""

from datetime import date

import pytest

from tests.conftest import NOW
from tests.factories import acting, add_access, add_completion
from tests.packs.cases import ABOUT, course, requirement
from tracker.catalogue.operations import publish_course
from tracker.domain.facts import DutyKind
from tracker.edge import transaction
from tracker.packs.operations import load_pack
from tracker.packs.queries import pack_of
from tracker.permissions import system
from tracker.requirements.operations import Line, publish
from tracker.requirements.portable import as_draft

TODAY = NOW.date()
LINES = (
    Line(duty=DutyKind.UNIT_MANAGER),
    Line(new_hire_days=30, employment_kind="Tillsvidare"),
)


@pytest.fixture
def in_grums(database, cast):
    return lambda: transaction(database, cast.grums, now=NOW)


@pytest.fixture
def filled(cast, in_kil):
    """Kil has a course and three requirements of its own, and people with facts."""
    own = (Line(unit_id=cast.units["11"]), Line(position_id=cast.position_id), Line(system_id=cast.system_id))
    with in_kil() as session:
        by = acting(cast)
        version = publish_course(session, draft=course(), by=by, now=NOW, today=date(2026, 1, 1))
        for written, lines in (
            (requirement("alla"), (Line(),)),
            (requirement("nagra", owner="Förvaltningschefen", legal_basis="IT-strategi 2.4"), LINES),
            (requirement("egna", owner="Bosse Berg, enhetschef"), own),
        ):
            draft = as_draft(written, course_id=version.course_id, lines=lines, effective_from=date(2026, 2, 1))
            publish(session, code=written.code, draft=draft, by=by, now=NOW)
        add_completion(session, cast.people["anna"], version, on=date(2026, 3, 1), now=NOW)
        add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2026, 1, 1), now=NOW)


def pack_from(session, **chosen):
    return pack_of(session, ABOUT, today=TODAY, **chosen)


def load(session, cast, pack, **more):
    return load_pack(session, pack=pack, by=system(session.municipality_id, "test"), now=NOW, today=TODAY, **more)
