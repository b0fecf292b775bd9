"""A pack goes from Kil to Grums: taken out by Cecilia, looked at, loaded and found among the drafts by Omar, without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser.conftest import Site, check_accessibility
from tracker.packs.archives import read_files
from tracker.packs.files import read_pack
from tracker.requirements.models import Requirement, RequirementVersion

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.mark.usefixtures("starter")
def test_from_one_municipality_to_another(site: Site, tmp_path: Path) -> None:
    cecilia = site.signed_in("cecilia")
    cecilia.goto("/requirements")
    cecilia.locator("a[href='/packs']").click()
    with cecilia.expect_download() as fetched:
        cecilia.locator("form[action='/packs/export'] button").click()
    zipped = tmp_path / fetched.value.suggested_filename
    fetched.value.save_as(zipped)
    pack = read_pack(read_files(zipped))
    assert len(pack.requirements) == 6

    omar = site.signed_in("omar", java_script_enabled=False)
    omar.goto("/packs")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(zipped.read_bytes()[:-100])
    omar.locator("input[type=file]").set_input_files(broken)
    omar.locator("form[enctype] .btn-primary").click()
    expect(omar.locator(".callout")).to_contain_text("Paketet går inte att använda")
    omar.locator("input[type=file]").set_input_files(zipped)
    omar.locator("form[enctype] .btn-primary").click()
    expect(omar.locator("#requirements .row-item")).to_have_count(6)
    expect(omar.locator("#courses .row-item")).to_have_count(7)
    omar.locator("main form .btn-primary").click()
    expect(omar.locator(".flash-success")).to_contain_text("6 krav väntar som utkast")
    expect(omar.locator("main tbody tr")).to_have_count(6)
    with site.database.bound(site.cast.grums, reading=True) as session:
        assert len(session.scalars(select(Requirement.code)).all()) == 6
        assert session.scalars(select(RequirementVersion.published_at)).all() == [None] * 6


def test_what_is_law_is_told_before_it_is_loaded(site: Site) -> None:
    cecilia = site.signed_in("cecilia", phone=True)
    cecilia.goto("/packs")
    cecilia.locator("a[href='/packs/shipped/informationssakerhet']").click()
    expect(cecilia.locator("#statements")).to_contain_text("Lagen säger")
    check_accessibility(cecilia)
    cecilia.locator("main form .btn-primary").click()
    expect(cecilia.locator(".flash-success")).to_be_visible()
    cecilia.locator("main tbody a").first.click()
    check_accessibility(cecilia)
    cecilia.goto("/packs/shipped/informationssakerhet")
    expect(cecilia.locator("main")).to_contain_text("Allt i paketet finns redan")
    check_accessibility(cecilia)
