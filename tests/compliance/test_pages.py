"""The pages of requirements, and why each applies to whom."""

import re
from datetime import date

import pytest
from sqlalchemy import event, select

from tests.conftest import NOW
from tests.factories import (
    add_absence,
    add_access,
    add_assignment,
    add_completion,
    add_course,
    add_duty,
    add_exemption,
    add_extension,
    add_next_version,
    add_person,
    add_requirement,
    sign_in,
)
from tracker import clock
from tracker.catalogue.models import CourseVersion
from tracker.domain.facts import DutyKind
from tracker.organisation.models import Position
from tracker.people.models import Employment, Person
from tracker.requirements.models import Requirement

TODAY = clock.local_date(clock.now(), "Europe/Stockholm")


@pytest.fixture
def required(in_kil, cast):
    """Two requirements in Kil: one for everyone, one for those who use the system. Returns their public ids."""
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW, title="Grundkursen")
        add_requirement(
            session, "grund", course_id=course.course_id, now=NOW, validity_months=24, legal_basis="IT-strategi 2.4"
        )
        add_requirement(
            session,
            "system",
            course_id=course.course_id,
            now=NOW,
            lines=({"system_id": cast.system_id}, {"duty": DutyKind.SYSTEM_OWNER, "system_id": cast.system_id}),
        )
        add_requirement(session, "once", course_id=course.course_id, now=NOW)
        add_completion(session, cast.people["bosse"], course, on=date(2026, 10, 1), now=NOW)
        add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2026, 11, 1), now=NOW)
    with in_kil() as session:
        return dict(session.execute(select(Requirement.code, Requirement.public_id)).all())


def words(response):
    return " ".join(response.get_data(as_text=True).split())


def as_english(client):
    client.set_cookie("locale", "en")
    return client


class TestIndex:
    def test_counts_the_municipality_for_who_sees_figures(self, client, database, cast, required):
        sign_in(client, database, cast, "cecilia")
        response = client.get("/requirements")
        assert response.status_code == 200
        assert "Krav grund" in words(response)

    @pytest.mark.parametrize("name", ["anna", "kim", "olle"])
    def test_is_not_for(self, client, database, cast, required, name):
        sign_in(client, database, cast, name)
        assert client.get("/requirements").status_code == 403

    def test_nothing_yet(self, client, database, cast):
        sign_in(client, database, cast, "cecilia")
        assert client.get("/requirements").status_code == 200

    def test_takes_as_many_questions_however_many_people_there_are(self, client, database, cast, required, in_kil):
        sign_in(client, database, cast, "cecilia")
        for path in (
            "/requirements",
            f"/requirements/{required['grund']}",
            f"/requirements/{required['grund']}/people",
        ):
            few = count(database, lambda path=path: client.get(path))
            with in_kil() as session:
                for one in range(30):
                    number = f"{path}-{one}"
                    add_person(
                        session,
                        f"F{one}",
                        "Fler",
                        unit_id=cast.units["11"],
                        position_id=cast.position_id,
                        now=NOW,
                        employee_number=number[-40:],
                    )
            assert count(database, lambda path=path: client.get(path)) == few


def count(database, act):
    statements = []

    def note(*arguments):
        statements.append(arguments[2])

    event.listen(database.engine, "before_cursor_execute", note)
    assert act().status_code == 200
    event.remove(database.engine, "before_cursor_execute", note)
    return len(statements)


class TestShow:
    @pytest.mark.parametrize("name", ["bosse", "cecilia", "david", "eva", "mona"])
    def test_says_it_in_words(self, client, database, cast, required, name):
        sign_in(client, database, cast, name)
        response = client.get(f"/requirements/{required['system']}")
        assert response.status_code == 200
        assert "Omsorgsjournalen" in words(response)
        assert "Grundkursen" in words(response)

    def test_figures_lead_to_the_list_behind_them(self, client, database, cast, required):
        sign_in(client, database, cast, "bosse")
        shown = words(client.get(f"/requirements/{required['grund']}"))
        assert f"/requirements/{required['grund']}/people?state=overdue" in shown
        listed = words(client.get(f"/requirements/{required['grund']}/people?state=overdue"))
        assert "Anna Åkesson" in listed
        assert "Bosse Berg</a>" not in listed  # In order.
        assert "Cecilia" not in listed  # Not in Bosse's team.
        assert "Anna Åkesson" in words(client.get(f"/requirements/{required['grund']}/people?state=behind"))

    def test_the_list_is_for_who_has_a_team(self, client, database, cast, required):
        sign_in(client, database, cast, "mona")
        assert "/people?state=" not in words(client.get(f"/requirements/{required['grund']}"))
        assert client.get(f"/requirements/{required['grund']}/people").status_code == 403

    def test_another_municipality(self, client, database, cast, required):
        sign_in(client, database, cast, "omar")
        for path in ("", "/people"):
            assert client.get(f"/requirements/{required['grund']}{path}").status_code == 404
        assert "Krav grund" not in words(client.get("/requirements"))


class TestExplanation:
    def path(self, cast, required, name, code, **query):
        text = "&".join(f"{key}={value}" for key, value in query.items())
        return f"/people/{cast.person_ids[name]}/requirements/{required[code]}/explanation?{text}"

    def test_of_oneself(self, client, database, cast, required):
        sign_in(client, database, cast, "anna")
        shown = words(client.get(self.path(cast, required, "anna", "system", day="2026-11-20")))
        assert "Omsorgsjournalen" in shown
        assert "1 november" in shown  # When the access began, from which the days are counted,
        assert "1 december" in shown  # and 30 days later.

    def test_what_comes_next(self, client, database, cast, required):
        sign_in(client, database, cast, "anna")
        shown = words(client.get(self.path(cast, required, "anna", "system", day="2026-11-20")))
        then = shown.split("Från 2 december, om inget ändras:")[1]
        assert then.index("state-overdue") < then.index("Varför det gäller")
        was = words(client.get(self.path(cast, required, "anna", "system", day="2026-11-01")))
        assert "state-overdue" in was.split("Från 2 december, om inget ändras:")[1]

    def test_why_it_does_not_apply(self, client, database, cast, required):
        sign_in(client, database, cast, "cecilia")
        response = client.get(self.path(cast, required, "david", "system"))
        assert response.status_code == 200
        assert "Omsorgsjournalen" in words(response)
        assert "state-" not in words(response).split('id="explanation"')[1].split("</main>")[0]

    def test_an_assignment_says_by_whom_and_why(self, client, database, cast, required, in_kil):
        with in_kil() as session:
            since, by = date(2026, 11, 23), cast.accounts["bosse"]
            add_assignment(session, cast.people["david"], "system", starts_on=since, now=NOW, by_id=by)
        sign_in(client, database, cast, "david")
        shown = words(client.get(self.path(cast, required, "david", "system", day="2026-11-23")))
        assert "av Bosse Berg: Behöver det" in shown
        assert "state-to_do" in shown
        before = words(client.get(self.path(cast, required, "david", "system", day="2026-11-22")))
        assert "Varför det inte gäller" in before

    def test_before_it_was_in_effect(self, client, database, cast, required):
        sign_in(client, database, cast, "anna")
        assert client.get(self.path(cast, required, "anna", "grund", day="2010-01-01")).status_code == 200

    def test_says_when_it_takes_effect_and_when_it_ended(self, client, database, cast, required, in_kil):
        sign_in(client, database, cast, "anna")
        before = words(client.get(self.path(cast, required, "anna", "grund", day="2019-12-31")))
        assert "Det börjar gälla 1 januari 2020" in before
        with in_kil() as session:
            last = date(2026, 11, 25)
            add_next_version(session, "grund", effective_from=last, effective_until=last, now=NOW)
        after = words(client.get(self.path(cast, required, "anna", "grund", day="2026-11-26")))
        assert "Det upphörde 25 november" in after

    def test_who_is_left_out_is_told_so_without_doubt_and_since_when(self, client, database, cast, in_kil):
        with in_kil() as session:
            course = add_course(session, "ute", now=NOW)
            add_duty(session, cast.people["anna"], DutyKind.UNIT_MANAGER, starts_on=date(2026, 11, 2), now=NOW)
            lines = ({}, {"excludes": True, "duty": DutyKind.UNIT_MANAGER})
            add_requirement(session, "ute", course_id=course.course_id, now=NOW, lines=lines)
            public_id = session.scalars(select(Requirement.public_id).where(Requirement.code == "ute")).one()
        sign_in(client, database, cast, "david")
        shown = words(client.get(self.path(cast, {"ute": public_id}, "anna", "ute", day="2026-11-20")))
        assert re.search(r"Det gäller inte de som är enhetschef\. Så har det varit sedan 2 november", shown)
        asked = words(client.get(f"/requirements/{public_id}"))
        assert "Alla som är anställda, men inte de som är enhetschef" in asked

    def test_what_two_employments_meet_together_is_met_by_neither(self, client, database, cast, required, in_kil):
        with in_kil() as session:
            caretaker = Position(code="200", title="Vaktmästare")
            session.add(caretaker)
            session.flush()
            second = {"unit_id": cast.units["20"], "position_id": caretaker.id, "kind": "Timavlönad", "percent": 10}
            session.add(
                Employment(
                    person_id=cast.people["anna"], **second, starts_on=date(2026, 1, 1), recorded_at=NOW, source="test"
                )
            )
            line = {"unit_id": cast.units["11"], "position_id": caretaker.id}
            course = add_course(session, "ihop", now=NOW)
            add_requirement(session, "ihop", course_id=course.course_id, now=NOW, lines=(line,))
            public_id = session.scalars(select(Requirement.public_id).where(Requirement.code == "ihop")).one()
        sign_in(client, database, cast, "david")
        shown = words(client.get(self.path(cast, {"ihop": public_id}, "anna", "ihop", day="2026-11-20")))
        assert "men inte för en och samma anställning" in shown

    def test_an_exemption_lasts_as_long_as_it_does_whatever_version_is_to_come(
        self, client, database, cast, required, in_kil
    ):
        with in_kil() as session:
            person = cast.people["anna"]
            add_exemption(session, person, "grund", starts_on=date(2026, 11, 1), ends_on=date(2027, 3, 31), now=NOW)
            add_next_version(session, "grund", effective_from=date(2026, 12, 1), now=NOW)
        sign_in(client, database, cast, "bosse")
        pages = (
            self.path(cast, required, "anna", "grund", day="2026-11-20"),
            f"/people/{cast.person_ids['anna']}?day=2026-11-20",
            f"/requirements/{required['grund']}/people?day=2026-11-20",
            "/team?day=2026-11-20",
        )
        for path in pages:
            shown = words(client.get(path)).casefold()
            assert "undantag till 31 mars 2027" in shown, path
            assert "undantag till 30 november" not in shown, path

    def test_what_was_completed_is_called_as_it_was_called_then(self, client, database, cast, required, in_kil):
        with in_kil() as session:
            first = session.scalars(select(CourseVersion)).one()
            says = {name: getattr(first, name) for name in ("course_id", "summaries", "minutes", "published_at")}
            titles = {"sv": "Nya grunden", "en": "The new one"}
            newest = CourseVersion(number=2, major=1, titles=titles, published_on=date(2026, 11, 1), **says)
            session.add(newest)
            session.flush()
            add_completion(session, cast.people["bosse"], newest, on=date(2026, 11, 2), now=NOW)
        sign_in(client, database, cast, "bosse")
        shown = words(client.get(self.path(cast, required, "bosse", "grund", day="2026-11-20")))
        done, wanted = shown.split("Vad som har genomförts")[1].split("Vad som uppfyller det")
        assert re.findall(r"<li>([^,<]+), (?:<[^>]+>)?(\d+ \w+)", done) == [
            ("Grundkursen", "1 oktober"),
            ("Nya grunden", "2 november"),
        ]
        assert "Grundkursen" not in wanted
        assert "Nya grunden" in wanted
        for path in (f"/people/{cast.person_ids['bosse']}", "/learn/history"):
            listed = words(client.get(path))
            assert "Grundkursen" in listed, path
            assert "Nya grunden" in listed, path

    def test_on_hold(self, client, database, cast, required, in_kil):
        with in_kil() as session:
            add_absence(session, cast.people["anna"], starts_on=date(2026, 11, 1), ends_on=None, now=NOW)
        sign_in(client, database, cast, "anna")
        assert "state-on_hold" in words(client.get(self.path(cast, required, "anna", "grund", day="2026-11-20")))

    def test_a_reason_is_given_only_where_it_applies(self, client, database, cast, required):
        sign_in(client, database, cast, "david")
        assert "Därför." not in words(client.get(self.path(cast, required, "david", "system")))
        assert "<p>Därför." in words(client.get(self.path(cast, required, "david", "grund")))

    def test_the_reason_is_said_to_whom_it_concerns(self, client, database, cast, required):
        sign_in(client, database, cast, "bosse")
        shown = words(client.get(self.path(cast, required, "anna", "grund")))
        assert "Till medarbetaren står det: ”Därför.”" in shown

    def test_the_notice_is_from_when_it_began_to_apply_to_the_person(self, client, database, cast, required):
        def told(path):
            return words(client.get(path))

        path = self.path(cast, required, "anna", "system", day="2026-11-20")
        sign_in(client, database, cast, "anna")
        assert re.search("14 dagars framförhållning från 1 november[ 0-9]*, då det började gälla dig", told(path))
        sign_in(client, database, cast, "bosse")
        assert re.search("14 dagars framförhållning från 1 november[ 0-9]*, då det började gälla personen", told(path))

    def test_once_is_enough(self, client, database, cast, required):
        sign_in(client, database, cast, "bosse")
        shown = words(client.get(self.path(cast, required, "bosse", "once", day="2026-11-20")))
        assert "En gång räcker" in shown
        assert "framförhållning" not in shown
        assert "Det senaste av dem" not in shown

    @pytest.mark.parametrize("viewer", ["anna", "bosse", "david"])
    def test_an_exemption_says_by_whom_why_and_from_when(self, client, database, cast, required, in_kil, viewer):
        with in_kil() as session:
            since, until = date(2026, 11, 2), date(2026, 11, 30)
            by = cast.accounts["bosse"]
            add_exemption(session, cast.people["anna"], "grund", starts_on=since, ends_on=until, now=NOW, by_id=by)
        sign_in(client, database, cast, viewer)
        shown = words(client.get(self.path(cast, required, "anna", "grund", day="2026-11-20")))
        assert "Varför det inte finns något datum" in shown
        decided = r"Undantag 2 november[ 0-9]* – 30 november[ 0-9]*\. Beslut av Bosse Berg: Gör annat"
        assert re.search(decided, shown)
        later = words(client.get(self.path(cast, required, "anna", "grund", day="2026-12-01")))
        assert re.search(decided, later)

    def test_an_extension_says_by_whom_and_why(self, client, database, cast, required, in_kil):
        with in_kil() as session:
            on, until = date(2026, 11, 20), date(2027, 1, 15)
            add_extension(session, cast.people["anna"], "system", granted_on=on, due_on=until, now=NOW)
        sign_in(client, database, cast, "anna")
        shown = words(client.get(self.path(cast, required, "anna", "system", day="2026-11-20")))
        assert "<strong>15 januari" in shown
        assert "Beslut av Systemet: Mycket att göra" in shown

    def test_an_absence_says_its_days(self, client, database, cast, required, in_kil):
        with in_kil() as session:
            first, last = date(2026, 11, 10), date(2026, 11, 16)
            add_absence(session, cast.people["anna"], starts_on=first, ends_on=last, now=NOW)
        sign_in(client, database, cast, "anna")
        for day in ("2026-11-12", "2026-11-20"):  # While away, and when it has moved the date.
            shown = words(client.get(self.path(cast, required, "anna", "system", day=day)))
            assert re.search(r"Frånvaro 10 november[ 0-9]* – 16 november[ 0-9]*\.", shown)

    def test_a_protected_name_is_not_given_as_who_decided(self, client, database, cast, required, in_kil):
        with in_kil() as session:
            since, by = date(2026, 11, 2), cast.accounts["bosse"]
            add_exemption(session, cast.people["anna"], "grund", starts_on=since, ends_on=None, now=NOW, by_id=by)
            session.get_one(Person, cast.people["bosse"]).protected_identity = True
        sign_in(client, database, cast, "anna")
        shown = words(client.get(self.path(cast, required, "anna", "grund", day="2026-11-20")))
        assert "Gör annat" in shown
        assert "Bosse" not in shown

    def test_takes_as_many_questions_for_many_exemptions_as_for_one(self, client, database, cast, required, in_kil):
        sign_in(client, database, cast, "anna")
        path = self.path(cast, required, "anna", "grund", day="2026-11-20")
        counts = []
        for number in (1, 30):
            with in_kil() as session:
                for _ in range(number):
                    add_exemption(
                        session, cast.people["anna"], "grund", starts_on=date(2026, 11, 2), ends_on=None, now=NOW
                    )
            counts.append(count(database, lambda: client.get(path)))
        assert counts[0] == counts[1]

    def test_a_part_for_htmx(self, client, database, cast, required):
        sign_in(client, database, cast, "anna")
        response = client.get(self.path(cast, required, "anna", "grund"), headers={"HX-Request": "true"})
        assert response.status_code == 200
        assert "<html" not in words(response)
        assert "HX-Request" in response.headers["Vary"]

    def test_of_whom_one_may_not_see(self, client, database, cast, required):
        sign_in(client, database, cast, "bosse")
        assert client.get(self.path(cast, required, "anna", "grund")).status_code == 200
        assert client.get(self.path(cast, required, "cecilia", "grund")).status_code == 404

    def test_another_municipality(self, client, database, cast, required):
        sign_in(client, database, cast, "omar")
        assert client.get(self.path(cast, required, "anna", "grund")).status_code == 404
