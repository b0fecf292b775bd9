"""The house stays as docs/architecture.md draws it."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tracker.config import SETTINGS, Config, ConfigurationError, from_environment
from tracker.models import metadata
from tracker.tables import Confined, Model

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "tracker").rglob("*.py"))

# Each place that opens a session across municipalities. Whoever adds one adds it here, and says so in review.
WIDE = {
    "accounts/operations.py": 2,  # whose the cookie or the identifier is, before any municipality is known
    "accounts/throttling.py": 4,  # attempts are counted by identifier and address, not by municipality
    "accounts/views.py": 2,  # whose a one-time link or a forgotten password is
    "cli/installation.py": 3,  # adding and naming municipalities
    "compliance/views.py": 1,  # which municipalities' figures the coordination group looks back on
    "dashboards/views.py": 1,  # the coordination group's figures
    "demo/accounts.py": 1,  # finding the municipality shown
    "demo/building.py": 1,  # adding the demo's municipalities
    "cli/running.py": 1,  # what has run, for the operator
    "jobs/operations.py": 2,  # the scheduler's lease
    "learning/views/certificates.py": 1,  # a certificate's code says nothing of its municipality
    "mail/operations.py": 1,  # claiming what waits
    "mail/views.py": 2,  # the operator's outbox
    "scheduler.py": 1,  # which municipalities there are
    "web/views.py": 1,  # whether a scheduler is active, asked by nobody in particular
}

# Only the edge commits what people did; the rest are transactions of the machinery's own, each with its reason.
COMMITS = {
    "edge.py": 1,
    "accounts/operations.py": 1,  # when a session was last used
    "accounts/throttling.py": 3,  # a failed attempt outlives the refusal
    "cli/installation.py": 1,  # a municipality has no session of its own before it exists
    "demo/building.py": 1,  # likewise
    "jobs/operations.py": 2,  # the lease
    "mail/operations.py": 2,  # claiming a mail, and its outcome
    "scheduler.py": 1,  # that a job failed
}


def occurrences(pattern: str) -> dict[str, int]:
    """How often a pattern occurs in each source file, where it does."""
    found = Counter()
    for path in SOURCES:
        number = len(re.findall(pattern, path.read_text()))
        if number:
            found[str(path.relative_to(ROOT / "tracker"))] += number
    return dict(found)


def test_sessions_across_municipalities_are_opened_where_we_know_of_it():
    assert occurrences(r"\.wide\(") == WIDE


def test_only_the_edge_commits():
    assert occurrences(r"\.commit\(\)") == COMMITS


def test_every_table_belongs_to_a_municipality_or_says_that_it_is_shared():
    for mapper in Model.registry.mappers:
        assert issubclass(mapper.class_, Confined) != mapper.class_.__shared__, mapper.class_.__name__


def test_every_column_that_names_another_row_is_held_by_a_key():
    for table in metadata.tables.values():
        held = {column.name for key in table.foreign_key_constraints for column in key.columns}
        named = {column.name for column in table.columns if column.name.endswith("_id")}
        assert named - held - {"public_id", "message_id"} == set(), table.name


def test_every_act_leaves_a_journal_entry():
    """A public operation with an actor (`by`) records, or hands its actor on to one that does."""
    silent = []
    for path in SOURCES:
        if path.name != "operations.py" and "operations" not in path.parent.name:
            continue
        for function in ast.parse(path.read_text()).body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            arguments = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            records = any(isinstance(call.func, ast.Name) and call.func.id == "record" for call in calls)
            hands_on = any(keyword.arg == "by" for call in calls for keyword in call.keywords)
            if "by" in arguments and not records and not hands_on and function.name not in READS_ONLY:
                silent.append(f"{path.relative_to(ROOT)}:{function.name}")
    assert silent == []


# These take an actor to know what they may see, and change nothing that people would ask about.
READS_ONLY = {
    "record",  # the journal itself
    "write_file",  # note_export writes the entry
    "stage_roster",  # a preview; applying or discarding it is the act
    "refuse_merge",
    "refuse_undo",
    "check_may_sign",
    "check_assignment",
    "check_exemption",
    "check_extension",
    "confirm_password",
    "save_answers",  # part of an attempt, which is recorded when it ends
}


def test_every_setting_is_documented():
    told = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/configuration.md").read_text(), flags=re.MULTILINE))
    assert told == set(SETTINGS)


def test_every_word_of_the_glossary_is_there_in_both_languages():
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs/glossary.md").read_text(), flags=re.MULTILINE
    )
    assert len(rows) > 25
    assert all(cell.strip() for row in rows for cell in row)


SAFE = {
    "TRACKER_ENVIRONMENT": "production",
    "SECRET_KEY": "x" * 32,
    "TRUSTED_HOSTS": "tracker.kil.example",
    "TRACKER_BASE_URL": "https://tracker.kil.example",
    "SMTP_HOST": "smtp.kil.example",
}


def test_a_safe_production_starts():
    config = from_environment(SAFE)
    assert config.production
    assert config.trusted_hosts == ("tracker.kil.example",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", Config().secret_key),
        ("SECRET_KEY", "short"),
        ("TRUSTED_HOSTS", ""),
        ("TRACKER_BASE_URL", "http://tracker.kil.example"),
        ("SMTP_HOST", ""),
        ("TRACKER_ENVIRONMENT", "prod"),
        ("SMTP_PORT", "twenty-five"),
        ("TRACKER_MAIL_PAUSED", "perhaps"),
    ],
)
def test_an_unsafe_or_unclear_one_does_not(name, value):
    with pytest.raises(ConfigurationError, match=name):
        from_environment({**SAFE, name: value})


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "secret").write_text("y" * 40 + "\n")
    config = from_environment({**SAFE, "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "secret")})
    assert config.secret_key == "y" * 40


def test_the_wheel_carries_templates_static_files_migrations_and_texts(tmp_path):
    import zipfile

    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for expected in (
        "tracker/_assets/templates/base.html",
        "tracker/_assets/static/css/tokens.css",
        "tracker/_assets/migrations/env.py",
        "tracker/translations/sv/LC_MESSAGES/messages.mo",
        "tracker/shipped/strategi/courses/grund-it-teori/course.toml",
        "tracker/shipped/strategi/courses/grund-it-teori/it-miljo.svg",
        "tracker/demo/data/kil-2026-11-23.csv",
        "tracker/learning/certificate.typ",
    ):
        assert expected in names
