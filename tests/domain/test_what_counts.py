"""Which completions count: how old, how strong, of which course, and of which version of it.

The examples are told in docs/domain.md.
"""

from tests.domain.cases import BASIC, completed, days, employed, on, required, rule, story
from tracker.domain.evidence import Evidence
from tracker.domain.requirement import EarlierCompletions, Equivalence, MajorVersion, MajorVersions

# Which completions count


def test_an_earlier_completion_counts_by_default():
    assert story(completed("2026-01-15"), employed("2026-03-02"))[0] == (
        "2026-03-02..2026-11-14 valid due 2027-01-14 until 2027-01-14"
    )


def test_only_completions_from_the_anchor_on_may_count():
    by = rule(earlier_completions=EarlierCompletions.FROM_ANCHOR)
    assert story(completed("2026-03-01"), employed("2026-03-02"), by=by) == story(employed("2026-03-02"))
    assert story(completed("2026-03-02"), employed("2026-03-02"), by=by)[0].startswith("2026-03-02..2026-12-30 valid")


def test_completions_between_the_anchor_and_the_day_the_requirement_took_effect_count():
    by = rule("2026-06-01", earlier_completions=EarlierCompletions.FROM_ANCHOR)
    assert story(employed("2026-03-02"), completed("2026-04-01"), by=by)[0].startswith("2026-06-01..2027-01-29 valid")


def test_only_completions_from_a_date_on_may_count():
    by = rule(earlier_completions=EarlierCompletions.FROM_DATE, accepted_from=on("2026-02-01"))
    assert story(completed("2026-01-31"), employed("2026-03-02"), by=by) == story(employed("2026-03-02"))
    assert story(completed("2026-02-01"), employed("2026-03-02"), by=by)[0].startswith("2026-03-02..2026-12-01 valid")


def test_weak_evidence_does_not_count():
    by = rule(minimum_evidence=Evidence.GRADED)
    weak = completed("2026-03-10", evidence=Evidence.READ_AND_ACKNOWLEDGED)
    assert story(employed("2026-03-02"), weak, by=by) == story(employed("2026-03-02"))
    for strong in (Evidence.GRADED, Evidence.ATTESTED, Evidence.VERIFIED):
        facts = (employed("2026-03-02"), completed("2026-03-10", evidence=strong))
        assert story(*facts, by=by)[1].startswith("2026-03-10..2027-01-07 valid")


def test_another_course_counts_only_if_it_is_equivalent_on_the_day_it_was_completed():
    accepted = Equivalence(BASIC, 9, days("2026-01-01", "2026-03-15"))
    by = required(rule(), equivalences=(accepted,))
    assert story(employed("2026-03-02"), completed("2026-03-15", 9), by=by)[1].startswith(
        "2026-03-15..2027-01-12 valid"
    )
    assert story(employed("2026-03-02"), completed("2026-03-16", 9), by=by) == story(employed("2026-03-02"))
    assert story(employed("2026-03-02"), completed("2026-03-15", 8), by=by) == story(employed("2026-03-02"))


def test_equivalence_has_a_direction():
    reverse = Equivalence(9, BASIC, days("2026-01-01"))
    by = required(rule(course_id=9), equivalences=(reverse,))
    assert story(employed("2026-03-02"), completed("2026-03-15"), by=by)[1].startswith("2026-03-15..2027-01-12 valid")
    by = required(rule(), equivalences=(reverse,))
    assert story(employed("2026-03-02"), completed("2026-03-15", 9), by=by) == story(employed("2026-03-02"))


# Major versions of the course


SECOND = MajorVersion(BASIC, 2, on("2026-06-01"))


def test_a_major_version_may_mean_nothing():
    facts = (employed("2026-03-02"), completed("2026-03-02"), completed("2027-02-20"))
    assert story(*facts, by=required(rule(), majors=(SECOND,))) == story(*facts)


def test_a_major_version_may_mean_something_from_the_next_renewal():
    by = required(rule(major_versions=MajorVersions.AT_RENEWAL), majors=(SECOND,))
    facts = (employed("2026-03-02"), completed("2026-03-02"))
    assert story(*facts, by=by) == story(*facts)
    assert story(*facts, completed("2027-02-20"), by=by) == story(*facts)
    assert story(*facts, completed("2027-02-20", version=2), by=by) == story(*facts, completed("2027-02-20"))


def test_who_is_in_the_middle_of_the_older_version_has_the_notice_to_finish_it():
    by = required(rule(major_versions=MajorVersions.AT_RENEWAL), majors=(SECOND,))
    assert story(employed("2026-05-25"), completed("2026-06-15"), by=by)[1].startswith("2026-06-15..2027-04-14 valid")
    assert story(employed("2026-05-25"), completed("2026-06-16"), by=by) == story(employed("2026-05-25"))


def test_a_major_version_may_be_asked_for_within_days():
    by = required(rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30), majors=(SECOND,))
    assert story(employed("2026-03-02"), completed("2026-03-02"), by=by) == [
        "2026-03-02..2026-05-01 valid due 2026-07-01 until 2026-07-01",
        "2026-05-02..2026-07-01 renew due 2026-07-01 until 2026-07-01",
        "2026-07-02.. lapsed due 2026-07-01 until 2026-07-01",
    ]
    renewed = story(employed("2026-03-02"), completed("2026-03-02"), completed("2026-06-10", version=2), by=by)
    assert renewed[2] == "2026-06-10..2027-05-01 valid due 2027-07-01 until 2027-07-01"


def test_major_versions_of_an_equivalent_course_mean_nothing():
    accepted = Equivalence(BASIC, 9, days("2026-01-01"))
    of_other = MajorVersion(9, 2, on("2026-06-01"))
    by = required(
        rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30),
        equivalences=(accepted,),
        majors=(SECOND, of_other),
    )
    facts = (employed("2026-03-02"), completed("2026-03-02", 9))
    assert story(*facts, by=by) == story(employed("2026-03-02"), completed("2026-03-02"))


def test_an_older_version_counts_if_completed_on_the_last_day_on_which_it_can():
    by = required(rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30), majors=(SECOND,))
    assert story(employed("2026-06-20"), completed("2026-07-01"), by=by)[1:3] == [
        "2026-07-01..2026-07-01 renew due 2026-07-20 until 2026-07-01",
        "2026-07-02..2026-07-20 to_do due 2026-07-20 until 2026-07-01",
    ]
    assert story(employed("2026-06-20"), completed("2026-07-02"), by=by) == story(employed("2026-06-20"))


def test_the_first_newer_major_version_decides_and_those_of_other_courses_do_not():
    by = rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30)
    third, of_other = MajorVersion(BASIC, 3, on("2026-08-01")), MajorVersion(9, 2, on("2026-04-01"))
    facts = (employed("2026-03-02"), completed("2026-03-02"))
    found = story(*facts, by=required(by, majors=(of_other, third, SECOND)))
    assert found == story(*facts, by=required(by, majors=(SECOND,)))


def test_a_major_version_within_days_gives_at_least_the_notice():
    by = required(rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=0), majors=(SECOND,))
    assert story(employed("2026-03-02"), completed("2026-03-02"), by=by)[-1].startswith("2026-06-16.. lapsed")
