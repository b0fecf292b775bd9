"""Without a mouse: sign in, search with "/", and take a test."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.taking import questions_of
from tests.factories import PASSWORD
from tracker.catalogue.content import Question, QuestionKind

pytestmark = pytest.mark.browser
FOCUSED = "element => element === document.activeElement"
# What shows the focus: an outline of the element's own, or of what stands around or after it.
SHOWS_FOCUS = """element => [element, element.parentElement, element.nextElementSibling].some((shown) => {
  const style = shown && getComputedStyle(shown);
  return style && style.outlineStyle !== "none";
})"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, and see that one can see it."""
    wanted = page.locator(selector).first
    for _press in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate(FOCUSED):
            assert wanted.evaluate(SHOWS_FOCUS), f"{selector} does not show that it has the focus"
            return
    raise AssertionError(f"Tab never reaches {selector}")


def answer(page: Page, question: Question) -> None:
    """Answer a question right, with keys only."""
    field = f"#question-{question.key}"
    match question.kind:
        case QuestionKind.SINGLE:
            # Tab reaches the group; arrows choose within it.
            tab_to(page, f"{field} input")
            page.keyboard.press("Space")
            (right,) = question.right_keys
            for _option in question.options:
                if page.locator(f"{field}-{right}").is_checked():
                    return
                page.keyboard.press("ArrowDown")
            assert page.locator(f"{field}-{right}").is_checked()
        case QuestionKind.MULTIPLE:
            for box in page.locator(f"{field} input").all():
                page.keyboard.press("Tab")
                if box.get_attribute("value") in question.right_keys:
                    page.keyboard.press("Space")
        case QuestionKind.ORDER:
            for menu in page.locator(f"{field} select").all():
                page.keyboard.press("Tab")
                key = str(menu.get_attribute("id")).removeprefix(f"question-{question.key}-")
                page.keyboard.type(str(question.right_keys.index(key) + 1))
        case QuestionKind.NUMBER:
            tab_to(page, f"{field}-number")
            page.keyboard.type(f"{question.answer:f}".replace(".", ","))


def test_sign_in_search_and_take_a_test_with_keys_only(site: Site, starter: None) -> None:
    page = site.visitor()
    page.goto("/sign-in")
    tab_to(page, "input[name=identifier]")
    page.keyboard.type("anna@kommun.example")
    tab_to(page, "input[name=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")

    page.keyboard.press("Tab")
    expect(page.locator("a[href='#content']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("grundutbildning teori")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    tab_to(page, "main a[href*='/courses/'], main a[href*='/learn/']")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    if "/courses/" in page.url:
        tab_to(page, "main a[href*='/learn/']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/learn/**")
    tab_to(page, "form[action$='/start'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/taking/**")
    tab_to(page, "form[action$='/questions'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/attempts/**")
    with site.database.bound(site.cast.kil, reading=True) as session:
        questions = questions_of(session, "grund-it-teori")[0]
    for question in questions:
        answer(page, question)
    tab_to(page, "form[data-autosave] .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/result")
    expect(page.locator(".verdict.is-passed")).to_be_visible()
