"""Which passwords are refused. Long ones that are nobody's first thought are not."""

import pytest

from tracker.accounts.passwords import (
    Weakness,
    WeakPasswordError,
    check,
    hashed,
    match_nothing,
    matches,
    outdated,
)

ABOUT = ("Kils kommun", "kil", "Anna Åkesson", "anna.akesson0@kil.example", "100234")


def weakness(password: str, minimum: int = 12) -> Weakness | None:
    try:
        check(password, minimum=minimum, about=ABOUT)
    except WeakPasswordError as error:
        return error.weakness
    return None


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("fyra smala gäss", None),
        ("korv med bröd på perrongen", None),
        ("xK4#pq9!Lm2v", None),
        ("elva tecken", Weakness.SHORT),
        ("å" * 257, Weakness.LONG),
        ("Qwertyuiop123", Weakness.COMMON),
        ("färjestadbk1", Weakness.COMMON),
        ("Correct Horse Battery Staple", Weakness.COMMON),
        ("Kilskommun2026!", Weakness.GUESSABLE),
        ("Tracker-2026-Kil", Weakness.GUESSABLE),
        ("AnnaÅkesson1985", Weakness.GUESSABLE),
        ("Sommar2026!!", Weakness.GUESSABLE),
        ("anna.akesson0@kil.example", Weakness.GUESSABLE),
        ("Anna.Akesson0!", Weakness.GUESSABLE),
        ("a-n-n-a-a-k-e-s-s-o-n-17", Weakness.GUESSABLE),
        ("annaakesson0 xyz", Weakness.GUESSABLE),
        ("100234-100234", Weakness.GUESSABLE),
        ("kil100234!!!", Weakness.GUESSABLE),
        ("100 234 / 1985", Weakness.GUESSABLE),
        ("anna äter sju gröna päron", None),
        ("aaaaaaaaaaaa", Weakness.GUESSABLE),
        ("abababababab12", Weakness.GUESSABLE),
        ("198504121234", Weakness.GUESSABLE),
        ("19850412-1234", Weakness.GUESSABLE),
        ("739184650271", None),
    ],
)
def test_what_is_refused(password, expected):
    assert weakness(password) is expected


def test_administrators_need_longer_ones():
    assert weakness("fyra smala gås") is None
    assert weakness("fyra smala gås", minimum=15) is Weakness.SHORT


def test_a_hash_matches_its_own_password_only_however_it_is_composed():
    kept = hashed("fyra smala ga\u030ass")
    assert kept.startswith("$argon2id$")
    assert matches(kept, "fyra smala g\u00e5ss")
    assert not matches(kept, "fyra smala gass")
    assert not outdated(kept)
    assert outdated("$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHRzYWx0$" + "A" * 43)


def test_comparing_with_nothing_opens_nothing():
    assert match_nothing("the password of an account that does not exist") is None
