"""From the matrix, a person's page and one's own, to why a requirement does not apply."""

import re

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_requirement
from tracker.requirements.models import Requirement


@pytest.fixture
def records(story, in_kil):
    """The public id of the requirement for the users of the record system."""
    with in_kil() as session:
        return session.scalars(select(Requirement.public_id).where(Requirement.code == "omsorg")).one()


def why_not(page):
    """Return where the list of requirements that do not apply leads."""
    [listed] = re.findall(r'<details class="card" id="not-applying">(.*?)</details>', page.html, re.DOTALL) or [""]
    return re.findall(r'href="([^"]+)"', listed)


def test_a_cell_of_the_matrix_leads_to_why_not(show, story, cast, records):
    page = show("bosse", "/team")
    to = f"/people/{story.newcomer}/requirements/{records}/explanation"
    [link] = re.findall(rf'<a class="not-applying" href="{to}".*?</a>', page.html)
    assert "Nya Nilsson, Requirement omsorg: does not apply" in link
    assert page.html.count('class="not-applying"') == 3  # All but Anna, who uses the system.
    assert "Why it does not apply" in show("bosse", to).html
    assert "Hemlig" not in page.html


@pytest.mark.parametrize(("viewer", "path"), [("bosse", "/"), ("bosse", "/me"), ("david", "/people/{bosse}")])
def test_a_page_leads_to_why_not(show, story, cast, records, viewer, path):
    page = show(viewer, path.format(bosse=cast.person_ids["bosse"]))
    to = f"/people/{cast.person_ids['bosse']}/requirements/{records}/explanation"
    assert why_not(page) == [to]
    assert "Why it does not apply" in show(viewer, to).html


def test_no_list_when_all_apply(show, story, cast):
    assert why_not(show("anna", "/me")) == why_not(show("anna", "/")) == []


def test_what_is_not_in_effect_is_not_listed(show, story, cast, in_kil, records):
    with in_kil() as session:
        ended = {"effective_until": NOW.date().replace(day=1), "lines": ({"system_id": cast.system_id},)}
        add_requirement(session, "ended", course_id=story.records.course_id, now=NOW, **ended)
    assert len(why_not(show("bosse", "/me"))) == 1
    assert len(why_not(show("bosse", "/me", day="2026-11-01"))) == 2


@pytest.mark.parametrize("path", ["/", "/me"])
def test_queries_are_as_many_for_one_as_for_thirty(show, story, cast, in_kil, counting, records, path):
    show("bosse", path)
    with counting() as few:
        show("bosse", path)
    with in_kil() as session:
        for number in range(30):
            lines = ({"system_id": cast.system_id},)
            add_requirement(session, f"r{number}", course_id=story.records.course_id, now=NOW, lines=lines)
    with counting() as many:
        assert len(why_not(show("bosse", path))) == 31
    assert len(many) == len(few)
