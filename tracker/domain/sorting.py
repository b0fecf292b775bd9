"""The order of Swedish names."""

import unicodedata
from functools import cache

# The three letters after z, as bytes that sort after z.
_AFTER_Z = {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"}


def sort_key(*names: str) -> str:
    """Return a key under which names sort as in Swedish: å, ä, ö after z; é as e; capitals and hyphens of no account."""
    return "".join(map(_letter_key, unicodedata.normalize("NFC", " ".join(names)).casefold()))[:200]


@cache
def _letter_key(letter: str) -> str:
    if letter in _AFTER_Z:
        return _AFTER_Z[letter]
    parts = unicodedata.normalize("NFD", letter)
    return "".join(part for part in parts if part.isascii() and (part.isalnum() or part == " "))
