"""The training matrix on a phone: a card for each person, with a chip for each requirement that applies."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site, check_accessibility

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_all_of_it_fits_a_phone(site: Site, dark: bool) -> None:
    page = site.signed_in("bosse", phone=True, dark=dark)
    page.goto("/team")
    row = page.locator("#matrix-table tbody tr").first
    chips = row.locator(".state-mark")
    others = row.locator(".not-applying")
    columns = page.locator("#matrix-table thead th a[href*='requirement=']").all_inner_texts()
    assert columns
    assert chips.count() + others.count() == len(columns)
    assert set(chips.locator(".chip-name").all_inner_texts()) <= set(columns)
    for other in others.all():
        expect(other).not_to_be_visible()
    for chip in chips.all():
        box = chip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    check_accessibility(page)
    late = page.locator("#matrix-table tbody a.state-mark").first
    late.focus()
    expect(late).to_be_focused()


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_late_comes_first(site: Site) -> None:
    page = site.signed_in("bosse", phone=True)
    page.goto("/team")
    first = page.locator("#matrix-table tbody tr:has(.state-overdue)").first.evaluate(
        """row => [...row.querySelectorAll(".state-mark")]
          .sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top)[0].className"""
    )
    assert "state-overdue" in first
