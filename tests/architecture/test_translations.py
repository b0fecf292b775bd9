"""Swedish is complete: every text that people meet has a translation, and what is served is what is written."""

import io
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tracker/translations/sv/LC_MESSAGES"
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "translated": None,
    "ngettext": (1, 2),
}


@pytest.fixture(scope="module")
def used() -> set[str | tuple[str, ...]]:
    """Every text in the code and the templates."""
    mapping, options = parse_mapping_cfg(io.StringIO((ROOT / "tracker/translations/babel.cfg").read_text()))
    found = [
        message
        for folder in ("templates", "tracker")
        for message in extract_from_dir(
            ROOT / folder,
            [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in mapping if pattern.startswith(folder)],
            {pattern.removeprefix(f"{folder}/"): chosen for pattern, chosen in options.items()},
            keywords=KEYWORDS,
            comment_tags=(),
            # By itself, Babel would pass over folders such as _macros.
            directory_filter=lambda path: not Path(path).name.startswith("."),
        )
    ]
    return {_key(message) for _file, _line, message, _comments, _context in found}


def _key(text):
    """A text with a plural is a pair; the tools write it in several ways."""
    return text if isinstance(text, str) else tuple(text)[:2]


@pytest.fixture(scope="module")
def swedish() -> Catalog:
    """The Swedish translations."""
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="sv")


def complete(message) -> bool:
    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return bool(texts) and all(texts) and not message.fuzzy


def test_every_text_is_translated(used, swedish):
    missing = {text for text in used if not (message := swedish.get(text)) or not complete(message)}
    assert missing == set()


def test_no_translation_is_left_over(used, swedish):
    kept = {_key(message.id) for message in swedish if message.id}
    assert kept - used == set()


def test_translations_keep_their_placeholders(swedish):
    broken = [(message.id, error) for message in swedish if message.id for error in message.check(swedish)]
    assert broken == []


def test_what_is_served_is_what_is_written(swedish):
    with (FOLDER / "messages.mo").open("rb") as file:
        served = read_mo(file)
    assert texts(served) == texts(swedish)


def texts(catalogue):
    return {_key(message.id): _key(message.string) for message in catalogue if message.id and complete(message)}
