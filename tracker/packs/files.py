"""A pack as files: `pack.toml`, a folder for each course in `courses`, a file for each requirement in `requirements`.

`equivalences.toml` says whose completions count as which course's; `programme.toml` holds items of the introduction
programme. A pack may do without any of them.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from tracker.catalogue.content import KEY, CourseDraft, EquivalenceDraft
from tracker.catalogue.files import read_course, read_equivalences, write_course, write_equivalences
from tracker.programmes.content import Written as WrittenItem
from tracker.programmes.content import read_items, write
from tracker.requirements.files import WrittenRequirement, read_requirement, write_requirement
from tracker.writing import TITLE, Fault, Files, Problem, ProblemsError, Table, read_toml, twice, write_toml

FORMAT = 1
ABOUT = "pack.toml"
README = "README.md"
PROGRAMME = "programme.toml"
EQUIVALENCES = "equivalences.toml"


class PackError(ProblemsError):
    """A pack cannot be used."""


class StatementKind(StrEnum):
    """What somebody who weighs a pack must be able to tell apart."""

    LAW = "law"  # a law or directive says so
    DECISION = "decision"  # a decision of the municipality's own, such as its IT strategy
    SUGGESTION = "suggestion"  # the pack's authors suggest it


@dataclass(frozen=True, slots=True)
class Statement:
    """Why something in a pack is as it is."""

    kind: StatementKind
    texts: dict[str, str]
    source: str = ""  # where it can be read; empty for a suggestion


@dataclass(frozen=True, slots=True)
class About:
    """What a pack is: its own name in addresses and commands, and what people are told of it."""

    name: str
    version: str
    titles: dict[str, str]
    descriptions: dict[str, str]
    author: str = ""
    licence: str = ""
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """Courses, requirements and items of the introduction programme, each with a code; and equivalences of courses."""

    about: About
    courses: tuple[CourseDraft, ...] = ()
    requirements: tuple[WrittenRequirement, ...] = ()
    programme: tuple[WrittenItem, ...] = ()
    equivalences: tuple[EquivalenceDraft, ...] = ()


def read_pack(files: Files) -> Pack:
    """Return the pack that files are. Raises PackError with every problem there is."""
    problems: list[Problem] = []
    table = read_toml(files, ABOUT, problems)
    if table.values and table.number("format") != FORMAT:
        raise PackError([Problem(ABOUT, Fault.FORMAT, {"known": FORMAT})])
    about = _read_about(table)
    folders = sorted({path.split("/")[1] for path in files if _in_course(path)})
    written = sorted(path for path in files if re.fullmatch(r"requirements/[^/]+\.toml", path))
    courses = [read_course(files, f"courses/{folder}", problems) for folder in folders]
    requirements = [read_requirement(files, path, problems) for path in written]
    programme = read_items(files, PROGRAMME, problems) if PROGRAMME in files else []
    equivalences = read_equivalences(files, EQUIVALENCES, problems) if EQUIVALENCES in files else []
    read = {ABOUT, README, PROGRAMME, EQUIVALENCES, *written, *(path for path in files if _in_course(path))}
    problems += [Problem(path, Fault.NOT_OF_PACK) for path in sorted(set(files) - read)]
    for folder, codes in (
        ("courses", [course.code for course in courses if course]),
        ("requirements", [requirement.code for requirement in requirements if requirement]),
    ):
        problems += twice(folder, "code", codes)
    if problems:
        raise PackError(problems)
    return Pack(
        about,
        tuple(sorted((one for one in courses if one), key=lambda one: one.code)),
        tuple(sorted((one for one in requirements if one), key=lambda one: one.code)),
        tuple(programme),
        tuple(equivalences),
    )


def _in_course(path: str) -> bool:
    return path.startswith("courses/") and path.count("/") == 2


def _read_about(table: Table) -> About:
    about = About(
        name=table.text("name"),
        version=table.text("version"),
        titles=table.texts("title", most=TITLE),
        descriptions=table.texts("description"),
        author=table.text("author", ""),
        licence=table.text("licence", ""),
        statements=tuple(_read_statement(one) for one in table.tables("statement")),
    )
    table.finish()
    if table.values and (not KEY.fullmatch(about.name) or len(about.name) > 60):
        table.note(Fault.BAD_KEY, name="name", value=about.name)
    return about


def _read_statement(table: Table) -> Statement:
    kind = table.choice("kind", StatementKind) or StatementKind.SUGGESTION
    statement = Statement(kind, table.texts("text"), table.text("source", ""))
    table.finish()
    if kind is not StatementKind.SUGGESTION and not statement.source:
        table.note(Fault.SOURCE_MISSING)
    return statement


def write_pack(pack: Pack) -> dict[str, bytes]:
    """Return a pack as files, by path in order: the same pack always as the same bytes."""
    about = pack.about
    files = {
        ABOUT: write_toml(
            {
                "format": FORMAT,
                "name": about.name,
                "version": about.version,
                "author": about.author or None,
                "licence": about.licence or None,
                "title": about.titles,
                "description": about.descriptions,
                "statement": [
                    {"kind": one.kind, "source": one.source or None, "text": one.texts} for one in about.statements
                ],
            }
        )
    }
    for course in pack.courses:
        files |= {f"courses/{course.code}/{name}": content for name, content in write_course(course).items()}
    for requirement in pack.requirements:
        path = file_of(requirement)
        assert path not in files, path
        files[path] = write_requirement(requirement)
    if pack.programme:
        files[PROGRAMME] = write(pack.programme).encode()
    if pack.equivalences:
        files[EQUIVALENCES] = write_equivalences(pack.equivalences)
    return dict(sorted(files.items()))


def file_of(requirement: WrittenRequirement) -> str:
    """Return the path of a requirement's file, as it is written."""
    return f"requirements/{_file_name(requirement.code)}.toml"


def _file_name(code: str) -> str:
    """Return a requirement's code as a file is called; one that no file could be called so is told by a fingerprint."""
    if re.fullmatch(r"[a-z0-9]+([._-][a-z0-9]+)*", code):
        return code
    plain = re.sub(r"[^a-z0-9]+", "-", code.casefold()).strip("-")
    return f"{plain}-{hashlib.sha256(code.encode()).hexdigest()[:6]}".strip("-")
