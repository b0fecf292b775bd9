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

LANGUAGES = ("sv", "en")
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<name>[^)\s]+)\)")
PICTURE_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}

Texts = dict[str, str]


class ContentError(Exception):
    """A course's content is not complete or contradicts itself; says everything that is wrong, not only the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep what is wrong, one sentence each."""
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


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
    except KeyError as error:
        raise ContentError([f"{error.args[0]!r} is missing"]) from error
    except (InvalidOperation, TypeError, ValueError) as error:
        raise ContentError([f"a value cannot be understood: {error}"]) from error


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
    """Raise ContentError with everything that is wrong with a course, each problem with where it is."""
    problems = [*_course_problems(draft)]
    names = {picture.name for picture in draft.pictures}
    for module in draft.modules:
        problems += [f"{module.slug}: {problem}" for problem in module_problems(module, pictures=names)]
    if problems:
        raise ContentError([f"{draft.code}: {problem}" for problem in problems])


def _course_problems(draft: CourseDraft) -> Iterator[str]:
    yield from _bad_keys("code", [draft.code])
    yield from _missing("title", draft.titles)
    yield from _missing("summary", draft.summaries)
    yield from _bad_keys("module", [module.slug for module in draft.modules])
    if not draft.modules:
        yield "there are no modules"
    if draft.minutes < 1:
        yield "minutes must be at least 1"
    for picture in draft.pictures:
        if picture.media_type not in PICTURE_TYPES.values():
            yield f"{picture.name} is not a picture that may be shown"


def module_problems(module: ModuleDraft, *, pictures: Iterable[str]) -> list[str]:
    """Return what is wrong with a module, one sentence each; `pictures` are the names its texts may show."""
    content = module.content
    problems = [
        *_missing("title", module.titles),
        *_missing("text", content.text),
        *_picture_problems(content, pictures),
    ]
    if module.minutes < 1:
        problems.append("minutes must be at least 1")
    if (module.kind is ModuleKind.TEST) != bool(content.questions):
        problems.append("a test, and only a test, has questions")
    if (module.kind is ModuleKind.TEST) != (module.pass_mark is not None):
        problems.append("a test, and only a test, has a pass mark")
    if module.pass_mark is not None and not 1 <= module.pass_mark <= 100:
        problems.append("the pass mark is a percentage from 1 to 100")
    if (module.kind is ModuleKind.CHECKLIST) != bool(content.steps):
        problems.append("a checklist, and only a checklist, has steps")
    if (module.kind is ModuleKind.DOCUMENT) != bool(content.statement):
        problems.append("a document, and only a document, has a statement to acknowledge")
    if content.statement:
        problems += _missing("statement", content.statement)
    problems += _bad_keys("question", [question.key for question in content.questions])
    problems += _bad_keys("step", [step.key for step in content.steps])
    for step in content.steps:
        problems += _missing(f"step {step.key}", step.text)
    for question in content.questions:
        problems += [f"question {question.key}: {problem}" for problem in _question_problems(question)]
    return problems


def _question_problems(question: Question) -> Iterator[str]:
    yield from _missing("prompt", question.prompt)
    yield from _missing("explanation", question.explanation)
    yield from _bad_keys("option", [option.key for option in question.options])
    for option in question.options:
        yield from _missing(f"option {option.key}", option.texts)
    if question.kind is QuestionKind.NUMBER:
        if question.answer is None or not question.answer.is_finite():
            yield "a number question needs an answer"
        if question.tolerance < 0:
            yield "the tolerance cannot be negative"
        if question.options:
            yield "a number question has no options"
        return
    right = len(question.right_keys)
    if len(question.options) < (3 if question.kind is QuestionKind.ORDER else 2):
        yield "there are too few options to choose from"
    if question.kind is QuestionKind.SINGLE and right != 1:
        yield f"exactly one option must be right, not {right}"
    if question.kind is QuestionKind.MULTIPLE and not right:
        yield "at least one option must be right"


def _picture_problems(content: Content, pictures: Iterable[str]) -> Iterator[str]:
    known = set(pictures)
    for language, text in content.text.items():
        for shown in PICTURE.finditer(text):
            if shown["name"] not in known:
                yield f"the picture {shown['name']!r} ({language}) does not exist"
            if not shown["alt"].strip():
                yield f"the picture {shown['name']!r} ({language}) does not say what it shows"


def _missing(what: str, texts: Texts) -> Iterator[str]:
    for language in LANGUAGES:
        if not texts.get(language, "").strip():
            yield f"{what} is missing in {language}"


def _bad_keys(what: str, keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        if not KEY.fullmatch(key) or len(key) > 60:
            yield f"{what} {key!r} must be lower-case letters and digits, with single hyphens between"
    for key in {key for key in keys if keys.count(key) > 1}:
        yield f"{what} {key!r} occurs twice"
