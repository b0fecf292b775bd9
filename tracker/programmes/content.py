"""Items of a programme as a file says them: TOML that people can read, that is loaded, and written back.

    [[item]]
    code = "konto"          # what it is called in files; stays the same when its words change
    owner = "it"            # learner, manager, it or hr
    offset = -3             # due: working days from the first day; below 0 before it
    unit = "11"             # only for who begins in or below this unit (its code), or …
    position = { code = "206000", title = "Undersköterska" }  # … as this

    [item.title]
    sv = "Skapa konto och e-post"
    en = "Create the account and e-mail"

    [item.help]             # may be left out
    …

Instead of an `owner`, an item may name the code of a `requirement`: it is the learner's, and done when that is in order.
"""

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.programme import Owner

LANGUAGES = ("sv", "en")
OFFSETS = range(-60, 121)

Texts = dict[str, str]


class ContentError(Exception):
    """What a file says about items is not complete or contradicts itself; says everything that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep what is wrong, one sentence each."""
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Written:
    """An item as written: units, positions and requirements by their codes, which mean the same in every municipality."""

    code: str
    owner: Owner
    offset: int
    titles: Texts
    helps: Texts = field(default_factory=dict)
    requirement: str | None = None
    unit: str | None = None
    position: tuple[str, str] | None = None  # code and title


def read(text: str) -> list[Written]:
    """Return the items that a file says. Raises ContentError."""
    try:
        rows = tomllib.loads(text).get("item", [])
    except tomllib.TOMLDecodeError as error:
        raise ContentError([str(error)]) from error
    problems = [problem for number, row in enumerate(rows, 1) for problem in _problems(row, number)]
    codes = [row.get("code") for row in rows]
    problems += [f"{code}: named twice" for code in sorted({code for code in codes if codes.count(code) > 1})]
    if problems:
        raise ContentError(problems)
    return [_item(row) for row in rows]


def _problems(row: dict[str, Any], number: int) -> list[str]:
    name = row.get("code") or f"item {number}"
    found = [f"{name}: {key} is missing" for key in ("code", "offset", "title") if row.get(key) is None]
    if row.get("offset") is not None and row["offset"] not in OFFSETS:
        found.append(f"{name}: offset is a whole number from {OFFSETS[0]} to {OFFSETS[-1]}")
    if ("owner" in row) == ("requirement" in row):
        found.append(f"{name}: say either an owner or a requirement")
    elif "owner" in row and row["owner"] not in set(Owner):
        found.append(f"{name}: owner is one of {', '.join(Owner)}")
    if "unit" in row and "position" in row:
        found.append(f"{name}: say either a unit or a position")
    if "position" in row and set(row["position"]) != {"code", "title"}:
        found.append(f"{name}: a position has a code and a title")
    return found + [
        f"{name}: {key} is needed in {' and '.join(LANGUAGES)}"
        for key in ("title", "help")
        if row.get(key) is not None and not all(row[key].get(language) for language in LANGUAGES)
    ]


def _item(row: dict[str, Any]) -> Written:
    position = row.get("position")
    return Written(
        code=row["code"],
        owner=Owner(row.get("owner", Owner.LEARNER)),
        offset=row["offset"],
        titles=row["title"],
        helps=row.get("help", {}),
        requirement=row.get("requirement"),
        unit=row.get("unit"),
        position=(position["code"], position["title"]) if position else None,
    )


def write(items: Iterable[Written]) -> str:
    """Return the file that says the items. `read` is its inverse."""
    return "\n".join(_written(item) for item in items)


def _written(item: Written) -> str:
    named = {"code": item.code}
    named |= {"requirement": item.requirement} if item.requirement else {"owner": item.owner.value}
    lines = ["[[item]]", *_strings(named), f"offset = {item.offset}"]
    if item.unit is not None:
        lines += _strings({"unit": item.unit})
    if item.position is not None:
        code, title = (_string(part) for part in item.position)
        lines.append(f"position = {{ code = {code}, title = {title} }}")
    lines += ["", "[item.title]", *_strings(item.titles)]
    if item.helps:
        lines += ["", "[item.help]", *_strings(item.helps)]
    return "\n".join([*lines, ""])


def _strings(texts: dict[str, Any]) -> list[str]:
    return [f"{key} = {_string(value)}" for key, value in texts.items()]


def _string(value: str) -> str:
    # TOML's basic strings are JSON's, but for DEL, which JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
