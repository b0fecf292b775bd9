"""Taking a pack out of one municipality and into another: what changes, what does not, and what is never in it."""

import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tests.packs.cases import ABOUT, PACK, course, requirement
from tests.packs.conftest import TODAY, load, pack_from
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course, CourseVersion
from tracker.compliance.queries import obligations_of
from tracker.domain.evidence import Evidence
from tracker.domain.validity import ForMonths
from tracker.drafting.operations import publish_draft
from tracker.drafting.queries import drafts
from tracker.organisation.models import Position
from tracker.packs.archives import to_zip
from tracker.packs.files import Pack, PackError, read_pack, write_pack
from tracker.packs.operations import PlanChangedError, fingerprint
from tracker.packs.queries import Change, UnknownCodeError, plan, shipped, shipped_names
from tracker.people.models import Person
from tracker.permissions import system
from tracker.requirements.files import WrittenLine
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.systems.models import ItSystem, SystemScope


def changes(planned):
    return (
        {one.draft.code: one.change for one in planned.courses},
        {one.written.code: one.change for one in planned.requirements},
    )


def test_export_load_and_export_again_is_the_same(filled, in_kil, in_grums, cast):
    with in_kil() as session:
        first = write_pack(pack_from(session, requirements=["alla", "nagra"]))
        assert write_pack(pack_from(session, requirements=["alla", "nagra"])) == first
    with in_grums() as session:
        load(session, cast, read_pack(first))
    with in_grums() as session:
        waiting = drafts(session)
        assert len(waiting) == 2
        for version in waiting:
            version.published_at = NOW
    with in_grums() as session:
        assert write_pack(pack_from(session)) == first
        assert to_zip(write_pack(pack_from(session))) == to_zip(first)


def test_nothing_in_a_pack_names_anybody(filled, in_kil, cast):
    with in_kil() as session:
        said = b"\n".join(write_pack(pack_from(session)).values()).decode()
        names = [
            *session.scalars(select(Person.family_name)),
            *session.scalars(select(Person.employee_number)),
            *session.scalars(select(Person.email)),
            *session.scalars(select(Person.public_id)),
            *session.scalars(select(Account.public_id)),
            *session.scalars(select(Account.display_name)),
        ]
        assert len(names) > 40
        assert [name for name in names if name and name in said] == []
    assert "Bosse" not in said, "an owner that is a person is left out"
    assert "Förvaltningschefen" in said, "one that is a function is not"


def test_loading_publishes_courses_and_asks_nothing_of_anyone(filled, in_kil, in_grums, cast):
    with in_kil() as session:
        pack = pack_from(session)
    with in_grums() as session:
        planned = load(session, cast, pack)
        assert changes(planned) == ({"kurs": Change.NEW}, {"alla": Change.NEW, "egna": Change.NEW, "nagra": Change.NEW})
    with in_grums() as session:
        version = session.scalars(select(CourseVersion)).one()
        assert (version.published_on, version.number) == (TODAY, 1)
        assert session.scalars(select(RequirementVersion.published_at)).all() == [None, None, None]
        assert session.scalars(select(RequirementVersion.effective_from).distinct()).all() == [TODAY]
        assert obligations_of(session, cast.people["omar"], TODAY) == []
        entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "pack.loaded")).one()
        assert entry.details["requirements"] == ["alla", "egna", "nagra"]
        assert entry.details["courses"] == ["kurs"]
        assert json.dumps(entry.details).count("Berg") == 0


def test_loading_again_changes_nothing(filled, in_kil, in_grums, cast):
    with in_kil() as session:
        pack = pack_from(session)
    with in_grums() as session:
        load(session, cast, pack)
    with in_grums() as session:
        planned = load(session, cast, pack)
        assert not planned.changes
        assert set(changes(planned)[1].values()) == {Change.SAME}
    with in_grums() as session:
        assert session.scalar(select(func.count(RequirementVersion.id))) == 3
        loaded = select(func.count(JournalEntry.id)).where(JournalEntry.action == "pack.loaded")
        assert session.scalar(loaded) == 1


def test_a_line_that_names_what_is_not_here_is_left_out_and_told(filled, in_kil, in_grums, cast):
    with in_kil() as session:
        pack = pack_from(session, requirements=["egna"])
    with in_grums() as session:
        planned = plan(session, pack, today=TODAY)
        # Grums has a unit "1", no "11"; no nurses; no such system.
        assert planned.requirements[0].unmatched == (
            WrittenLine(unit="11"),
            WrittenLine(position="Undersköterska", position_code="100"),
            WrittenLine(system="Omsorgsjournalen"),
        )
        session.add(Position(code="351", title="Undersköterska"))
        session.add(ItSystem(code="x", name="Omsorgsjournalen", scope=SystemScope.OPERATION_SPECIFIC, created_at=NOW))
    with in_grums() as session:
        load(session, cast, pack)
    with in_grums() as session:
        assert plan(session, pack, today=TODAY).requirements[0].unmatched == (WrittenLine(unit="11"),)
        assert not plan(session, pack, today=TODAY).changes


def test_a_title_that_stands_for_several_positions_is_settled_by_the_code_or_not_at_all(in_grums, cast):
    line = WrittenLine(position="Lärare", position_code="2")
    pack = Pack(ABOUT, (course(),), (requirement(lines=(line,)),))
    with in_grums() as session:
        session.add_all([Position(code="1", title="Lärare"), Position(code="2", title="Lärare")])
    with in_grums() as session:
        assert plan(session, pack, today=TODAY).requirements[0].unmatched == ()
        unknown = replace(pack, requirements=(requirement(lines=(replace(line, position_code="3"),)),))
        assert len(plan(session, unknown, today=TODAY).requirements[0].unmatched) == 1


def test_what_says_something_else_becomes_the_next_version_as_a_draft(filled, in_kil, cast):
    with in_kil() as session:
        pack = pack_from(session, requirements=["alla"])
        other = replace(
            pack,
            courses=(replace(pack.courses[0], minutes=99),),
            requirements=(replace(pack.requirements[0], validity=ForMonths(24)),),
        )
        assert changes(load(session, cast, other)) == ({"kurs": Change.CHANGED}, {"alla": Change.CHANGED})
    with in_kil() as session:
        assert session.scalars(select(CourseVersion.number).order_by(CourseVersion.number)).all() == [1, 2]
        assert session.scalars(select(CourseVersion.major).distinct()).all() == [1]
        (draft,) = drafts(session)
        assert (draft.number, draft.validity_months) == (2, 24)
        assert [
            one.valid_until for one in obligations_of(session, cast.people["anna"], TODAY) if one.code == "alla"
        ] == [None], "what is published goes on as it was"
    with in_kil() as session:
        assert not plan(session, other, today=TODAY).changes
        third = replace(other, requirements=(replace(pack.requirements[0], validity=ForMonths(36)),))
        assert changes(load(session, cast, third))[1] == {"alla": Change.CONFLICT}
    with in_kil() as session:
        assert drafts(session)[0].validity_months == 24, "what somebody is drafting is left alone"


def test_what_does_not_fit_is_refused_whole(filled, in_kil, in_grums, cast):
    with in_grums() as session:
        with pytest.raises(PackError, match=r"requirements/krav.toml: unknown_course code='okand'"):
            load(session, cast, Pack(ABOUT, (), (requirement(course="okand"),)))
        add_course(session, "kurs", now=NOW).titles = {"sv": "Annan", "en": "Other"}
        session.flush()
        session.scalars(select(Course)).one().kind = "document"
        session.flush()
        with pytest.raises(PackError, match="other_kind theirs='course' ours='document'"):
            load(session, cast, Pack(ABOUT, (course(),), ()))
    with in_grums() as session:
        assert session.scalars(select(Requirement)).all() == []


def test_one_who_looked_gets_what_they_saw(in_grums, cast):
    with in_grums() as session:
        seen = fingerprint(plan(session, PACK, today=TODAY))
        add_course(session, "kurs", now=NOW)
        with pytest.raises(PlanChangedError):
            load(session, cast, PACK, expecting=seen)
        load(session, cast, PACK, expecting=fingerprint(plan(session, PACK, today=TODAY)))


def test_only_some_codes_and_unknown_ones(filled, in_kil):
    with in_kil() as session:
        one = pack_from(session, requirements=["alla"])
        assert ([r.code for r in one.requirements], [c.code for c in one.courses]) == (["alla"], ["kurs"])
        two = pack_from(session, courses=["kurs"])
        assert (two.requirements, [c.code for c in two.courses]) == ((), ["kurs"])
        with pytest.raises(UnknownCodeError, match="borta"):
            pack_from(session, requirements=["borta"])


def test_the_other_municipality_has_nothing_of_it(filled, in_grums):
    with in_grums() as session:
        assert pack_from(session) == Pack(ABOUT, (), ())


def test_what_has_ended_is_not_in_it(cast, in_kil):
    with in_kil() as session:
        version = add_course(session, "a", now=NOW)
        add_requirement(session, "slut", course_id=version.course_id, now=NOW, effective_until=date(2026, 1, 1))
    with in_kil() as session:
        assert pack_from(session, courses=()).requirements == ()


@pytest.mark.parametrize("name", shipped_names())
def test_what_comes_with_tracker_loads_whole(name, in_grums, cast):
    with in_grums() as session:
        planned = load(session, cast, shipped(name))
        assert [one.unmatched for one in planned.requirements if one.unmatched] == []
    with in_grums() as session:
        assert not plan(session, shipped(name), today=TODAY).changes
        version = drafts(session)[0]
        assert version.published_at is None
        assert version.minimum_evidence is not Evidence.SELF_DECLARED


def test_a_loaded_draft_is_published_in_the_editor(in_kil, cast):
    with in_kil() as session:
        load(session, cast, shipped("informationssakerhet"))
    with in_kil() as session:
        by = system(cast.kil, "test")
        management = next(one for one in drafts(session) if "chefer" in one.titles["sv"])
        publish_draft(session, version=management, revision=management.revision, by=by, now=NOW, today=TODAY)
    with in_kil() as session:
        asked = [one.code for one in obligations_of(session, cast.people["bosse"], TODAY)]
        assert asked == ["informationssakerhet-ledning"]
        assert obligations_of(session, cast.people["anna"], TODAY) == []
