"""How strongly a completion is proved."""

from itertools import combinations

from tracker.domain.evidence import Evidence

WEAKEST_FIRST = [
    Evidence.SELF_DECLARED,
    Evidence.BROWSER_REPORTED,
    Evidence.READ_AND_ACKNOWLEDGED,
    Evidence.GRADED,
    Evidence.ATTESTED,
    Evidence.VERIFIED,
]


def test_evidence_is_ordered_by_strength():
    assert list(Evidence) == WEAKEST_FIRST
    assert [evidence.strength for evidence in WEAKEST_FIRST] == [0, 1, 2, 3, 4, 5]


def test_stronger_evidence_satisfies_what_weaker_does_and_not_the_reverse():
    for weaker, stronger in combinations(WEAKEST_FIRST, 2):
        assert stronger.satisfies(weaker)
        assert not weaker.satisfies(stronger)
    assert all(evidence.satisfies(evidence) for evidence in Evidence)
