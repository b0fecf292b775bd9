"""The order of Swedish names."""

import unicodedata

# The three letters after z, as bytes that sort after z.
_AFTER_Z = {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"}


def sort_key(*names: str) -> str:
    """Return a key under which names sort as in Swedish: å, ä, ö after z; é as e; capitals and hyphens of no account."""
    letters = []
    for letter in unicodedata.normalize("NFC", " ".join(names)).casefold():
        if letter in _AFTER_Z:
            letters.append(_AFTER_Z[letter])
        else:
            letters.extend(
                part
                for part in unicodedata.normalize("NFD", letter)
                if part.isascii() and (part.isalnum() or part == " ")
            )
    return "".join(letters)[:200]
