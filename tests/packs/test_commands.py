"""`tracker pack`: out, in, and what is told."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course
from tracker.cli import main
from tracker.drafting.queries import drafts
from tracker.packs.archives import read_files


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
