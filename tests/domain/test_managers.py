"""Who manages which unit, from who is whose manager."""

from tracker.domain.managers import Post, managers


def found(*posts: tuple[str, str, str | None]) -> set[tuple[str, str]]:
    return managers(Post(*post) for post in posts)


def test_the_one_whom_the_staff_name():
    assert found(("boss", "u", None), ("a", "u", "boss"), ("b", "u", "boss")) == {("boss", "u")}


def test_a_head_does_not_manage_each_unit_whose_manager_reports_to_them():
    posts = [
        ("top", "town", None),
        ("head", "office", "top"),
        ("m1", "unit1", "head"),
        ("a", "unit1", "m1"),
        ("m2", "unit2", "head"),
        ("b", "unit2", "m2"),
    ]
    assert found(*posts) == {("top", "town"), ("head", "office"), ("m1", "unit1"), ("m2", "unit2")}


def test_one_person_manages_several_units():
    posts = [("m", "north", None), ("a", "north", "m"), ("b", "south", "m"), ("c", "south", "m")]
    assert found(*posts) == {("m", "north"), ("m", "south")}


def test_a_unit_without_a_manager_of_its_own_is_managed_from_above():
    posts = [("head", "office", None), ("clerk", "office", "head"), ("a", "unit", "head")]
    assert found(*posts) == {("head", "office"), ("head", "unit")}


def test_a_specialist_who_reports_upwards_gives_the_unit_no_second_manager():
    posts = [("head", "office", None), ("m", "unit", "head"), ("a", "unit", "m"), ("specialist", "unit", "head")]
    assert ("head", "unit") not in found(*posts)


def test_two_managers_share_a_unit():
    posts = [("m1", "u", None), ("m2", "u", None), ("a", "u", "m1"), ("b", "u", "m2")]
    assert found(*posts) == {("m1", "u"), ("m2", "u")}


def test_where_all_lead_somebody_the_highest_of_them_manages():
    posts = [("head", "office", None), ("deputy", "office", "head"), ("m", "unit", "deputy"), ("a", "unit", "m")]
    assert found(*posts) == {("head", "office"), ("m", "unit")}


def test_a_manager_who_is_nowhere_employed_that_day_is_none():
    assert found(("a", "u", "gone"), ("b", "u", "gone")) == set()


def test_being_ones_own_manager_is_none():
    assert found(("a", "u", "a")) == set()
