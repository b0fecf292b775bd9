"""A course as files in a folder, which people can read, compare and change.

`course.toml`; for each module `<slug>.sv.md`, `<slug>.en.md` and, by its kind, `<slug>.questions.toml` or
`<slug>.steps.toml`; and the pictures that its texts show. What is read and written again is the same.

Which courses' completions count as which others' is a file of its own, beside the courses' folders.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from tracker.catalogue.content import (
    COURSE,
    PICTURE_TYPES,
    Content,
    CourseDraft,
    EquivalenceDraft,
    ModuleDraft,
    Option,
    PictureDraft,
    Question,
    QuestionKind,
    Step,
    course_problems,
)
from tracker.catalogue.models import CourseKind, ModuleKind
from tracker.writing import LANGUAGES, TITLE, Fault, Files, Problem, Table, read_text, read_toml, write_toml

# What would make more than a drawing of a picture, or have it fetch something.
_LIVELY = re.compile(
    rb"<!(DOCTYPE|ENTITY)|<\s*(script|foreignObject|iframe|handler|set|animate)\b|\son\w+\s*=|javascript:"
    rb"|(href|src)\s*=\s*[\"']\s*(?!#)|url\(\s*[\"']?\s*(?!#)|@import",
    re.IGNORECASE,
)


def read_course(files: Files, folder: str, problems: list[Problem]) -> CourseDraft | None:
    """Return the course in a folder; None, with every problem noted, if it is not a complete one."""
    before = len(problems)
    table = read_toml(files, f"{folder}/{COURSE}", problems)
    modules = tuple(_read_module(files, folder, module, problems) for module in table.tables("module"))
    draft = CourseDraft(
        code=table.text("code"),
        kind=table.choice("kind", CourseKind) or CourseKind.COURSE,
        titles=table.texts("title", most=TITLE),
        summaries=table.texts("summary", most=1000),
        minutes=table.number("minutes"),
        modules=modules,
        pictures=tuple(_read_pictures(files, folder, problems)),
    )
    table.finish()
    if len(problems) == before:
        problems += [problem.within(folder) for problem in course_problems(draft)]
    if len(problems) == before:
        known = {f"{folder}/{name}" for name in write_course(draft)}
        problems += [Problem(path, Fault.NOT_OF_MODULE) for path in sorted(_in(files, folder)) if path not in known]
    return draft if len(problems) == before else None


def _in(files: Files, folder: str) -> list[str]:
    return [path for path in files if path.startswith(f"{folder}/")]


def _read_pictures(files: Files, folder: str, problems: list[Problem]) -> list[PictureDraft]:
    pictures = []
    for path in sorted(_in(files, folder)):
        name, media_type = path.removeprefix(f"{folder}/"), PICTURE_TYPES.get(PurePosixPath(path).suffix)
        if media_type is not None:
            pictures.append(PictureDraft(name, media_type, files[path]))
            if media_type == "image/svg+xml" and _LIVELY.search(files[path]):
                problems.append(Problem(path, Fault.LIVELY_PICTURE))
    return pictures


def _read_module(files: Files, folder: str, table: Table, problems: list[Problem]) -> ModuleDraft:
    slug, kind = table.text("slug"), table.choice("kind", ModuleKind) or ModuleKind.TEXT
    path = f"{folder}/{slug}"
    questions: tuple[Question, ...] = ()
    steps: tuple[Step, ...] = ()
    if kind is ModuleKind.TEST:
        written = read_toml(files, f"{path}.questions.toml", problems)
        questions = tuple(_read_question(one) for one in written.tables("question"))
        written.finish()
    if kind is ModuleKind.CHECKLIST:
        written = read_toml(files, f"{path}.steps.toml", problems)
        steps = tuple(_read_step(one) for one in written.tables("step"))
        written.finish()
    module = ModuleDraft(
        slug=slug,
        kind=kind,
        titles=table.texts("title", most=TITLE),
        minutes=table.number("minutes"),
        pass_mark=table.maybe_number("pass_mark"),
        content=Content(
            text={language: read_text(files, f"{path}.{language}.md", problems) for language in LANGUAGES},
            questions=questions,
            steps=steps,
            statement=table.texts("statement", compulsory=False),
        ),
    )
    table.finish()
    return module


def _read_step(table: Table) -> Step:
    step = Step(table.text("key"), table.texts("text"), table.texts("hint", compulsory=False))
    table.finish()
    return step


def _read_question(table: Table) -> Question:
    kind = table.choice("kind", QuestionKind) or QuestionKind.SINGLE
    options = []
    for option in table.tables("option"):
        texts = {language: option.text(language) for language in LANGUAGES}
        options.append(Option(option.text("key"), texts, correct=option.flag("correct")))
        option.finish()
    question = Question(
        key=table.text("key"),
        kind=kind,
        prompt=table.texts("prompt"),
        explanation=table.texts("explanation"),
        options=tuple(options),
        answer=table.maybe_decimal("answer"),
        tolerance=table.maybe_decimal("tolerance") or Decimal(0),
        unit=table.texts("unit", compulsory=False),
    )
    table.finish()
    return question


def read_equivalences(files: Files, path: str, problems: list[Problem]) -> list[EquivalenceDraft]:
    """Return which courses' completions count as which others', as one of some files says; every problem is noted."""
    table = read_toml(files, path, problems)
    read = [_read_equivalence(row) for row in table.tables("equivalence")]
    table.finish()
    found = sorted((one for one in read if one is not None), key=EquivalenceDraft.in_order)
    problems += [
        Problem(path, Fault.COUNTS_TWICE, {"course": one.course, "accepts": one.accepts})
        for one, following in pairwise(found)
        if one.clashes_with(following)
    ]
    return found


def _read_equivalence(table: Table) -> EquivalenceDraft | None:
    course, accepts = table.text("course"), table.text("accepts")
    starts_on, ends_on = table.maybe_day("starts_on"), table.maybe_day("ends_on")
    table.finish()
    if course and course == accepts:
        table.note(Fault.COUNTS_AS_ITSELF)
    if starts_on and ends_on and ends_on < starts_on:
        table.note(Fault.ENDS_BEFORE_START)
        return None
    return EquivalenceDraft(course, accepts, starts_on, ends_on)


def write_equivalences(equivalences: Iterable[EquivalenceDraft]) -> bytes:
    """Return the file that says which completions count as which others': `read_equivalences` is its inverse."""
    names = EquivalenceDraft.__slots__
    return write_toml({"equivalence": [{name: getattr(one, name) for name in names} for one in equivalences]})


def write_course(draft: CourseDraft) -> dict[str, bytes]:
    """Return a course as files, by name: `read_course` of them is the course again."""
    files = {COURSE: write_toml(_course_values(draft))}
    for module in draft.modules:
        content = module.content
        for language, text in content.text.items():
            files[f"{module.slug}.{language}.md"] = text.replace("\r\n", "\n").encode()
        if module.kind is ModuleKind.TEST:
            values = {"question": [_question_values(question) for question in content.questions]}
            files[f"{module.slug}.questions.toml"] = write_toml(values)
        if module.kind is ModuleKind.CHECKLIST:
            steps = [{"key": step.key, "text": step.text, "hint": step.hint or None} for step in content.steps]
            files[f"{module.slug}.steps.toml"] = write_toml({"step": steps})
    return files | {picture.name: picture.content for picture in draft.pictures}


def _course_values(draft: CourseDraft) -> Mapping[str, Any]:
    return {
        "code": draft.code,
        "kind": draft.kind,
        "minutes": draft.minutes,
        "title": draft.titles,
        "summary": draft.summaries,
        "module": [
            {
                "slug": module.slug,
                "kind": module.kind,
                "minutes": module.minutes,
                "pass_mark": module.pass_mark,
                "title": module.titles,
                "statement": module.content.statement or None,
            }
            for module in draft.modules
        ],
    }


def _question_values(question: Question) -> Mapping[str, Any]:
    number = question.kind is QuestionKind.NUMBER
    ordered = question.kind is QuestionKind.ORDER
    return {
        "key": question.key,
        "kind": question.kind,
        "answer": question.answer,
        "tolerance": (question.tolerance or None) if number else None,
        "prompt": question.prompt,
        "explanation": question.explanation,
        "unit": question.unit or None,
        "option": [
            {"key": option.key, "correct": None if ordered else option.correct, **option.texts}
            for option in question.options
        ],
    }
