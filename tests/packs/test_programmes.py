"""The introduction's items in a pack."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting
from tests.packs.cases import ABOUT, course, requirement
from tests.packs.conftest import TODAY, load, pack_from
from tracker.domain.facts import DutyKind
from tracker.domain.programme import Layer, Owner
from tracker.drafting.operations import discard_draft, publish_draft
from tracker.drafting.queries import drafts
from tracker.packs.files import Pack
from tracker.packs.queries import Change, plan
from tracker.people.models import Person
from tracker.permissions import system
from tracker.programmes.content import Written as WrittenItem
from tracker.programmes.models import ProgrammeItem, ProgrammeItemVersion
from tracker.programmes.operations import load_items
from tracker.programmes.queries import introduction_of, listed
from tracker.requirements.files import WrittenLine
from tracker.requirements.models import Requirement


def test_the_programme_comes_along_but_for_what_names_what_is_not_here(filled, in_kil, in_grums, cast):
    with in_kil() as session:
        items = (
            WrittenItem("nycklar", Owner.MANAGER, -3, ABOUT.titles),
            WrittenItem("it", Owner.LEARNER, 20, ABOUT.titles, requirement="alla"),
            WrittenItem("visa-runt", Owner.MANAGER, 0, ABOUT.titles, unit="11"),
        )
        load_items(session, items, by=acting(cast), now=NOW, effective_from=date(2026, 1, 1))
    with in_kil() as session:
        pack = pack_from(session)
        assert sorted(pack.programme, key=lambda one: one.code) == sorted(items, key=lambda one: one.code)
        assert pack_from(session, requirements=["alla"]).programme == ()
    with in_grums() as session:
        planned = load(session, cast, pack)
        there = {one.written.code: (one.change, one.waits, one.missing) for one in planned.programme}
        assert there == {
            "nycklar": (Change.NEW, False, ()),
            "it": (Change.NEW, True, ()),
            "visa-runt": (Change.MISSING, False, ("11",)),
        }
    with in_grums() as session:
        assert {one.code for one in pack_from(session).programme} == {"nycklar"}, (
            "what waits for a draft is not taken out"
        )
        assert changes_of_items(load(session, cast, pack)) == {
            "nycklar": Change.SAME,
            "it": Change.SAME,
            "visa-runt": Change.MISSING,
        }
        other = replace(pack, programme=(replace(items[0], offset=-9),))
        assert plan(session, other, today=TODAY).programme[0].change is Change.CONFLICT


def changes_of_items(planned):
    return {one.written.code: one.change for one in planned.programme}


def test_an_item_of_a_draft_is_met_once_the_requirement_is_published(in_kil, cast):
    """The pack is loaded once: publishing is all that is left to do."""
    bosse = Person.id == cast.people["bosse"]
    item = WrittenItem("it", Owner.LEARNER, 0, ABOUT.titles, requirement="krav")
    pack = Pack(ABOUT, (course(),), (requirement(lines=(WrittenLine(duty=DutyKind.UNIT_MANAGER),)),), (item,))
    with in_kil() as session:
        load(session, cast, pack)
        session.scalars(select(ProgrammeItemVersion)).one().effective_from = date(2020, 1, 1)
    with in_kil() as session:
        assert introduction_of(session, bosse, TODAY) is None
        (line,) = listed(session, TODAY)[Layer.MUNICIPALITY]
        assert line.waits
    with in_kil() as session:
        (draft,) = drafts(session)
        by = system(cast.kil, "test")
        publish_draft(session, version=draft, revision=draft.revision, by=by, now=NOW, today=TODAY)
    with in_kil() as session:
        one = introduction_of(session, bosse, TODAY)
        assert [task.item.code for task in one.tasks] == ["it"]
        assert not one.late(), "nobody is late the day they are told"
        assert not listed(session, TODAY)[Layer.MUNICIPALITY][0].waits


def test_with_a_draft_that_is_discarded_goes_the_item_that_names_it(in_kil, cast):
    items = (
        WrittenItem("it", Owner.LEARNER, 0, ABOUT.titles, requirement="krav"),
        WrittenItem("nycklar", Owner.MANAGER, 0, ABOUT.titles),
    )
    pack = Pack(ABOUT, (course(),), (requirement(),), items)
    with in_kil() as session:
        load(session, cast, pack)
    with in_kil() as session:
        (draft,) = drafts(session)
        discard_draft(session, version=draft, revision=draft.revision, by=acting(cast))
    with in_kil() as session:
        assert session.scalars(select(Requirement)).all() == []
        assert session.scalars(select(ProgrammeItem.code)).all() == ["nycklar"]
        assert changes_of_items(load(session, cast, pack)) == {"it": Change.NEW, "nycklar": Change.SAME}
