"""Files that people write and read: TOML read field by field, with everything that is wrong and where; and written back.

Nothing here raises for what a file says. What is wrong is noted in a list, so that all of it can be told at once.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

LANGUAGES = ("sv", "en")

Files = Mapping[str, bytes]
"""What a folder holds: by path inside it, with slashes."""

E = TypeVar("E", bound=StrEnum)

_LARGEST = 100_000


@dataclass
class Table:
    """A table of a file. Each field is asked for once; `finish` notes those that nobody asked for."""

    values: Mapping[str, Any]
    where: str
    problems: list[str]
    asked: set[str] = field(default_factory=set)

    def note(self, problem: str) -> None:
        """Note something that is wrong here."""
        self.problems.append(f"{self.where}: {problem}")

    def has(self, name: str) -> bool:
        """Say whether a field is there."""
        return name in self.values

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; it must be there if there is no default."""
        value = self._value(name, str, "text", default)
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in value or ""):
            self.note(f"{name} has characters that cannot be seen")
        return value or ""

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number; it must be there if there is no default."""
        value = self._value(name, int, "a whole number", default) or 0
        if abs(value) > _LARGEST:
            self.note(f"{name} is too large")
            return 0
        return value

    def maybe_number(self, name: str) -> int | None:
        """Return a whole number, or None if it is not there."""
        return self.number(name) if self.has(name) else self.absent(name)

    def maybe_decimal(self, name: str) -> Decimal | None:
        """Return a number, or None if it is not there."""
        if not self.has(name):
            return self.absent(name)
        value = self._value(name, (int, Decimal), "a number", None)
        return None if value is None else Decimal(value)

    def maybe_day(self, name: str) -> date | None:
        """Return a day such as 2026-12-01, or None if it is not there."""
        if not self.has(name):
            return self.absent(name)
        value = self._value(name, date, "a day such as 2026-12-01", None)
        return value.date() if isinstance(value, datetime) else value

    def flag(self, name: str) -> bool:
        """Return whether a field is true; it is false if it is not there."""
        return bool(self._value(name, bool, "true or false", default=False))

    def choice(self, name: str, kind: type[E], default: E | None = None) -> E | None:
        """Return one of the words of an enumeration; None, noted, if it is none of them."""
        value = self._value(name, str, "text", default.value if default else None)
        if value is None or value in set(kind):
            return None if value is None else kind(value)
        self.note(f"{name} is {value!r}; it must be one of {', '.join(kind)}")
        return None

    def texts(self, name: str, *, compulsory: bool = True) -> dict[str, str]:
        """Return a text by language."""
        table = self.table(name, compulsory=compulsory)
        texts = {language: table.text(language, None if compulsory else "") for language in LANGUAGES}
        table.finish()
        return texts if compulsory or table.values else {}

    def table(self, name: str, *, compulsory: bool = True) -> "Table":
        """Return a table inside this one; empty if it is not there."""
        value = self._value(name, dict, "a table", None if compulsory else {})
        return Table(value or {}, f"{self.where}: {name}", self.problems)

    def tables(self, name: str) -> list["Table"]:
        """Return the tables of a list, none if it is not there."""
        found = self._value(name, list, "a list of tables", [])
        tables = []
        for number, value in enumerate(found or [], start=1):
            if isinstance(value, dict):
                tables.append(Table(value, f"{self.where}: {name} {number}", self.problems))
            else:
                self.note(f"{name} must be a list of tables")
        return tables

    def finish(self) -> None:
        """Note the fields that nothing asked for: a misspelt one must not be lost in silence."""
        for name in sorted(set(self.values) - self.asked):
            self.note(f"{name} is not a field that belongs here")

    def _value(self, name: str, kind: type | tuple[type, ...], called: str, default: Any) -> Any:
        self.asked.add(name)
        if name not in self.values:
            if default is None:
                self.note(f"{name} is missing")
            return default
        value = self.values[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.note(f"{name} must be {called}")
            return default
        return value

    def absent(self, name: str) -> None:
        """Say that a field belongs here, though it is not there."""
        self.asked.add(name)


def read_text(files: Files, path: str, problems: list[str]) -> str:
    """Return a text file's content, with Unix line ends; empty, noted, if it is not there or not UTF-8."""
    content = files.get(path)
    if content is None:
        problems.append(f"{path} is missing")
        return ""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problems.append(f"{path}: line {line} is not UTF-8; save the file as UTF-8")
        return ""


def read_toml(files: Files, path: str, problems: list[str]) -> Table:
    """Return what a TOML file says; empty, noted with the line, if it cannot be read."""
    before = len(problems)
    text = read_text(files, path, problems)
    try:
        return Table(tomllib.loads(text, parse_float=Decimal), path, problems if len(problems) == before else [])
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        problems.append(f"{path}: {error}")
        return Table({}, path, [])  # What follows from that is not told.


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
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)
