"""Files that are too large, with scripts and without."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, check_accessibility

pytestmark = pytest.mark.browser

FORMS = {
    "/imports": "david",
    "/batches/exempt": "david",
    "/packs": "cecilia",
    "/certificates/from-elsewhere/new": "anna",
}
"""Every page with a field for a file, and who may see it."""

REFUSED = "Filen är 22 MB. Den får vara högst "


def too_large(page: Page, folder: Path) -> None:
    (folder / "large.csv").write_bytes(bytes(22 * 1024 * 1024))
    page.locator("input[type=file]").set_input_files(folder / "large.csv")


@pytest.mark.parametrize("address", FORMS)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_refused_beside_the_field_and_nothing_sent(site: Site, tmp_path: Path, address: str) -> None:
    page = site.signed_in(FORMS[address], phone=True)
    page.goto(address)
    field = page.locator("input[type=file]")
    expect(page.locator(f"#{field.get_attribute('id')}-hint")).to_contain_text("Högst ")
    too_large(page, tmp_path)
    expect(page.get_by_role("alert")).to_contain_text(REFUSED)
    assert f"{field.get_attribute('id')}-too-large" in (field.get_attribute("aria-describedby") or "")
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("form[enctype] .btn-primary").click()
    expect(field).to_be_focused()
    assert sent == []
    check_accessibility(page)
    (tmp_path / "small.csv").write_text("Anstnr")
    field.set_input_files(tmp_path / "small.csv")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_scripts_a_page_leads_back_to_the_limit(site: Site, tmp_path: Path) -> None:
    page = site.signed_in("david", java_script_enabled=False)
    page.goto("/batches/exempt?requirement=x")
    too_large(page, tmp_path)
    page.locator("form[enctype] .btn-primary").click()
    expect(page.locator("h1")).to_have_text("Filen är för stor")
    expect(page.locator("main")).to_contain_text("Formuläret säger hur stor den får vara.")
    page.get_by_role("link", name="Tillbaka till formuläret").click()
    expect(page).to_have_url(f"{site.url}/batches/exempt?requirement=x")
    expect(page.locator("input[type=file]")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Högst 20 MB.")
