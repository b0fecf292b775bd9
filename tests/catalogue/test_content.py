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
from tracker.writing import Fault, Problem

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
        (replace(quiz(), minutes=0), "course.toml: module a: too_small name='minutes' least=1"),
        (replace(quiz(), pass_mark=None), "course.toml: module a: pass_mark"),
        (replace(quiz(), pass_mark=101), "course.toml: module a: pass_mark_percent"),
        (replace(quiz(), titles={"sv": "Ja"}), "course.toml: module a: title: silent language='en'"),
        (replace(quiz(), content=Content({"sv": "x", "en": " "}, questions=(question(),))), "a.en.md: empty"),
        (quiz(question(), question()), "a.questions.toml: question: twice name='key' value='q'"),
        (quiz(question(options=options(True, True))), "a.questions.toml: question q: one_right number=2"),
        (quiz(question(options=options(False, False))), "a.questions.toml: question q: one_right number=0"),
        (quiz(question(options=options(True))), "a.questions.toml: question q: few_options least=2"),
        (
            quiz(question(QuestionKind.MULTIPLE, options=options(False, False))),
            "a.questions.toml: question q: none_right",
        ),
        (
            quiz(question(QuestionKind.ORDER, options=options(False, False))),
            "a.questions.toml: question q: few_options least=3",
        ),
        (quiz(question(QuestionKind.NUMBER, options=())), "a.questions.toml: question q: no_answer"),
        (
            quiz(question(QuestionKind.NUMBER, options=(), answer=Decimal(1), tolerance=Decimal(-1))),
            "a.questions.toml: question q: negative_tolerance",
        ),
        (
            quiz(question(QuestionKind.NUMBER, options=options(True, True), answer=Decimal(1))),
            "a.questions.toml: question q: options_of_number",
        ),
        (quiz(question(explanation={"sv": "x"})), "a.questions.toml: question q: explanation: silent language='en'"),
        (quiz(question(key="Not A Key")), "a.questions.toml: question: bad_key name='key' value='Not A Key'"),
        (
            ModuleDraft("a", ModuleKind.TEXT, BOTH, 5, Content(BOTH, steps=(Step("s", BOTH),))),
            "course.toml: module a: steps",
        ),
        (ModuleDraft("a", ModuleKind.DOCUMENT, BOTH, 5, Content(BOTH)), "course.toml: module a: statement"),
        (
            ModuleDraft("a", ModuleKind.TEXT, BOTH, 5, Content({"sv": "![Vad](x.svg)", "en": "x"})),
            "a.sv.md: unknown_picture name='x.svg'",
        ),
    ],
)
def test_each_problem_is_said(module, problem):
    assert [str(one) for one in module_problems(module, pictures=())] == [problem]


def test_a_picture_must_say_what_it_shows():
    module = ModuleDraft("a", ModuleKind.TEXT, BOTH, 5, Content({"sv": "![](x.svg)", "en": "x"}))
    (problem,) = module_problems(module, pictures=["x.svg"])
    assert problem == Problem("a.sv.md", Fault.SILENT_PICTURE, {"name": "x.svg"})


def test_all_problems_of_a_course_are_said_at_once():
    draft = starter.read("it-strategi")
    with pytest.raises(ContentError) as refused:
        check(replace(draft, titles={}, minutes=0, modules=(), pictures=()))
    assert list(map(str, refused.value.problems)) == [
        "it-strategi/course.toml: title: silent language='sv'",
        "it-strategi/course.toml: title: silent language='en'",
        "it-strategi/course.toml: no_modules",
        "it-strategi/course.toml: too_small name='minutes' least=1",
    ]


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
