"""Taking a pack out of one municipality and into another: what changes, what does not, and what is never in it."""

import json
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting, add_access, add_completion, add_course, add_requirement
from tests.packs.test_files import ABOUT, PACK, course, requirement
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.catalogue.content import EquivalenceDraft
from tracker.catalogue.models import Course, CourseEquivalence, CourseVersion
from tracker.catalogue.operations import publish_course, stop_accepting
from tracker.catalogue.queries import course_by_code, current_version, equivalences
from tracker.cli import main
from tracker.compliance.queries import obligations_of
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind, State
from tracker.domain.programme import Layer, Owner
from tracker.domain.validity import ForMonths
from tracker.drafting.operations import discard_draft, publish_draft
from tracker.drafting.queries import drafts
from tracker.edge import transaction
from tracker.organisation.models import Position
from tracker.packs.archives import read_files, to_zip
from tracker.packs.files import Pack, PackError, read_pack, write_pack
from tracker.packs.operations import PlanChangedError, fingerprint, load_pack
from tracker.packs.queries import Change, UnknownCodeError, pack_of, plan, shipped, shipped_names
from tracker.people.models import Person
from tracker.permissions import system
from tracker.programmes.content import Written as WrittenItem
from tracker.programmes.models import ProgrammeItem, ProgrammeItemVersion
from tracker.programmes.operations import load_items
from tracker.programmes.queries import introduction_of, listed
from tracker.requirements.files import WrittenLine
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.requirements.operations import Line, publish
from tracker.requirements.portable import as_draft
from tracker.systems.models import ItSystem, SystemScope
from tracker.writing import Fault, Problem

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


BOTH_COURSES = (course("gamla"), course("nya"))
DATED = EquivalenceDraft("nya", "gamla", date(2025, 1, 1), date(2026, 6, 30))


def accepting(*equivalences, courses=BOTH_COURSES):
    return Pack(ABOUT, courses, (), (), equivalences)


def test_what_counts_as_what_comes_along(in_kil, in_grums, cast):
    with in_kil() as session:
        load(session, cast, accepting(DATED, EquivalenceDraft("gamla", "nya")))
    with in_kil() as session:
        first = write_pack(pack_from(session))
        assert pack_from(session, courses=["nya"]).equivalences == (), "the other course is not in it"
        assert len(pack_from(session, courses=["gamla", "nya"]).equivalences) == 2
    with in_grums() as session:
        load(session, cast, read_pack(first))
    with in_grums() as session:
        assert write_pack(pack_from(session)) == first
        planned = load(session, cast, read_pack(first))
        assert [one.change for one in planned.equivalences] == [Change.SAME] * 2
        assert not planned.changes
    with in_grums() as session:
        assert session.scalar(select(func.count(CourseEquivalence.id))) == 2
        actions = session.scalars(select(JournalEntry.action)).all()
        assert actions.count("course.equivalence_added") == 2
        (entry,) = session.scalars(select(JournalEntry).where(JournalEntry.action == "pack.loaded"))
        assert entry.details["equivalences"] == ["gamla < nya", "nya < gamla"]


@pytest.mark.parametrize(
    ("completed", "state"), [("2026-06-30", State.VALID), ("2026-07-01", State.OVERDUE), ("2024-12-31", State.OVERDUE)]
)
def test_what_counts_as_what_counts_at_once(in_kil, cast, completed, state):
    anna = cast.people["anna"]
    with in_kil() as session:
        load(session, cast, accepting())
    with in_kil() as session:
        new, old = (course_by_code(session, code) for code in ("nya", "gamla"))
        add_requirement(session, "krav", course_id=new.id, now=NOW)
        add_completion(
            session, anna, current_version(session, old.id, TODAY), on=date.fromisoformat(completed), now=NOW
        )
    with in_kil() as session:
        assert [one.state for one in obligations_of(session, anna, TODAY)] == [State.OVERDUE]
        load(session, cast, accepting(DATED))
    with in_kil() as session:
        assert [one.state for one in obligations_of(session, anna, TODAY)] == [state]


def test_what_counts_on_other_days_here_is_left_alone(in_kil, cast):
    with in_kil() as session:
        load(session, cast, accepting(DATED))
    with in_kil() as session:
        others = (replace(DATED, ends_on=date(2025, 1, 1)), replace(DATED, starts_on=date(2026, 7, 1), ends_on=None))
        changes = [one.change for one in load(session, cast, accepting(*others)).equivalences]
        assert changes == [Change.CONFLICT, Change.NEW]
    with in_kil() as session:
        assert pack_from(session).equivalences == (DATED, others[1])


def test_what_was_taken_back_is_not_in_it(in_kil, cast):
    with in_kil() as session:
        load(session, cast, accepting(DATED))
    with in_kil() as session:
        course = course_by_code(session, "nya")
        (one,) = equivalences(session, course.id)
        stop_accepting(session, course=course, equivalence=one.equivalence, why="fel", by=acting(cast), now=NOW)
    with in_kil() as session:
        assert pack_from(session).equivalences == ()


def test_an_equivalence_of_an_unknown_course_refuses_the_whole_pack(in_grums, cast):
    pack = accepting(DATED, EquivalenceDraft("nya", "okand"))
    with in_grums() as session:
        with pytest.raises(PackError) as refused:
            load(session, cast, pack)
        assert refused.value.problems == (Problem("equivalences.toml", Fault.UNKNOWN_COURSE, {"code": "okand"}),)
    with in_grums() as session:
        assert session.scalars(select(Course)).all() == []
        add_course(session, "okand", now=NOW)
    with in_grums() as session:
        load(session, cast, pack)


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


class TestCommands:
    @pytest.fixture
    def run(self, database, cast, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
        return lambda *arguments: CliRunner().invoke(main, ["pack", *map(str, arguments)])

    def test_from_kil_to_grums_and_back(self, run, filled, tmp_path, in_grums):
        out = ("export", "--municipality", "kil", "--name", "gemensamt", "--author", "Samverkan")
        answer = run(*out, "--output", tmp_path / "a.zip")
        assert (answer.exit_code, answer.output) == (0, f"{tmp_path}/a.zip: 3 requirements, 1 courses\n")
        assert run(*out, "--output", tmp_path / "a").exit_code == 0
        assert read_files(tmp_path / "a") == read_files(tmp_path / "a.zip")
        assert run(*out, "--output", tmp_path / "a").exit_code == 1, "a folder that is there is not written over"
        dry = run("import", "--municipality", "grums", tmp_path / "a.zip", "--dry-run")
        assert dry.exit_code == 0
        assert dry.output.endswith("Nothing was changed.\n")
        with in_grums() as session:
            assert session.scalars(select(Course)).all() == []
        wet = run("import", "--municipality", "grums", tmp_path / "a.zip")
        assert wet.output == dry.output.removesuffix("Nothing was changed.\n")
        assert "requirement alla: new, a draft" in wet.output
        assert "left out, not here or not one only: unit '11'" in wet.output
        again = run("import", "--municipality", "grums", tmp_path / "a")
        assert again.output.count("as here") == 4

    def test_where_nothing_can_be_written_is_told(self, run, tmp_path):
        (tmp_path / "a file").write_text("")
        for output, why in (("a file", "Not a directory"), ("nowhere/a.zip", "No such file or directory")):
            answer = run("export", "--municipality", "kil", "--output", tmp_path / output)
            assert answer.output == f"Error: {tmp_path / output} cannot be written: {why}.\n"

    def test_what_is_wrong_is_told_and_nothing_is_changed(self, run, tmp_path, in_grums):
        (tmp_path / "p").mkdir()
        (tmp_path / "p" / "pack.toml").write_text("format = 1\nname = \n")
        answer = run("import", "--municipality", "grums", tmp_path / "p")
        assert answer.exit_code == 1
        assert "pack.toml: The file cannot be read from line 2, column 8 on." in answer.output
        assert run("import", "--municipality", "grums", tmp_path / "nothing").exit_code == 1
        assert run("import", "--municipality", "nowhere", tmp_path / "p").exit_code == 1
        assert run("export", "--municipality", "kil", "--output", tmp_path / "x", "--course", "borta").exit_code == 1
        with in_grums() as session:
            assert session.scalars(select(JournalEntry)).all() == []

    def test_a_pack_that_comes_with_tracker_is_loaded_by_its_name(self, run, in_grums):
        assert "informationssakerhet: Information security every year (2 requirements, 2 courses)" in run("list").output
        answer = run("import", "--municipality", "grums", "informationssakerhet")
        assert answer.exit_code == 0
        with in_grums() as session:
            assert len(drafts(session)) == 2


def test_the_plan_says_whom_an_equivalence_would_change(in_kil, cast):
    """Anna has taken the old course: that it counts settles the new one's requirement for her, and nobody else."""
    with in_kil() as session:
        new, old = (add_course(session, code, now=NOW) for code in ("nya", "gamla"))
        add_requirement(session, "krav", course_id=new.course_id, now=NOW)
        add_completion(session, cast.people["anna"], old, on=NOW.date(), now=NOW)
    pack = accepting(EquivalenceDraft("nya", "gamla"), courses=())
    with in_kil() as session:
        planned = plan(session, pack, today=NOW.date())
        (one,) = planned.equivalences
        assert one.consequences is not None
        assert one.consequences.people == {cast.people["anna"]}
        looked_at = fingerprint(planned)
        add_completion(session, cast.people["bosse"], old, on=NOW.date(), now=NOW)
    with in_kil() as session, pytest.raises(PlanChangedError):
        load_pack(session, pack=pack, by=acting(cast), now=NOW, today=NOW.date(), expecting=looked_at)
