"""Marking a test. The server marks; what is right never leaves it before the answers are in.

An answer is stored by its question's key, in the shape of the question's kind: the key of an option (`single`), a list of
keys (`multiple`), the position given to each key (`order`), or the number as it was written (`number`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from tracker.catalogue.content import Question, QuestionKind

Answers = dict[str, Any]

_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,9})?")
_BLANKS = dict.fromkeys(map(ord, " \u00a0\u202f\u2009"))


class Problem(StrEnum):
    """Why a question cannot be marked yet."""

    UNANSWERED = "unanswered"
    NOT_A_NUMBER = "not_a_number"
    PLACES_MISSING = "places_missing"
    PLACE_TAKEN_TWICE = "place_taken_twice"


class Sent(Protocol):
    """What a form sent: a name may have several values."""

    def get(self, name: str, /) -> str | None:
        """Return the first value sent under a name."""

    def getlist(self, name: str, /) -> Sequence[str]:
        """Return all values sent under a name."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What a set of answers comes to."""

    right: frozenset[str]  # the keys of the questions answered right
    total: int

    @property
    def percent(self) -> int:
        """The share of the questions answered right, rounded down."""
        return len(self.right) * 100 // self.total

    def passes(self, pass_mark: int) -> bool:
        """Say whether the share reaches a pass mark, in percent; compared exactly, not after rounding."""
        return len(self.right) * 100 >= pass_mark * self.total


def field_name(question: Question, option_key: str | None = None) -> str:
    """Return the name of a question's field in the form; in an `order` question each option has one."""
    return f"answer.{question.key}" if option_key is None else f"answer.{question.key}.{option_key}"


def read(questions: Sequence[Question], sent: Sent) -> Answers:
    """Return the answers that a form sent. What no question offers is left out, and so are unanswered questions."""
    answers = {question.key: _read_one(question, sent) for question in questions}
    return {key: answer for key, answer in answers.items() if answer}


def _read_one(question: Question, sent: Sent) -> Any:
    keys = [option.key for option in question.options]
    name = field_name(question)
    match question.kind:
        case QuestionKind.SINGLE:
            chosen = sent.get(name)
            return chosen if chosen in keys else None
        case QuestionKind.MULTIPLE:
            chosen_keys = set(sent.getlist(name))
            return [key for key in keys if key in chosen_keys]
        case QuestionKind.ORDER:
            places = {key: sent.get(field_name(question, key)) for key in keys}
            possible = {str(place): place for place in range(1, len(keys) + 1)}
            return {key: possible[place] for key, place in places.items() if place in possible}
        case QuestionKind.NUMBER:
            return (sent.get(name) or "").strip()[:30]


def number(written: str) -> Decimal | None:
    """Return a number as people write it, with a comma or a point and blanks between thousands; None if it is none."""
    tidy = written.translate(_BLANKS).replace("\u2212", "-")
    return Decimal(tidy.replace(",", ".")) if _NUMBER.fullmatch(tidy) else None


def problem(question: Question, answer: Any) -> Problem | None:
    """Return why an answer cannot be marked, or None if it can, right or wrong."""
    if not answer:
        return Problem.UNANSWERED
    if question.kind is QuestionKind.NUMBER and number(answer) is None:
        return Problem.NOT_A_NUMBER
    if question.kind is QuestionKind.ORDER:
        if len(set(answer.values())) < len(answer):
            return Problem.PLACE_TAKEN_TWICE
        if len(answer) < len(question.options):
            return Problem.PLACES_MISSING
    return None


def problems(questions: Sequence[Question], answers: Answers) -> dict[str, Problem]:
    """Return, by question key, what keeps a test from being marked. Empty when it can be."""
    found = {question.key: problem(question, answers.get(question.key)) for question in questions}
    return {key: what for key, what in found.items() if what is not None}


def is_right(question: Question, answer: Any) -> bool:
    """Say whether an answer is right. An answer that cannot be marked is not."""
    if problem(question, answer) is not None:
        return False
    match question.kind:
        case QuestionKind.SINGLE:
            return (answer,) == question.right_keys
        case QuestionKind.MULTIPLE:
            return set(answer) == set(question.right_keys)
        case QuestionKind.ORDER:
            return tuple(sorted(answer, key=answer.__getitem__)) == question.right_keys
        case QuestionKind.NUMBER:
            given = number(answer)
            assert given is not None
            assert question.answer is not None
            return abs(given - question.answer) <= question.tolerance


def mark(questions: Sequence[Question], answers: Answers) -> Marked:
    """Mark a test."""
    right = frozenset(q.key for q in questions if is_right(q, answers.get(q.key)))
    return Marked(right=right, total=len(questions))
