"""Taking a course in a browser, as a learner does: by reading, choosing and clicking."""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tracker.catalogue.content import Question, QuestionKind, from_json
from tracker.catalogue.models import Course, CourseVersion, Module
from tracker.db import BoundSession

OUTLINE = "nav .outline-item"
NEXT_STEP = ".next-step"


def questions_of(session: BoundSession, code: str) -> list[tuple[Question, ...]]:
    """Return the questions of each test of a course, in its order."""
    modules = session.scalars(
        select(Module)
        .join(CourseVersion, CourseVersion.id == Module.course_version_id)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(Course.code == code)
        .order_by(Module.position)
    )
    return [from_json(module.content).questions for module in modules]


def choose(box: Locator) -> None:
    """See that a radio button or a checkbox is chosen; if not, choose it as a finger does: on its label, which covers it."""
    if not box.is_checked():
        box.locator("xpath=following-sibling::label").click()
    expect(box).to_be_checked()


def press(page: Page, action: str) -> None:
    """Press the button of the form that posts to an address that ends so, and wait for what comes."""
    with page.expect_navigation():
        page.locator(f"form[action$='{action}'] button:not([formaction])").first.click()


def answer(page: Page, questions: Sequence[Question], *, right: bool = True) -> None:
    """Answer every question of the page, all right or all wrong."""
    for question in questions:
        field = f"#question-{question.key}"
        match question.kind:
            case QuestionKind.SINGLE | QuestionKind.MULTIPLE:
                for option in question.options:
                    if option.correct is right:
                        choose(page.locator(f"{field}-{option.key}"))
            case QuestionKind.ORDER:
                keys = question.right_keys if right else question.right_keys[::-1]
                for place, key in enumerate(keys, start=1):
                    page.locator(f"{field}-{key}").select_option(str(place))
            case QuestionKind.NUMBER:
                assert question.answer is not None
                number = question.answer if right else question.answer + question.tolerance + 1
                page.locator(f"{field}-number").fill(f"{number:f}".replace(".", ","))


def hand_in(page: Page) -> None:
    """Hand the answers in."""
    with page.expect_navigation():
        page.locator("form[data-autosave] .btn-primary").click()
