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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tracker.domain.programme import Owner
from tracker.writing import Files, Table, read_toml, write_toml

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
    problems: list[str] = []
    items = read_items({"items.toml": text.encode()}, "items.toml", problems)
    if problems:
        raise ContentError(problems)
    return items


def read_items(files: Files, path: str, problems: list[str]) -> list[Written]:
    """Return the items that one of some files says; every problem is noted."""
    table = read_toml(files, path, problems)
    items = [_item(row) for row in table.tables("item")]
    table.finish()
    codes = [item.code for item in items if item.code]
    problems += [f"{path}: {code} is there twice" for code in sorted({code for code in codes if codes.count(code) > 1})]
    return items


def _item(row: Table) -> Written:
    owner = row.choice("owner", Owner) if row.has("owner") else row.absent("owner")
    position = row.table("position") if row.has("position") else row.absent("position")
    item = Written(
        code=row.text("code"),
        owner=owner or Owner.LEARNER,
        offset=row.number("offset"),
        titles=row.texts("title"),
        helps=row.texts("help") if row.has("help") else row.absent("help") or {},
        requirement=row.text("requirement", "") or None,
        unit=row.text("unit", "") or None,
        position=(position.text("code"), position.text("title")) if position else None,
    )
    if position:
        position.finish()
    row.finish()
    if item.offset not in OFFSETS:
        row.note(f"offset is a whole number from {OFFSETS[0]} to {OFFSETS[-1]}")
    if row.has("owner") == row.has("requirement"):
        row.note("say either an owner or a requirement")
    if item.unit and item.position:
        row.note("say either a unit or a position")
    for name, texts in (("title", item.titles), ("help", item.helps)):
        if any(not text.strip() for text in texts.values()):
            row.note(f"{name} says nothing in one of the languages")
    if len(item.code) > 60:
        row.note("code is longer than 60 characters")
    return item


def write(items: Iterable[Written]) -> str:
    """Return the file that says the items. `read` is its inverse."""
    return write_toml({"item": [_values(item) for item in items]}).decode()


def _values(item: Written) -> dict[str, object]:
    return {
        "code": item.code,
        "owner": None if item.requirement else item.owner,
        "requirement": item.requirement,
        "offset": item.offset,
        "unit": item.unit,
        "position": {"code": item.position[0], "title": item.position[1]} if item.position else None,
        "title": item.titles,
        "help": item.helps or None,
    }
