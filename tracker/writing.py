"""Files that people write and read: TOML read field by field, with everything that is wrong and where; and written back.

Nothing here raises for what a file says. What is wrong is noted in a list, so that all of it can be told at once.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, auto
from typing import Any, TypeVar

from tracker.clock import FIRST_DAY, LAST_DAY

LANGUAGES = ("sv", "en")

Files = Mapping[str, bytes]
"""What a folder holds: by path inside it, with slashes."""

E = TypeVar("E", bound=StrEnum)

_LARGEST = 100_000
_LONGEST = 5_000
TITLE = 200
"""So many characters a title has at most: it stands in lists."""


class Fault(StrEnum):
    """What can be wrong with what people write in files. `packs.words` says each in words, with the values named here."""

    # The file itself.
    FILE_MISSING = auto()
    NOT_UTF8 = auto()  # line
    NOT_TOML = auto()  # line, column
    SAID_TWICE = auto()  # line, column
    TOO_DEEP = auto()
    # A field; `example` is how it would be written.
    MISSING = auto()  # name, example
    NOT_TEXT = auto()  # name, example
    NOT_WHOLE = auto()  # name, example
    NOT_NUMBER = auto()  # name, example
    NOT_DAY = auto()  # name, example
    FAR_OFF = auto()  # name, first, last
    NOT_FLAG = auto()  # name, example
    NOT_TABLE = auto()  # name, example
    NOT_TABLES = auto()  # name, example
    NOT_BELONGING = auto()  # name, known
    NOT_ONE_OF = auto()  # name, value, known
    NOT_SEEN = auto()  # name
    TOO_LARGE = auto()  # name, most
    TOO_MANY = auto()  # name, most
    TOO_LONG = auto()  # name, most
    TOO_SMALL = auto()  # name, least
    SILENT = auto()  # language
    BAD_KEY = auto()  # name, value
    TWICE = auto()  # name, value
    # A course.
    NOT_CONTENT = auto()
    NO_MODULES = auto()
    EMPTY = auto()
    NOT_OF_MODULE = auto()
    NOT_A_PICTURE = auto()
    LIVELY_PICTURE = auto()
    UNKNOWN_PICTURE = auto()  # name
    SILENT_PICTURE = auto()  # name
    QUESTIONS = auto()
    PASS_MARK = auto()
    PASS_MARK_PERCENT = auto()
    STEPS = auto()
    STATEMENT = auto()
    NO_ANSWER = auto()
    NEGATIVE_TOLERANCE = auto()
    OPTIONS_OF_NUMBER = auto()
    FEW_OPTIONS = auto()  # least
    ONE_RIGHT = auto()  # number
    NONE_RIGHT = auto()
    COUNTS_AS_ITSELF = auto()
    ENDS_BEFORE_START = auto()
    COUNTS_TWICE = auto()  # course, accepts
    # A requirement that contradicts itself, by the names of domain.requirement.Contradiction; an item of the programme.
    FIRST_DUE = auto()
    NEGATIVE_DAYS = auto()
    VALIDITY = auto()
    RENEWAL_WINDOW = auto()
    ACCEPTED_FROM = auto()
    MAJOR_VERSION_DAYS = auto()
    OFFSET = auto()  # first, last
    OWNER_OR_REQUIREMENT = auto()
    UNIT_OR_POSITION = auto()
    # A pack.
    FORMAT = auto()  # known
    SOURCE_MISSING = auto()
    NOT_OF_PACK = auto()
    UNKNOWN_COURSE = auto()  # code
    OTHER_KIND = auto()  # theirs, ours
    UNKNOWN = auto()  # name, value
    # What holds the files.
    NOT_THERE = auto()
    TOO_MANY_BYTES = auto()  # most, in megabytes
    TOO_MANY_FILES = auto()  # most
    NOT_ZIP = auto()
    LINK = auto()
    ENCRYPTED = auto()
    BAD_PACKING = auto()
    BAD_NAME = auto()
    BAD_TYPE = auto()  # known
    NAME_TWICE = auto()
    INFLATED = auto()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong: where, as the file and the place in it; what; and the values that its words take."""

    where: str
    fault: Fault
    values: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([f"{self.where}: {self.fault}", *(f"{name}={value!r}" for name, value in self.values.items())])

    def within(self, folder: str) -> "Problem":
        """Return the problem as it is told from outside the folder that its file lies in."""
        return replace(self, where=f"{folder}/{self.where}")


class ProblemsError(Exception):
    """Files cannot be used; says everything that is wrong, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep what is wrong."""
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass
class Table:
    """A table of a file. Each field is asked for once; `finish` notes those that nobody asked for."""

    values: Mapping[str, Any]
    where: str
    problems: list[Problem]
    path: str = ""  # as TOML names it
    asked: set[str] = field(default_factory=set)

    def note(self, fault: Fault, **values: str | int) -> None:
        """Note something that is wrong here."""
        self.problems.append(Problem(self.where, fault, values))

    def has(self, name: str) -> bool:
        """Say whether a field is there."""
        return name in self.values

    def text(self, name: str, default: str | None = None, *, most: int = _LONGEST) -> str:
        """Return a text; it must be there if there is no default."""
        value = self._value(name, str, Fault.NOT_TEXT, f'{name} = "…"', default)
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in value or ""):
            self.note(Fault.NOT_SEEN, name=name)
        if len(value or "") > most:
            self.note(Fault.TOO_LONG, name=name, most=most)
        return value or ""

    def number(self, name: str, default: int | None = None, *, least: int = -_LARGEST, most: int = _LARGEST) -> int:
        """Return a whole number; it must be there if there is no default."""
        value = self._value(name, int, Fault.NOT_WHOLE, f"{name} = 10", default)
        if value is None:
            return 0
        if value > most:
            self.note(Fault.TOO_LARGE, name=name, most=most)
        elif value < least:
            self.note(Fault.TOO_SMALL, name=name, least=least)
        return min(max(value, least), most)

    def maybe_number(self, name: str, *, least: int = -_LARGEST, most: int = _LARGEST) -> int | None:
        """Return a whole number, or None if it is not there."""
        return self.number(name, least=least, most=most) if self.has(name) else self.absent(name)

    def maybe_decimal(self, name: str) -> Decimal | None:
        """Return a number, or None if it is not there."""
        if not self.has(name):
            return self.absent(name)
        value = self._value(name, (int, Decimal), Fault.NOT_NUMBER, f"{name} = 2.5", None)
        return None if value is None else Decimal(value)

    def maybe_day(self, name: str) -> date | None:
        """Return a day such as 2026-12-01, or None if it is not there."""
        if not self.has(name):
            return self.absent(name)
        value = self._value(name, date, Fault.NOT_DAY, f"{name} = 2026-12-01", None)
        if value is not None and not FIRST_DAY.year <= value.year <= LAST_DAY.year:
            self.note(Fault.FAR_OFF, name=name, first=FIRST_DAY.year, last=LAST_DAY.year)
        return value.date() if isinstance(value, datetime) else value

    def flag(self, name: str) -> bool:
        """Return whether a field is true; it is false if it is not there."""
        return bool(self._value(name, bool, Fault.NOT_FLAG, f"{name} = true", default=False))

    def choice(self, name: str, kind: type[E], default: E | None = None) -> E | None:
        """Return one of the words of an enumeration; None, noted, if it is none of them."""
        example = f'{name} = "{next(iter(kind))}"'
        value = self._value(name, str, Fault.NOT_TEXT, example, default.value if default else None)
        if value is None or value in set(kind):
            return None if value is None else kind(value)
        self.note(Fault.NOT_ONE_OF, name=name, value=value, known=", ".join(kind))
        return None

    def texts(self, name: str, *, compulsory: bool = True, most: int = _LONGEST) -> dict[str, str]:
        """Return a text by language."""
        table = self.table(name, compulsory=compulsory)
        texts = {language: table.text(language, None if compulsory else "", most=most) for language in LANGUAGES}
        table.finish()
        return texts if compulsory or table.values else {}

    def table(self, name: str, *, compulsory: bool = True) -> "Table":
        """Return a table inside this one; empty if it is not there."""
        path = self._inner(name)
        value = self._value(name, dict, Fault.NOT_TABLE, f"[{path}]", None if compulsory else {})
        return Table(value or {}, f"{self.where}: {name}", self.problems, path)

    def tables(self, name: str) -> list["Table"]:
        """Return the tables of a list, none if it is not there."""
        path = self._inner(name)
        found = self._value(name, list, Fault.NOT_TABLES, f"[[{path}]]", [])
        tables = []
        for number, value in enumerate(found or [], start=1):
            if isinstance(value, dict):
                tables.append(Table(value, f"{self.where}: {name} {number}", self.problems, path))
            else:
                self.note(Fault.NOT_TABLES, name=name, example=f"[[{path}]]")
        return tables

    def _inner(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def finish(self) -> None:
        """Note the fields that nothing asked for: a misspelt one must not be lost in silence."""
        for name in sorted(set(self.values) - self.asked):
            self.note(Fault.NOT_BELONGING, name=name, known=", ".join(sorted(self.asked)))

    def _value(self, name: str, kind: type | tuple[type, ...], wrong: Fault, example: str, default: Any) -> Any:
        self.asked.add(name)
        if name not in self.values:
            if default is None:
                self.note(Fault.MISSING, name=name, example=example)
            return default
        value = self.values[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.note(wrong, name=name, example=example)
            return default
        return value

    def absent(self, name: str) -> None:
        """Say that a field belongs here, though it is not there."""
        self.asked.add(name)


def silent(where: str, texts: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each language in which a text says nothing."""
    for language in LANGUAGES:
        if not texts.get(language, "").strip():
            yield Problem(where, Fault.SILENT, {"language": language})


def twice(where: str, name: str, values: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each value of a field that stands more than once, where each has its own."""
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield Problem(where, Fault.TWICE, {"name": name, "value": value})


def read_text(files: Files, path: str, problems: list[Problem]) -> str:
    """Return a text file's content, with Unix line ends; empty, noted, if it is not there or not UTF-8."""
    content = files.get(path)
    if content is None:
        problems.append(Problem(path, Fault.FILE_MISSING))
        return ""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        problems.append(Problem(path, Fault.NOT_UTF8, {"line": content[: error.start].count(b"\n") + 1}))
        return ""


def read_toml(files: Files, path: str, problems: list[Problem]) -> Table:
    """Return what a TOML file says; empty, noted with the line, if it cannot be read."""
    before = len(problems)
    text = read_text(files, path, problems)
    try:
        return Table(tomllib.loads(text, parse_float=Decimal), path, problems if len(problems) == before else [])
    except tomllib.TOMLDecodeError as error:
        problems.append(_not_toml(path, text, str(error)))
    except (RecursionError, ValueError):
        problems.append(Problem(path, Fault.TOO_DEEP))
    return Table({}, path, [])  # What follows from that is not told.


def _not_toml(path: str, text: str, told: str) -> Problem:
    """Return where a file stops being TOML. The reader of TOML says it in English only, and says why in many ways."""
    at = re.search(r"at line (\d+), column (\d+)", told)
    line, column = map(int, at.groups()) if at else (text.count("\n") + 1, len(text) - text.rfind("\n"))
    # "Cannot overwrite a value", "Cannot declare ('a',) twice", …
    fault = Fault.SAID_TWICE if told.startswith("Cannot ") else Fault.NOT_TOML
    return Problem(path, fault, {"line": line, "column": column})


def write_toml(values: Mapping[str, Any]) -> bytes:
    """Return a TOML file that says some values: always the same for the same values, in their order.

    Tables come after plain values. None is left out.
    """
    return ("\n".join(_lines(values, "")).strip("\n") + "\n").encode()


def _lines(values: Mapping[str, Any], path: str) -> Iterable[str]:
    for name, value in values.items():
        if value is not None and not isinstance(value, (Mapping, list, tuple)):
            yield f"{name} = {_plain(value)}"
    for name, value in values.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            yield from ("", f"[{inner}]", *_lines(value, inner))
        elif isinstance(value, (list, tuple)):
            for one in value:
                yield from ("", f"[[{inner}]]", *_lines(one, inner))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, StrEnum):
        value = value.value
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")  # Typed in a browser before forms saw to it.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)
