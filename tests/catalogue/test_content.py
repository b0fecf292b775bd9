"""What is wrong with a course is said, all of it, before it is stored."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tracker.catalogue import starter
from tracker.catalogue.content import (
    Content,
    ContentError,
    ModuleDraft,
    Option,
    Question,
    QuestionKind,
    Step,
    check,
    from_json,
    module_problems,
    to_json,
)
from tracker.catalogue.models import ModuleKind

BOTH = {"sv": "Ja", "en": "Yes"}


def options(*right: bool) -> tuple[Option, ...]:
    return tuple(Option(f"option-{number}", BOTH, correct=correct) for number, correct in enumerate(right))


def question(kind: QuestionKind = QuestionKind.SINGLE, **says) -> Question:
    values = {"key": "q", "prompt": BOTH, "explanation": BOTH, "options": options(True, False, False)} | says
    return Question(kind=kind, **values)


def quiz(*questions: Question) -> ModuleDraft:
    return ModuleDraft("a", ModuleKind.TEST, BOTH, 5, Content(BOTH, questions=questions or (question(),)), pass_mark=80)


@pytest.mark.parametrize("code", starter.known_codes())
def test_starter_courses_are_complete_and_survive_storing(code):
    draft = starter.read(code)
    assert draft.code == code
    for module in draft.modules:
        assert from_json(to_json(module.content)) == module.content


def test_a_complete_test_has_no_problems():
    assert module_problems(quiz(), pictures=()) == []


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        (replace(quiz(), minutes=0), "minutes must be at least 1"),
        (replace(quiz(), pass_mark=None), "a test, and only a test, has a pass mark"),
        (replace(quiz(), pass_mark=101), "the pass mark is a percentage from 1 to 100"),
        (replace(quiz(), titles={"sv": "Ja"}), "title is missing in en"),
        (replace(quiz(), content=Content({"sv": "x", "en": " "}, questions=(question(),))), "text is missing in en"),
        (quiz(question(), question()), "question 'q' occurs twice"),
        (quiz(question(options=options(True, True))), "question q: exactly one option must be right, not 2"),
        (quiz(question(options=options(False, False))), "question q: exactly one option must be right, not 0"),
        (quiz(question(options=options(True))), "question q: there are too few options to choose from"),
        (
            quiz(question(QuestionKind.MULTIPLE, options=options(False, False))),
            "question q: at least one option must be right",
        ),
        (
            quiz(question(QuestionKind.ORDER, options=options(False, False))),
            "question q: there are too few options to choose from",
        ),
        (quiz(question(QuestionKind.NUMBER, options=())), "question q: a number question needs an answer"),
        (
            quiz(question(QuestionKind.NUMBER, options=(), answer=Decimal(1), tolerance=Decimal(-1))),
            "question q: the tolerance cannot be negative",
        ),
        (quiz(question(explanation={"sv": "x"})), "question q: explanation is missing in en"),
        (
            quiz(question(key="Not A Key")),
            "question 'Not A Key' must be lower-case letters and digits, with single hyphens between",
        ),
        (
            ModuleDraft("a", ModuleKind.TEXT, BOTH, 5, Content(BOTH, steps=(Step("s", BOTH),))),
            "a checklist, and only a checklist, has steps",
        ),
        (
            ModuleDraft("a", ModuleKind.DOCUMENT, BOTH, 5, Content(BOTH)),
            "a document, and only a document, has a statement to acknowledge",
        ),
        (
            ModuleDraft("a", ModuleKind.TEXT, BOTH, 5, Content({"sv": "![Vad](x.svg)", "en": "x"})),
            "the picture 'x.svg' (sv) does not exist",
        ),
    ],
)
def test_each_problem_is_said(module, problem):
    assert module_problems(module, pictures=()) == [problem]


def test_a_picture_must_say_what_it_shows():
    module = ModuleDraft("a", ModuleKind.TEXT, BOTH, 5, Content({"sv": "![](x.svg)", "en": "x"}))
    assert module_problems(module, pictures=["x.svg"]) == ["the picture 'x.svg' (sv) does not say what it shows"]


def test_all_problems_of_a_course_are_said_at_once():
    draft = starter.read("it-strategi")
    with pytest.raises(ContentError) as refused:
        check(replace(draft, titles={}, minutes=0, modules=()))
    assert refused.value.problems == (
        "it-strategi: title is missing in sv",
        "it-strategi: title is missing in en",
        "it-strategi: there are no modules",
        "it-strategi: minutes must be at least 1",
    )


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"text": BOTH, "questions": [{"key": "q", "kind": "guess", "prompt": BOTH, "explanation": BOTH}]},
        {
            "text": BOTH,
            "questions": [{"key": "q", "kind": "number", "prompt": BOTH, "explanation": BOTH, "answer": "x"}],
        },
        {"text": BOTH, "steps": [{"key": "s"}]},
    ],
)
def test_what_is_not_content_is_refused(stored):
    with pytest.raises(ContentError):
        from_json(stored)
