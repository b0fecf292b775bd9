"""The server marks every kind of question, whatever is sent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tracker.catalogue.content import Option, Question, QuestionKind
from tracker.learning.marking import Problem, field_name, is_right, mark, number, problem, problems, read

BOTH = {"sv": "x", "en": "x"}
KEYS = ("a", "b", "c", "d", "e")


def question(kind: QuestionKind, right: set[str] = frozenset(), key: str = "q", **says) -> Question:
    options = () if kind is QuestionKind.NUMBER else tuple(Option(k, BOTH, correct=k in right) for k in KEYS)
    return Question(key=key, kind=kind, prompt=BOTH, explanation=BOTH, options=options, **says)


ORDER = question(QuestionKind.ORDER)


@given(right=st.sampled_from(KEYS), chosen=st.sampled_from(KEYS))
def test_single(right, chosen):
    assert is_right(question(QuestionKind.SINGLE, {right}), chosen) == (right == chosen)


@given(right=st.sets(st.sampled_from(KEYS), min_size=1), chosen=st.sets(st.sampled_from(KEYS)))
def test_multiple_is_right_when_exactly_the_right_ones_are_chosen(right, chosen):
    assert is_right(question(QuestionKind.MULTIPLE, right), sorted(chosen)) == (right == chosen)


@given(places=st.permutations(range(1, 6)))
def test_order_is_right_only_in_the_right_order(places):
    answer = dict(zip(KEYS, places, strict=True))
    assert is_right(ORDER, answer) == (list(places) == [1, 2, 3, 4, 5])
    assert problem(ORDER, answer) is None


@given(answer=st.dictionaries(st.sampled_from(KEYS), st.integers(1, 5)))
def test_order_can_be_marked_only_when_every_line_has_its_own_place(answer):
    whole = sorted(answer.values()) == [1, 2, 3, 4, 5]
    assert (problem(ORDER, answer) is None) == whole
    if not whole:
        assert not is_right(ORDER, answer)


def test_order_says_what_is_missing():
    assert problem(ORDER, {}) is Problem.UNANSWERED
    assert problem(ORDER, {"a": 1}) is Problem.PLACES_MISSING
    assert problem(ORDER, {"a": 1, "b": 1}) is Problem.PLACE_TAKEN_TWICE


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("72", Decimal(72)),
        ("2,5", Decimal("2.5")),
        ("2.5", Decimal("2.5")),
        ("1 234,5", Decimal("1234.5")),
        ("1\u00a0234", Decimal(1234)),
        ("\u22123", Decimal(-3)),
        ("+4", Decimal(4)),
        ("", None),
        ("tre", None),
        ("1e9", None),
        ("NaN", None),
        ("Infinity", None),
        ("1,2,3", None),
        ("٣", Decimal(3)),
    ],
)
def test_numbers_as_people_write_them(written, value):
    assert number(written) == value


@given(
    answer=st.decimals(-1000, 1000, places=2),
    given_=st.decimals(-1000, 1000, places=2),
    tolerance=st.decimals(0, 10, places=1),
)
def test_number_is_right_within_its_tolerance(answer, given_, tolerance):
    asked = question(QuestionKind.NUMBER, answer=answer, tolerance=tolerance)
    assert is_right(asked, str(given_).replace(".", ",")) == (abs(given_ - answer) <= tolerance)


def test_number_that_is_none():
    assert problem(question(QuestionKind.NUMBER, answer=Decimal(3)), "tre") is Problem.NOT_A_NUMBER


QUIZ = (
    question(QuestionKind.SINGLE, {"a"}, key="one"),
    question(QuestionKind.MULTIPLE, {"a", "b"}, key="many"),
    question(QuestionKind.ORDER, key="order"),
    question(QuestionKind.NUMBER, key="number", answer=Decimal("2.5")),
)
RIGHT = {"one": "a", "many": ["a", "b"], "order": {key: place for place, key in enumerate(KEYS, 1)}, "number": "2,5"}


def sent(answers) -> MultiDict:
    form: MultiDict = MultiDict()
    for asked in QUIZ:
        answer = answers.get(asked.key)
        if isinstance(answer, dict):
            for key, place in answer.items():
                form.add(field_name(asked, key), str(place))
        elif answer:
            form.setlist(field_name(asked), [answer] if isinstance(answer, str) else answer)
    return form


def test_what_a_form_sends_is_read_back_whole():
    assert read(QUIZ, sent(RIGHT)) == RIGHT
    assert mark(QUIZ, RIGHT).percent == 100


@given(
    st.dictionaries(
        st.sampled_from(
            [field_name(q, k) for q in QUIZ for k in (None, *KEYS)] + ["csrf_token", "answer.other", "answer.one.zzz"]
        ),
        st.lists(
            st.text("ab12,.- å\0", max_size=5) | st.sampled_from(["a", "b", "1", "5", "6", "0", "-1"]), max_size=3
        ),
    )
)
def test_whatever_is_sent_can_be_read_and_marked(form):
    answers = read(QUIZ, MultiDict(form))
    assert answers.keys() <= {asked.key for asked in QUIZ}
    marked = mark(QUIZ, answers)
    assert 0 <= marked.percent <= 100
    assert not marked.right & problems(QUIZ, answers).keys()


def test_the_share_is_rounded_down_and_the_pass_mark_compared_exactly():
    three = QUIZ[:3]
    marked = mark(three, {"one": "a", "many": ["a", "b"]})
    assert marked.percent == 66
    assert marked.passes(66)
    assert not marked.passes(67)
    assert not mark(QUIZ, {}).passes(1)
