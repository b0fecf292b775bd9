"""What a draft would change, as its pages show it: figures, people, mails, doubts."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from tests.conftest import NOW
from tests.drafting.conftest import TODAY, text
from tests.factories import acting, add_completion, add_duty, add_person
from tracker.domain.facts import DutyKind
from tracker.domain.programme import Layer, Owner
from tracker.programmes.operations import Audience, Says, add_item
from tracker.requirements.models import Requirement


class TestShow:
    def test_figures_lead_to_lists(self, cecilia, draft_id, cast):
        shown = text(cecilia.get(f"/requirements/drafts/{draft_id}"))
        link = f"/requirements/drafts/{draft_id}/people?change=added&amp;day={TODAY}"
        assert link in shown
        listed = text(cecilia.get(link.replace("&amp;", "&")))
        assert all(name in listed for name in ("Anna", "Bosse", "Eva"))
        assert "David" not in listed

    def test_a_unit_s_people(self, cecilia, draft_id, cast):
        listed = text(cecilia.get(f"/requirements/drafts/{draft_id}/people?change=matched&unit={cast.unit_ids['11']}"))
        assert "Anna" in listed
        assert "Eva" not in listed

    def test_the_list_of_drafts(self, cecilia, draft_id):
        assert draft_id in text(cecilia.get("/requirements/drafts"))

    def test_a_protected_identity_is_not_named(self, cecilia, draft_id, in_kil, cast):
        from tracker.people.models import Person

        with in_kil() as session:
            session.get_one(Person, cast.people["anna"]).protected_identity = True
        listed = text(cecilia.get(f"/requirements/drafts/{draft_id}/people?change=matched"))
        assert "Åkesson" not in listed
        assert "anna-1" in listed


class TestMails:
    """Everyone is due when the notice has passed, so their managers are told."""

    @pytest.fixture
    def soon(self, cecilia, draft_id, filled):
        changes = {"due_days": "0", "notice": "14"}
        assert cecilia.post(f"/requirements/drafts/{draft_id}/edit", data=filled(**changes)).status_code == 302
        return f"/requirements/drafts/{draft_id}"

    def test_days_lead_to_managers_and_managers_to_people(self, cecilia, soon):
        shown = text(cecilia.get(soon))
        days = [html.unescape(one) for one in re.findall(rf'href="({soon}/mails\?[^"]*)"', shown)]
        assert len(days) >= 4
        listed = text(cecilia.get(days[0]))
        assert "Bosse" in listed
        assert "Nytt mejl" in listed
        assert re.search(
            r'Veckomejl som tillkommer inom 30 dagar</span> <span class="stat-value"> ?<a [^>]*>[1-9]', shown
        )
        assert "Anna" not in listed
        person = html.unescape(re.search(rf'href="({soon}/mails/[^"]*)"', listed).group(1))
        told = text(cecilia.get(person))
        assert "Anna" in told
        assert "David" not in told

    def test_a_protected_identity_is_not_named(self, cecilia, soon, in_kil, cast):
        from tracker.people.models import Person

        with in_kil() as session:
            for name in ("anna", "bosse"):
                session.get_one(Person, cast.people[name]).protected_identity = True
        listed = text(cecilia.get(f"{soon}/mails"))
        assert "Berg" not in listed
        person = html.unescape(re.search(rf'href="({soon}/mails/[^"]*)"', listed).group(1))
        told = text(cecilia.get(person))
        assert "Åkesson" not in told
        assert "anna-1" in told

    def test_no_more_queries_for_more_people(self, cecilia, database, soon, in_kil, cast):
        """None more for 30 people and another manager."""
        seen = []
        event.listen(database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        assert cecilia.get(f"{soon}/mails").status_code == 200
        few = len(seen)
        with in_kil() as session:
            for number in range(30):
                add_person(
                    session, f"P{number}", "Prov", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
                )
            add_duty(session, cast.people["eva"], DutyKind.UNIT_MANAGER, unit_id=cast.units["10"], now=NOW)
        seen.clear()
        assert cecilia.get(f"{soon}/mails").status_code == 200
        assert len(seen) <= few

    def test_says_who_else_gets_a_mail(self, cecilia, draft_id, in_kil, cast):
        nobody, new_hires = "Ingen annan än chefer får mejl", "Nyanställda som är sena påminns dessutom"
        shown = text(cecilia.get(f"/requirements/drafts/{draft_id}"))
        assert (nobody in shown, new_hires in shown) == (True, False)
        with in_kil() as session:
            add_item(
                session,
                says=Says({"sv": "Kravet", "en": "It"}, Owner.LEARNER, 0),
                audience=Audience(Layer.MUNICIPALITY),
                effective_from=TODAY,
                by=acting(cast),
                now=NOW,
                requirement_id=session.scalars(select(Requirement.id)).one(),
            )
        shown = text(cecilia.get(f"/requirements/drafts/{draft_id}"))
        assert (nobody in shown, new_hires in shown) == (False, True)

    def test_none(self, cecilia, draft_id):
        assert cecilia.get(f"/requirements/drafts/{draft_id}/mails?on=2020-01-01").status_code == 200


def test_doubts_are_shown(cecilia, in_kil, cast, draft_id, course, filled):
    from tracker.drafting.words import DOUBTS

    path = f"/requirements/drafts/{draft_id}"
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    cecilia.set_cookie("locale", "en")
    cecilia.post(
        f"{path}/edit",
        data=filled(**{"due_days": "3", "effective_from": yesterday, "lines-0-unit": cast.unit_ids["1"]}),
    )
    shown = text(cecilia.get(path))
    assert "callout-warning" in shown
    assert len(DOUBTS) == 7


def test_a_short_notice_is_doubted_and_the_late_are_counted_over_days_it_names(cecilia, filled, draft_id):
    path = f"/requirements/drafts/{draft_id}"
    begins = TODAY + timedelta(days=7)
    changes = {"due_days": "5", "notice": "0", "effective_from": begins.isoformat()}
    cecilia.post(f"{path}/edit", data=filled(**changes))
    shown = text(cecilia.get(path))
    assert "Den kortaste framförhållningen är under 14 dagar." in shown
    assert "Det finns ingen kortaste framförhållning." in shown
    assert '<span class="stat-note">den ' in shown
    listed = text(cecilia.get(f"{path}/people?change=overdue_soon"))
    assert "Bosse" in listed
    cecilia.post(f"{path}/edit", data=filled(**(changes | {"notice": "14", "revision": "2"})))
    shown = text(cecilia.get(path))
    assert "är under 14 dagar" not in shown
    assert "Ingen blir försenad inom den kortaste framförhållningen, 14 dagar." in shown


def test_completions_count_the_hours(cecilia, in_kil, cast, draft_id, course):
    with in_kil() as session:
        from tracker.catalogue.models import CourseVersion

        version = session.scalars(select(CourseVersion)).one()
        add_completion(session, cast.people["anna"], version, on=TODAY - timedelta(days=30), now=NOW)
    listed = text(cecilia.get(f"/requirements/drafts/{draft_id}/people?change=to_complete"))
    assert "Bosse" in listed
    assert "Anna" not in listed
