"""The training matrix on a phone: a card for each person, with a chip for each requirement."""

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
    chips = row.locator("td:not(.behind, .select-cell)")
    columns = page.locator("#matrix-table thead th a[href*='requirement=']").all_inner_texts()
    assert columns
    assert [chip.split("\n")[-1] for chip in chips.all_inner_texts()] == columns
    for chip in chips.all():
        box = chip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    check_accessibility(page)
    row.locator("td a").first.focus()
    expect(row.locator("td a").first).to_be_focused()


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_late_comes_first(site: Site) -> None:
    page = site.signed_in("bosse", phone=True)
    page.goto("/team")
    tops = page.locator("#matrix-table tbody tr:has(.state-overdue)").first.evaluate(
        "row => ['.state-overdue', '.not-applying'].map(one => row.querySelector(one)?.getBoundingClientRect().top)"
    )
    assert tops[1] is None or tops[0] <= tops[1]
