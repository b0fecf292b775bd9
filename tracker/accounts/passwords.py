"""Passwords: which are refused, and how they are kept.

Long rather than complicated: there are no composition rules. What is refused is what a guesser tries first.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

MINIMUM = 12
# For those who can let others in: they administer accounts.
MINIMUM_OF_ADMINISTRATORS = 15
MAXIMUM = 256
_FEWEST_CHARACTERS = 5

# Words that begin most of the passwords people think of first, in the languages spoken here.
_FIRST_THOUGHTS = (
    "tracker", "lösenord", "losenord", "password", "passord", "hemligt", "hemlig", "secret", "välkommen", "valkommen",
    "welcome", "sommar", "vinter", "höst", "vår", "summer", "winter", "autumn", "spring", "qwerty", "asdf", "abc",
    "admin", "administrator", "kommun", "sverige", "sweden", "värmland", "varmland", "utbildning", "januari", "februari",
    "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december", "och",
)  # fmt: skip

_hasher = PasswordHasher()


class Weakness(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    GUESSABLE = "guessable"


class WeakPasswordError(Exception):
    """A chosen password is one that is easily guessed."""

    def __init__(self, weakness: Weakness, minimum: int) -> None:
        super().__init__(weakness.value)
        self.weakness = weakness
        self.minimum = minimum


def check(password: str, *, minimum: int, about: Iterable[str]) -> None:
    """Refuse a password that is short, common, or mainly what is in `about` (name, address, number, municipality).

    Raises WeakPasswordError.
    """
    if (weakness := _weakness(unicodedata.normalize("NFC", password), minimum, about)) is not None:
        raise WeakPasswordError(weakness, minimum)


def _weakness(password: str, minimum: int, about: Iterable[str]) -> Weakness | None:
    if len(password) < minimum:
        return Weakness.SHORT
    if len(password) > MAXIMUM:
        return Weakness.LONG
    folded = password.casefold()
    if folded in _common():
        return Weakness.COMMON
    if len(set(folded)) < _FEWEST_CHARACTERS or _is_civic_number(folded) or _is_known(folded, about):
        return Weakness.GUESSABLE
    return None


@cache
def _common() -> frozenset[str]:
    """Return the common passwords that are long enough to be chosen at all, folded."""
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _is_civic_number(password: str) -> bool:
    """Say whether a password is twelve digits that begin with a date of birth."""
    digits = re.sub(r"\D", "", password)
    if len(digits) != 12 or re.search(r"[^\d\s+-]", password):
        return False
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1900 <= born.year < 2100


def _is_known(password: str, about: Iterable[str]) -> bool:
    """Say whether a password is mainly what is known of its owner, or nothing but well-known words.

    Signs do not count, nor do digits where there are letters: f-r-e-j-a.2026 is freja.
    """
    texts = [text.casefold() for text in about]
    known = {part for text in texts for part in (text, *re.split(r"[\s@]+", text), *re.split(r"[\W\d_]+", text))}
    return any(
        _is_mainly(re.sub(but, "", password), {re.sub(but, "", part) for part in known})
        for but in (r"[\W_]", r"[\W\d_]")
    )


def _is_mainly(password: str, known: set[str]) -> bool:
    parts = sorted((part for part in known if len(part) >= 3), key=len, reverse=True)
    rest = password
    for part in parts:
        rest = rest.replace(part, "")
    either = "|".join(re.escape(word) for word in sorted({*parts, *_FIRST_THOUGHTS}, key=len, reverse=True))
    return 2 * len(rest) < len(password) or re.fullmatch(f"(?:{either})+", password) is not None


def hashed(password: str) -> str:
    """Return the argon2id hash that is kept of a password."""
    return _hasher.hash(unicodedata.normalize("NFC", password))


def matches(password_hash: str, password: str) -> bool:
    """Say whether a password is the one a hash was made of."""
    try:
        return _hasher.verify(password_hash, unicodedata.normalize("NFC", password))
    except VerificationError:
        return False


def outdated(password_hash: str) -> bool:
    """Say whether a hash was made with weaker settings than today's, and should be made anew at the next sign-in."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return hashed("the password of an account that does not exist")


def match_nothing(password: str) -> None:
    """Take as long as comparing a password does, so that the time of an answer does not tell whether an account exists."""
    matches(_nobodys_hash(), password)
