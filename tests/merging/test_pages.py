"""The pages of merging: from one record to the other, what it would change, and who may."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_completion, sign_in
from tests.merging.conftest import TODAY, merge_them, person
from tracker.catalogue.models import CourseVersion
from tracker.merging.preview import preview
from tracker.people.models import Employment, PersonMerge


class TestPages:
    def test_from_one_page_to_the_other(self, david, in_kil, cast, double):
        address = f"/people/{cast.person_ids['anna']}"
        assert f"{address}/merge" in david.get(address).text
        assert david.post(f"{address}/merge", data={"number": "nobody"}).status_code == 422
        assert david.post(f"{address}/merge", data={"number": "anna-1"}).status_code == 422
        sent = david.post(f"{address}/merge", data={"number": "anna-2"})
        assert sent.location == f"{address}/merge/{double}"
        shown = david.get(sent.location).text
        assert "anna-2" in shown
        assert f"/people/{double}/merge/{cast.person_ids['anna']}" in shown  # the other way round
        assert david.post(sent.location, data={"reason": ""}).status_code == 422
        done = david.post(sent.location, data={"reason": "Samma personnummer"})
        assert done.location == address
        assert "Samma personnummer" in david.get(address).text
        gone = david.get(f"/people/{double}")
        assert gone.status_code == 200
        assert address in gone.text
        with in_kil() as session:
            row = session.scalars(select(PersonMerge)).one()
        undo = f"/merges/{row.public_id}/undo"
        assert undo in david.get(address).text
        assert undo in david.get("/people/duplicates").text
        assert david.get(undo).status_code == 200
        assert david.post(undo, data={"why": ""}).status_code == 422
        assert david.post(undo, data={"why": "Två kusiner"}).location == f"/people/{double}"
        assert "Två kusiner" in david.get("/people/duplicates").text
        assert david.post(undo, data={"why": "Igen"}).status_code == 422

    def test_the_preview_tells_what_changes(self, david, in_kil, cast, double):
        with in_kil() as session:
            looked_at = preview(session, person(session, cast, "anna"), person(session, cast, "double"), TODAY)
        stands = {one.titles["sv"]: (one.survivor, one.absorbed, one.together) for one in looked_at.obligations}
        assert stands == {
            "Krav grund": ("overdue", "valid", "valid"),
            "Krav annan": ("overdue", "exempt", "exempt"),
        }
        assert {kind.name: (kind.survivor, kind.absorbed, kind.together) for kind in looked_at.kinds}["employment"] == (
            1,
            1,
            2,
        )
        assert [held.place for held in looked_at.duties] == ["Vård och omsorg"]
        assert looked_at.overlaps == []
        assert not looked_at.attested

    def test_warnings(self, in_kil, cast, double):
        with in_kil() as session:
            version = session.scalars(select(CourseVersion)).first()
            add_completion(
                session, cast.people["anna"], version, on=TODAY, now=NOW, attested_by=cast.accounts["double"]
            )
            session.add(
                Employment(
                    person_id=cast.people["double"],
                    unit_id=cast.units["11"],
                    position_id=cast.position_id,
                    kind="Tillsvidare",
                    percent=50,
                    starts_on=date(2026, 1, 1),
                    recorded_at=NOW,
                    source="test",
                )
            )
            session.flush()
            looked_at = preview(session, person(session, cast, "anna"), person(session, cast, "double"), TODAY)
            assert looked_at.attested
            assert [(one.title, one.unit) for one in looked_at.overlaps] == [("Undersköterska", "Hemtjänsten")]

    def test_what_cannot_be_merged_says_why(self, david, cast):
        shown = david.get(f"/people/{cast.person_ids['anna']}/merge/{cast.person_ids['mona']}").text
        assert "roller" in shown
        assert 'name="reason"' not in shown
        sent = david.post(f"/people/{cast.person_ids['anna']}/merge/{cast.person_ids['mona']}", data={"reason": "x"})
        assert sent.status_code == 422

    def test_who_comes_back_to_it_is_led_to_who_remained(self, david, cast, double):
        anna = cast.person_ids["anna"]
        for address in (f"/people/{anna}/merge/{double}",) * 2 + (f"/people/{double}/merge/{anna}",):
            answer = david.post(address, data={"reason": "x"})
            assert (answer.status_code, answer.location) == (302, f"/people/{anna}")
        assert david.get(f"/people/{cast.person_ids['bosse']}/merge/{double}").status_code == 404

    def test_a_protected_name_is_not_shown(self, david, in_kil, cast, double):
        with in_kil() as session:
            person(session, cast, "double").protected_identity = True
            person(session, cast, "double").family_name = "Hemligsson"
        address = f"/people/{cast.person_ids['anna']}/merge/{double}"
        assert "Hemligsson" not in david.get(address).text
        david.post(address, data={"reason": "x"})
        for page in (f"/people/{cast.person_ids['anna']}", f"/people/{double}", "/people/duplicates"):
            assert "Hemligsson" not in david.get(page).text
        assert "anna.akesson" not in david.get(f"/people/{cast.person_ids['anna']}").text

    def test_nor_is_what_the_same_person_was_called_before(self, david, in_kil, cast, double):
        """The one who remained is protected: the name of the other would tell whose identity that is."""
        with in_kil() as session:
            person(session, cast, "double").family_name = "Hemligsson"
            row = merge_them(session, cast).public_id
        pages = [f"/people/{cast.person_ids['anna']}", f"/people/{double}", "/people/duplicates", f"/merges/{row}/undo"]
        assert ["Hemligsson" in david.get(page).text for page in pages] == [True] * 4
        with in_kil() as session:
            person(session, cast, "anna").protected_identity = True
        assert ["Hemligsson" in david.get(page).text for page in pages] == [False] * 4

    def test_who_may_see_the_one_is_led_there(self, app, database, cast, in_kil, double):
        with in_kil() as session:
            merge_them(session, cast)
        answers = {
            name: sign_in(app.test_client(), database, cast, name).get(f"/people/{double}").status_code
            for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "omar")
        }
        assert answers == {
            "anna": 200,
            "bosse": 200,
            "cecilia": 200,
            "david": 200,
            "eva": 404,
            "mona": 404,
            "omar": 404,
        }

    @pytest.mark.parametrize("name", ["anna", "bosse", "cecilia", "eva", "mona", "olle", "kim"])
    def test_others_may_not(self, client, database, cast, in_kil, double, name):
        with in_kil() as session:
            row = merge_them(session, cast).public_id
        sign_in(client, database, cast, name)
        for address in (
            f"/people/{cast.person_ids['anna']}/merge",
            f"/people/{cast.person_ids['anna']}/merge/{cast.person_ids['bosse']}",
            f"/merges/{row}/undo",
            "/people/duplicates",
        ):
            assert client.get(address).status_code == 403

    def test_nor_omar_nor_across(self, client, app, database, cast, in_kil, double):
        with in_kil() as session:
            row = merge_them(session, cast).public_id
        sign_in(client, database, cast, "omar")
        anna = cast.person_ids["anna"]
        for address in (
            f"/people/{anna}/merge",
            f"/people/{cast.person_ids['omar']}/merge/{anna}",
            f"/merges/{row}/undo",
        ):
            assert client.post(address, data={"reason": "x", "why": "x", "number": "x"}).status_code == 404
        assert anna not in client.get("/people/duplicates").text
        david = sign_in(app.test_client(), database, cast, "david")
        assert david.get(f"/people/{anna}/merge/{cast.person_ids['omar']}").status_code == 404
