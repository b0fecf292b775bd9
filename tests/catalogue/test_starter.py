"""Loading the courses that come with Tracker."""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting
from tracker.audit.models import JournalEntry
from tracker.catalogue import queries, starter
from tracker.catalogue.models import Course, CourseFile, CourseVersion, Module
from tracker.catalogue.operations import publish_course
from tracker.cli import main

TODAY = NOW.date()


def load(in_kil, cast, codes=None):
    with in_kil() as session:
        return [
            (loaded.code, loaded.version.number if loaded.version else None)
            for loaded in starter.load_starter(session, by=acting(cast), now=NOW, today=TODAY, codes=codes)
        ]


def test_every_course_is_published_with_all_it_holds(in_kil, cast):
    assert load(in_kil, cast) == [(code, 1) for code in starter.known_codes()]
    with in_kil() as session:
        for code in starter.known_codes():
            draft = starter.read(code)
            version = queries.current_version(session, queries.course_by_code(session, code).id, TODAY)
            assert (version.titles, version.major, version.published_on) == (draft.titles, 1, TODAY)
            assert [m.slug for m in queries.modules(session, version.id)] == [m.slug for m in draft.modules]
            assert [p.name for p in queries.pictures(session, version.id)] == [p.name for p in draft.pictures]
        journal = session.scalars(select(JournalEntry.action)).all()
    assert journal.count("course.published") == len(starter.known_codes())


def test_loading_again_changes_nothing(in_kil, cast):
    load(in_kil, cast)
    assert load(in_kil, cast) == [(code, None) for code in starter.known_codes()]
    with in_kil() as session:
        assert session.scalar(select(func.count(CourseVersion.id))) == len(starter.known_codes())


def test_changed_content_is_a_new_version_that_is_not_major(in_kil, cast):
    load(in_kil, cast, ["it-strategi"])
    draft = starter.read("it-strategi")
    with in_kil() as session:
        changed = replace(draft, summaries={"sv": "Ny", "en": "New"})
        version = publish_course(session, draft=changed, by=acting(cast), now=NOW, today=TODAY)
        assert (version.number, version.major) == (2, 1)
        course = queries.course_by_code(session, "it-strategi")
        assert queries.current_version(session, course.id, TODAY).id == version.id
    with in_kil() as session:
        version = publish_course(session, draft=draft, by=acting(cast), now=NOW, today=TODAY, major=True)
        assert (version.number, version.major) == (3, 2)


def test_unknown_course(in_kil, cast):
    with pytest.raises(starter.UnknownStarterCourseError), in_kil() as session:
        starter.load_starter(session, by=acting(cast), now=NOW, today=TODAY, codes=["../accounts"])


def test_other_municipality_gets_none_of_it(in_kil, cast, database):
    load(in_kil, cast)
    with database.bound(cast.grums) as session:
        for model in (Course, CourseVersion, Module, CourseFile):
            assert session.scalar(select(func.count()).select_from(model)) == 0


def test_command(database, cast, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    answer = CliRunner().invoke(main, ["catalogue", "load", "--municipality", "kil", "--course", "it-strategi"])
    assert (answer.exit_code, answer.output) == (0, "it-strategi: version 1 is published\n")
    answer = CliRunner().invoke(main, ["catalogue", "load", "--municipality", "kil", "--course", "it-strategi"])
    assert answer.output == "it-strategi: nothing has changed\n"
    answer = CliRunner().invoke(main, ["catalogue", "load", "--municipality", "kil", "--course", "x"])
    assert answer.exit_code == 1
    assert "No course comes with Tracker under the code x." in answer.output
