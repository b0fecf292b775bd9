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

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracker.domain.programme import Owner
from tracker.writing import Fault, Files, Problem, ProblemsError, Table, read_toml, silent, twice, write_toml

OFFSETS = range(-60, 121)
LONGEST_TITLE, LONGEST_HELP = 120, 500

Texts = dict[str, str]


class ContentError(ProblemsError):
    """What a file says about items is not complete or contradicts itself."""


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
    problems: list[Problem] = []
    items = read_items({"items.toml": text.encode()}, "items.toml", problems)
    if problems:
        raise ContentError(problems)
    return items


def read_items(files: Files, path: str, problems: list[Problem]) -> list[Written]:
    """Return the items that one of some files says; every problem is noted."""
    table = read_toml(files, path, problems)
    items = [_item(row) for row in table.tables("item")]
    table.finish()
    problems += twice(f"{path}: item", "code", [item.code for item in items if item.code])
    return items


def _item(row: Table) -> Written:
    owner = row.choice("owner", Owner) if row.has("owner") else row.absent("owner")
    position = row.table("position") if row.has("position") else row.absent("position")
    item = Written(
        code=row.text("code", most=60),
        owner=owner or Owner.LEARNER,
        offset=row.number("offset"),
        titles=row.texts("title", most=LONGEST_TITLE),
        helps=row.texts("help", most=LONGEST_HELP) if row.has("help") else row.absent("help") or {},
        requirement=row.text("requirement", "") or None,
        unit=row.text("unit", "") or None,
        position=(position.text("code"), position.text("title")) if position else None,
    )
    if position:
        position.finish()
    row.finish()
    if item.offset not in OFFSETS:
        row.note(Fault.OFFSET, first=OFFSETS[0], last=OFFSETS[-1])
    if row.has("owner") == row.has("requirement"):
        row.note(Fault.OWNER_OR_REQUIREMENT)
    if item.unit and item.position:
        row.note(Fault.UNIT_OR_POSITION)
    for name, texts in (("title", item.titles), ("help", item.helps)):
        if texts:
            row.problems.extend(silent(f"{row.where}: {name}", texts))
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
