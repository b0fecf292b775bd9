"""Going back to a page that said what was wrong with a form: it is there, and nothing is sent again."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from tests.browser.conftest import Site
from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tracker.bulk.models import Batch

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


def test_back_to_what_was_refused(site: Site, in_kil) -> None:
    with in_kil() as session:
        version = add_course(session, "alla", now=NOW)
        add_requirement(session, "alla", course_id=version.course_id, now=NOW)
    david = site.signed_in("david")
    primary = david.locator("main form[method=post] .btn-primary").first

    david.goto("/batches/assign")
    primary.click()
    expect(david.locator(".error-summary")).to_be_visible()
    david.goto("/requirements")
    david.go_back()
    expect(david.locator("textarea[name=pasted]")).to_be_visible()
    expect(david.locator(".error-summary")).to_have_count(0)

    david.locator("select[name=requirement]").select_option(label="Krav alla")
    david.locator("textarea[name=reason]").fill("Ny")
    david.locator("textarea[name=pasted]").fill("finns-inte\nanna-2\nbosse-1")
    primary.click()
    expect(david.locator("#row-by-row")).to_be_visible()
    looked_at = david.url
    primary.click()  # To an address that cannot be asked for, without the tick that some may be left out.
    expect(david.locator(".error-summary")).to_be_visible()
    david.goto("/requirements")
    david.go_back()
    expect(david.locator("#row-by-row")).to_be_visible()
    assert david.url == looked_at
    with site.database.bound(site.cast.kil, reading=True) as session:
        assert session.scalar(select(func.count()).select_from(Batch)) == 1
