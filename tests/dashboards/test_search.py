"""Search finds what the viewer may see, and nothing else."""

import pytest


def found(page):
    return {
        kind: [getattr(one, "given_name", None) or getattr(one, "name", None) or one.course.code for one in group.shown]
        for kind, group in page["results"].items()
    }


@pytest.mark.parametrize(
    ("viewer", "words", "expected"),
    [
        ("david", "åkesson", {"people": ["Anna"]}),
        ("david", "anna ÅKE", {"people": ["Anna"]}),
        ("david", "anna@kommun.example", {"people": ["Anna"]}),
        ("david", "david-1", {"people": ["David"]}),
        ("david", "hemligsson", {}),
        ("david", "700123", {"people": ["Hemlig"]}),
        ("david", "hemlig@kommun.example", {}),
        ("david", "omsorg", {"courses": ["omsorg"], "systems": ["Omsorgsjournalen"], "units": ["Vård och omsorg"]}),
        ("bosse", "anna", {"people": ["Anna"]}),
        ("bosse", "dahl", {}),
        ("bosse", "omsorg", {"courses": ["omsorg"]}),
        ("anna", "bosse", {}),
        ("anna", "anna", {"people": ["Anna"]}),
        ("anna", "it-grunder", {"courses": ["it"]}),
        ("mona", "anna", {}),
        ("omar", "anna", {}),
        ("omar", "hemtjänsten", {}),
        ("david", "%", {}),
        ("david", "_", {}),
        ("david", "", {}),
    ],
)
def test_finds(show, story, viewer, words, expected):
    assert found(show(viewer, "/search", q=words)) == expected


def test_protected_name_is_not_shown_in_results(show, story):
    page = show("david", "/search", q="700123")
    assert "Hemlig" not in page.html
    assert "Protected identity (700123)" in page.html


def test_all_of_one_kind(show, story, cast, in_kil):
    from tests.conftest import NOW
    from tests.factories import add_person

    with in_kil() as session:
        for number in range(60):
            add_person(
                session,
                f"P{number}",
                "Persson",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
            )
    first = show("david", "/search", q="persson")
    assert len(first["results"]["people"].shown) == 10
    assert first["results"]["people"].total == 60
    assert "kind=people" in first.html
    every = show("david", "/search", q="persson", kind="people")
    assert len(every["results"]["people"].shown) == 50
    rest = show("david", "/search", q="persson", kind="people", page="2")
    assert len(rest["results"]["people"].shown) == 10


def test_says_when_there_is_nothing(show, story):
    assert "Nothing was found" in show("anna", "/search", q="zzz").html
    assert "What are you looking for?" in show("anna", "/search").html
