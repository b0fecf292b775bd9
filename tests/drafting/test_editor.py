"""The requirement editor: a draft is begun, written and previewed."""

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.drafting.conftest import phases, read, text
from tests.factories import sign_in
from tracker.db import retract
from tracker.domain.facts import DutyKind
from tracker.organisation.models import Position, UnitPlacement
from tracker.requirements.models import AudienceLine, RequirementVersion


class TestCreate:
    def test_begins_a_draft(self, cecilia, in_kil, cast, course):
        with in_kil() as session:
            from tracker.catalogue.models import Course

            public_id = session.scalars(select(Course.public_id)).one()
        sent = {"title_sv": "Ett", "title_en": "One", "code": "ett", "course": public_id}
        answer = cecilia.post("/requirements/new", data=sent)
        assert answer.status_code == 302
        assert cecilia.get(answer.location).status_code == 200
        with in_kil() as session:
            version = session.scalars(select(RequirementVersion)).one()
        assert (version.titles, version.published_at, version.saved_by_id) == (
            {"sv": "Ett", "en": "One"},
            None,
            cast.accounts["cecilia"],
        )
        assert phases(in_kil) == 0
        again = cecilia.post("/requirements/new", data=sent)
        assert again.status_code == 422

    def test_needs_a_title_and_a_plain_code(self, cecilia, course):
        answer = cecilia.post("/requirements/new", data={"title_sv": "", "title_en": "", "code": "Å Ä Ö"})
        assert answer.status_code == 422

    def test_without_courses(self, cecilia):
        assert cecilia.get("/requirements/new").status_code == 200


class TestEdit:
    def test_shows_what_the_draft_says(self, cecilia, draft_id, cast):
        shown = text(cecilia.get(f"/requirements/drafts/{draft_id}/edit"))
        assert f'<option selected value="{cast.unit_ids["10"]}">' in shown

    def test_saves(self, cecilia, draft_id, filled, in_kil, cast):
        answer = cecilia.post(
            f"/requirements/drafts/{draft_id}/edit",
            data=filled(
                **{
                    "lines-3-excludes": "1",
                    "lines-3-duty": "unit_manager",
                    "validity": "fixed",
                    "fixed_day": "1",
                    "fixed_every": "2",
                    "fixed_in": "2027",
                    "minimum_active": "3",
                    "majors": "within_days",
                    "major_days": "90",
                    "earlier": "from_date",
                    "accepted_from": "2025-01-01",
                }
            ),
        )
        assert answer.location.endswith(f"/requirements/drafts/{draft_id}")
        version = read(in_kil, draft_id)
        assert version.titles == {"sv": "Nytt namn", "en": "New name"}
        assert version.revision == 2
        assert (version.fixed_day, version.fixed_month, version.fixed_every_years, version.fixed_in_year) == (
            1,
            12,
            2,
            2027,
        )
        assert (version.validity_months, version.minimum_active_months) == (None, 3)
        assert version.major_version_days == 90
        assert version.accepted_from.isoformat() == "2025-01-01"
        with in_kil() as session:
            lines = session.scalars(select(AudienceLine).order_by(AudienceLine.id)).all()
        assert [(line.excludes, line.unit_id, line.duty) for line in lines] == [
            (False, cast.units["10"], None),
            (True, None, DutyKind.UNIT_MANAGER),
        ]
        assert phases(in_kil) == 0
        assert cecilia.get(answer.location).status_code == 200
        assert cecilia.get(f"/requirements/drafts/{draft_id}/edit").status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"due_days": ""},
            {"due_days": "many"},
            {"due": "date", "due_on": ""},
            {"months": ""},
            {"months": "2", "window": "60"},
            {"validity": "fixed", "fixed_day": "31", "fixed_month": "2", "fixed_every": "1", "minimum_active": "6"},
            {"earlier": "from_date"},
            {"majors": "within_days"},
            {"effective_until": "2020-01-01"},
            {"effective_from": ""},
            {"title_en": " "},
            {"reason_sv": ""},
            {"notice": "-1"},
            {"lines-0-unit": ""},
            {"lines-0-everyone": "y"},
            {"lines-0-unit": "nowhere"},
            {"course": "none"},
        ],
    )
    def test_refuses(self, cecilia, draft_id, filled, in_kil, changes):
        answer = cecilia.post(f"/requirements/drafts/{draft_id}/edit", data=filled(**changes))
        assert answer.status_code == 422
        assert "error-summary" in text(answer)
        assert read(in_kil, draft_id).revision == 1

    def test_what_does_not_say_what_it_changed_changes_nothing(self, cecilia, draft_id, filled, in_kil):
        for revision in ("", "many", "-1"):
            answer = cecilia.post(f"/requirements/drafts/{draft_id}/edit", data=filled(revision=revision))
            assert answer.status_code == 409
        assert cecilia.post(f"/requirements/drafts/{draft_id}/edit").status_code == 409
        assert read(in_kil, draft_id).revision == 1

    def test_adds_and_removes_lines_without_saving(self, cecilia, draft_id, filled, in_kil):
        path = f"/requirements/drafts/{draft_id}/edit"
        more = cecilia.post(path, data=filled(act="add_line"))
        assert more.status_code == 200
        assert 'name="lines-1-unit"' in text(more)
        assert "error-summary" not in text(more)
        fewer = cecilia.post(path, data=filled(act="remove_line:lines-0"))
        assert 'name="lines-0-unit"' not in text(fewer)
        assert "Nytt namn" in text(fewer)
        assert read(in_kil, draft_id).revision == 1

    def test_a_unit_that_is_closed_stays_in_its_line(self, cecilia, draft_id, filled, in_kil, cast):
        with in_kil() as session:
            placements = select(UnitPlacement).where(UnitPlacement.unit_id == cast.units["10"])
            retract(session.scalars(placements), now=NOW, by_id=None, why="Nedlagd.")
        path = f"/requirements/drafts/{draft_id}/edit"
        assert f'<option selected value="{cast.unit_ids["10"]}">' in text(cecilia.get(path))
        line = {"lines-0-position": _position(in_kil, cast)}
        assert cecilia.post(path, data=filled(**line)).status_code == 302
        with in_kil() as session:
            saved = session.scalars(select(AudienceLine)).one()
        assert (saved.unit_id, saved.position_id) == (cast.units["10"], cast.position_id)

    def test_nobody_saves_over_what_another_saved_unseen(self, cecilia, david, draft_id, filled, in_kil):
        path = f"/requirements/drafts/{draft_id}/edit"
        assert david.post(path, data=filled(title_sv="Davids", reason_sv="Davids skäl")).status_code == 302
        refused = cecilia.post(path, data=filled(title_sv="Cecilias", reason_sv="Cecilias skäl"))
        assert refused.status_code == 409
        for shown in ("Davids", "Davids skäl", "Cecilias", "Cecilias skäl", "David Dahl", 'name="revision" value="2"'):
            assert shown in text(refused)
        assert read(in_kil, draft_id).titles["sv"] == "Davids"
        stays = cecilia.post(path, data=filled(title_sv="Cecilias", revision="2", act="stay"))
        assert 'value="Cecilias"' in text(stays)
        assert cecilia.post(path, data=filled(title_sv="Cecilias", revision="2")).status_code == 302
        assert read(in_kil, draft_id).titles["sv"] == "Cecilias"


def _position(in_kil, cast):
    with in_kil() as session:
        return session.get_one(Position, cast.position_id).public_id


class TestPreview:
    def test_shows_what_is_not_saved(self, cecilia, draft_id, filled, cast, in_kil):
        path = f"/requirements/drafts/{draft_id}/preview"
        sent = filled(**{"lines-0-unit": "", "lines-0-everyone": "y"})
        for name in ("act", "revision", "title_sv", "title_en", "reason_sv", "reason_en"):
            del sent[name]
        shown = text(cecilia.get(path, query_string=sent, headers={"HX-Request": "true"}))
        assert "<html" not in shown
        assert '<span class="stat-value">8</span>' in shown
        assert read(in_kil, draft_id).revision == 1
        wrong = text(cecilia.get(path, query_string=sent | {"due_days": ""}, headers={"HX-Request": "true"}))
        assert "stat-value" not in wrong
        assert '<a href="#due_days">Dagar: Skriv ett heltal.</a>' in wrong
        unsaid = text(cecilia.get(path, query_string=sent | {"lines-0-everyone": ""}, headers={"HX-Request": "true"}))
        assert '<a href="#lines">För vem: Rad 1:' in unsaid

    def test_says_that_no_line_says_who(self, cecilia, draft_id, filled):
        preview = f"/requirements/drafts/{draft_id}/preview"
        only_out = filled(**{"lines-0-excludes": "1"})
        shown = text(cecilia.get(preview, query_string=only_out, headers={"HX-Request": "true"}))
        assert "Det gäller ingen än: ingen rad säger vilka som ska genomföra" in shown
        assert "men inte" not in shown

    def test_says_how_many_of_each_unit(self, cecilia, draft_id, filled):
        path = f"/requirements/drafts/{draft_id}/preview"
        shown = text(cecilia.get(path, query_string=filled(), headers={"HX-Request": "true"}))
        assert "Hemtjänsten: 2 av 2, 2 nya" in shown
        assert "Gäller 3 · " in shown
        assert "Spara utkastet för att se vilka de är" in shown, "why no figure leads to its people"

    def test_is_the_page_of_the_draft_without_htmx(self, cecilia, draft_id):
        assert cecilia.get(f"/requirements/drafts/{draft_id}/preview").location.endswith(f"/drafts/{draft_id}")


class TestOnceIsEnough:
    """What is met once says nothing of renewal."""

    def test_the_time_to_renew_is_not_asked_for(self, cecilia, draft_id, filled, in_kil):
        answer = cecilia.post(f"/requirements/drafts/{draft_id}/edit", data=filled(validity="once", window=""))
        assert answer.status_code == 302
        assert read(in_kil, draft_id).renewal_window_days == 60
        shown = text(cecilia.get(answer.location))
        assert "förny" not in shown[shown.index("<main") : shown.index("</main")].lower()
        asked = cecilia.post(f"/requirements/drafts/{draft_id}/edit", data=filled(window="", revision="2"))
        assert asked.status_code == 422

    def test_the_conflict_page(self, cecilia, david, draft_id, filled):
        path = f"/requirements/drafts/{draft_id}/edit"
        david.post(path, data=filled(validity="once", majors="at_renewal"))
        refused = text(cecilia.post(path, data=filled(validity="once", majors="at_renewal")))
        assert "förny" not in refused[refused.index("<main") : refused.index("<form method")].lower()


@pytest.mark.parametrize(("name", "status"), [("bosse", 403), ("david", 403), ("mona", 403), ("omar", 404)])
def test_is_for_those_who_decide_requirements(client, database, cast, draft_id, in_kil, name, status):
    sign_in(client, database, cast, name)
    path = f"/requirements/drafts/{draft_id}"
    for address in ("", "/edit", "/people", "/preview", "/discard"):
        assert client.get(path + address).status_code == status, address
    for address in ("/edit", "/publish", "/ask", "/discard"):
        assert client.post(path + address, data={"revision": "1"}).status_code == status, address
    assert read(in_kil, draft_id).revision == 1
