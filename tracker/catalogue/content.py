"""What a course consists of, checked before it is stored: texts, questions, steps, statements, pictures.

A module's content is stored as JSON, because it is written, shown and copied as a whole and never searched by its parts.
This is the only code that reads or writes that JSON. Texts are by language; Swedish and English are both compulsory.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from tracker.catalogue.models import CourseKind, ModuleKind
from tracker.domain.periods import Days, overlaps
from tracker.writing import LANGUAGES, Fault, Problem, ProblemsError, silent, twice

COURSE = "course.toml"
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<name>[^)\s]+)\)")
PICTURE_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}

Texts = dict[str, str]


class ContentError(ProblemsError):
    """A course's content is not complete or contradicts itself."""


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE = "single"  # one option is right
    MULTIPLE = "multiple"  # all the right options, and no other
    ORDER = "order"  # every option, in the right order
    NUMBER = "number"  # a number, within a tolerance


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose, or to put in its place. In an `order` question all are right, in the order given."""

    key: str
    texts: Texts
    correct: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a test. The explanation is shown after it was answered, whatever the answer."""

    key: str
    kind: QuestionKind
    prompt: Texts
    explanation: Texts
    options: tuple[Option, ...] = ()
    answer: Decimal | None = None
    tolerance: Decimal = Decimal(0)
    unit: Texts = field(default_factory=dict)

    @property
    def right_keys(self) -> tuple[str, ...]:
        """The keys of the right options; of an `order` question every key, in the right order."""
        return tuple(option.key for option in self.options if option.correct or self.kind is QuestionKind.ORDER)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a practical checklist, and a hint of what the colleague who signs should see."""

    key: str
    text: Texts
    hint: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """What a module holds besides its title: a text in Markdown, and what its kind adds."""

    text: Texts
    questions: tuple[Question, ...] = ()
    steps: tuple[Step, ...] = ()
    statement: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModuleDraft:
    """A module as written, before it is part of a version."""

    slug: str
    kind: ModuleKind
    titles: Texts
    minutes: int
    content: Content
    pass_mark: int | None = None


@dataclass(frozen=True, slots=True)
class PictureDraft:
    """A picture that texts show as `![what it shows](name)`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CourseDraft:
    """A whole course as written: what `operations.publish_course` makes a version of."""

    code: str
    kind: CourseKind
    titles: Texts
    summaries: Texts
    minutes: int
    modules: tuple[ModuleDraft, ...]
    pictures: tuple[PictureDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class EquivalenceDraft:
    """That completions of one course count as another's, as written: courses by their codes.

    Empty days: without a beginning, until further notice.
    """

    course: str
    accepts: str
    starts_on: date | None = None
    ends_on: date | None = None

    @property
    def days(self) -> Days:
        """The days on which the completions were made that count."""
        return Days(self.starts_on or date.min, self.ends_on)

    def in_order(self) -> tuple[str, str, date]:
        """Return what equivalences are ordered by."""
        return self.course, self.accepts, self.days.starts_on

    def clashes_with(self, other: "EquivalenceDraft") -> bool:
        """Say whether another lets the same completions count on some of the same days."""
        same = (self.course, self.accepts) == (other.course, other.accepts)
        return same and overlaps([self.days.span], other.days.span)


def to_json(content: Content) -> dict[str, Any]:
    """Return a module's content as it is stored. `from_json` is its inverse."""
    stored: dict[str, Any] = {"text": content.text}
    if content.questions:
        stored["questions"] = [_question_to_json(question) for question in content.questions]
    if content.steps:
        stored["steps"] = [{"key": step.key, "text": step.text, "hint": step.hint} for step in content.steps]
    if content.statement:
        stored["statement"] = content.statement
    return stored


def _question_to_json(question: Question) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "key": question.key,
        "kind": question.kind.value,
        "prompt": question.prompt,
        "explanation": question.explanation,
    }
    if question.kind is QuestionKind.NUMBER:
        stored |= {"answer": str(question.answer), "tolerance": str(question.tolerance), "unit": question.unit}
    elif question.kind is QuestionKind.ORDER:
        stored["options"] = [{"key": option.key, **option.texts} for option in question.options]
    else:
        stored["options"] = [{"key": o.key, "correct": o.correct, **o.texts} for o in question.options]
    return stored


def from_json(stored: Mapping[str, Any]) -> Content:
    """Return a module's content from what was stored, or from files of the same shape. Raises ContentError."""
    try:
        return Content(
            text=dict(stored["text"]),
            questions=tuple(_question_from_json(question) for question in stored.get("questions", ())),
            steps=tuple(Step(s["key"], dict(s["text"]), dict(s.get("hint", {}))) for s in stored.get("steps", ())),
            statement=dict(stored.get("statement", {})),
        )
    except (InvalidOperation, KeyError, TypeError, ValueError) as error:
        raise ContentError([Problem(repr(error), Fault.NOT_CONTENT)]) from error


def _question_from_json(stored: Mapping[str, Any]) -> Question:
    return Question(
        key=stored["key"],
        kind=QuestionKind(stored["kind"]),
        prompt=dict(stored["prompt"]),
        explanation=dict(stored["explanation"]),
        options=tuple(
            Option(o["key"], {language: o[language] for language in LANGUAGES}, correct=o.get("correct", False))
            for o in stored.get("options", ())
        ),
        answer=Decimal(str(stored["answer"])) if "answer" in stored else None,
        tolerance=Decimal(str(stored.get("tolerance", 0))),
        unit=dict(stored.get("unit", {})),
    )


def check(draft: CourseDraft) -> None:
    """Raise ContentError with everything that is wrong with a course."""
    if problems := course_problems(draft):
        raise ContentError([problem.within(draft.code) for problem in problems])


def course_problems(draft: CourseDraft) -> list[Problem]:
    """Return what is wrong with a course, each problem with the file and the place in it, as `catalogue.files` has it."""
    problems = [
        *_bad_keys(COURSE, "code", [draft.code]),
        *silent(f"{COURSE}: title", draft.titles),
        *silent(f"{COURSE}: summary", draft.summaries),
        *_bad_keys(f"{COURSE}: module", "slug", [module.slug for module in draft.modules]),
        *(Problem(picture.name, Fault.NOT_A_PICTURE) for picture in draft.pictures if not _may_be_shown(picture)),
    ]
    if not draft.modules:
        problems.append(Problem(COURSE, Fault.NO_MODULES))
    if draft.minutes < 1:
        problems.append(Problem(COURSE, Fault.TOO_SMALL, {"name": "minutes", "least": 1}))
    names = {picture.name for picture in draft.pictures}
    for module in draft.modules:
        problems += module_problems(module, pictures=names)
    return problems


def _may_be_shown(picture: PictureDraft) -> bool:
    return picture.media_type in PICTURE_TYPES.values()


def module_problems(module: ModuleDraft, *, pictures: Iterable[str]) -> list[Problem]:
    """Return what is wrong with a module; `pictures` are the names its texts may show."""
    content, kind, where = module.content, module.kind, f"{COURSE}: module {module.slug}"
    problems = [*silent(f"{where}: title", module.titles), *_text_problems(module, pictures)]
    if module.minutes < 1:
        problems.append(Problem(where, Fault.TOO_SMALL, {"name": "minutes", "least": 1}))
    if module.pass_mark is not None and not 1 <= module.pass_mark <= 100:
        problems.append(Problem(where, Fault.PASS_MARK_PERCENT))
    for fault, of_kind, there in (
        (Fault.QUESTIONS, ModuleKind.TEST, bool(content.questions)),
        (Fault.PASS_MARK, ModuleKind.TEST, module.pass_mark is not None),
        (Fault.STEPS, ModuleKind.CHECKLIST, bool(content.steps)),
        (Fault.STATEMENT, ModuleKind.DOCUMENT, bool(content.statement)),
    ):
        if (kind is of_kind) != there:
            problems.append(Problem(where, fault))
    if content.statement:
        problems += silent(f"{where}: statement", content.statement)
    return [*problems, *_step_problems(module), *_questions_problems(module)]


def _step_problems(module: ModuleDraft) -> Iterator[Problem]:
    where = f"{module.slug}.steps.toml"
    yield from _bad_keys(f"{where}: step", "key", [step.key for step in module.content.steps])
    for step in module.content.steps:
        yield from silent(f"{where}: step {step.key}: text", step.text)


def _questions_problems(module: ModuleDraft) -> Iterator[Problem]:
    where = f"{module.slug}.questions.toml"
    yield from _bad_keys(f"{where}: question", "key", [question.key for question in module.content.questions])
    for question in module.content.questions:
        yield from _question_problems(question, f"{where}: question {question.key}")


def _question_problems(question: Question, where: str) -> Iterator[Problem]:
    yield from silent(f"{where}: prompt", question.prompt)
    yield from silent(f"{where}: explanation", question.explanation)
    yield from _bad_keys(f"{where}: option", "key", [option.key for option in question.options])
    for option in question.options:
        yield from silent(f"{where}: option {option.key}", option.texts)
    if question.kind is QuestionKind.NUMBER:
        if question.answer is None or not question.answer.is_finite():
            yield Problem(where, Fault.NO_ANSWER)
        if question.tolerance < 0:
            yield Problem(where, Fault.NEGATIVE_TOLERANCE)
        if question.options:
            yield Problem(where, Fault.OPTIONS_OF_NUMBER)
        return
    right, least = len(question.right_keys), 3 if question.kind is QuestionKind.ORDER else 2
    if len(question.options) < least:
        yield Problem(where, Fault.FEW_OPTIONS, {"least": least})
    if question.kind is QuestionKind.SINGLE and right != 1:
        yield Problem(where, Fault.ONE_RIGHT, {"number": right})
    if question.kind is QuestionKind.MULTIPLE and not right:
        yield Problem(where, Fault.NONE_RIGHT)


def _text_problems(module: ModuleDraft, pictures: Iterable[str]) -> Iterator[Problem]:
    known = set(pictures)
    for language in LANGUAGES:
        where, text = f"{module.slug}.{language}.md", module.content.text.get(language, "")
        if not text.strip():
            yield Problem(where, Fault.EMPTY)
        for shown in PICTURE.finditer(text):
            if shown["name"] not in known:
                yield Problem(where, Fault.UNKNOWN_PICTURE, {"name": shown["name"]})
            if not shown["alt"].strip():
                yield Problem(where, Fault.SILENT_PICTURE, {"name": shown["name"]})


def _bad_keys(where: str, name: str, keys: Sequence[str]) -> Iterator[Problem]:
    for key in keys:
        if not KEY.fullmatch(key) or len(key) > 60:
            yield Problem(where, Fault.BAD_KEY, {"name": name, "value": key})
    yield from twice(where, name, keys)
