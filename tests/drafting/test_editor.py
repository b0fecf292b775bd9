"""The pages of the requirement editor."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from tests.conftest import NOW
from tests.factories import (
    acting,
    add_absence,
    add_completion,
    add_course,
    add_duty,
    add_exemption,
    add_person,
    add_requirement,
    sign_in,
)
from tracker import clock
from tracker.accounts.models import Account, RoleGrant
from tracker.audit.models import JournalEntry
from tracker.compliance.models import Phase
from tracker.db import retract
from tracker.domain.facts import DutyKind
from tracker.drafting.operations import begin_draft
from tracker.organisation.models import Position, UnitPlacement
from tracker.permissions import GivenRole
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion
from tracker.requirements.operations import Draft, Line, add_version

TODAY = clock.local_date(clock.now(), "Europe/Stockholm")
WORDS = {"sv": "Därför.", "en": "Because."}


@pytest.fixture
def course(in_kil, cast):
    with in_kil() as session:
        return add_course(session, "grund", now=NOW, title="Grundkursen").course_id


@pytest.fixture
def draft_id(in_kil, cast, course):
    """A draft for those who work in or below Vård och omsorg: Anna, Bosse and Eva."""
    with in_kil() as session:
        return begin_draft(session, code="vård", draft=says(cast, course), by=acting(cast), now=NOW).public_id


def says(cast, course, **more):
    values = {
        "titles": {"sv": "Kravet", "en": "The requirement"},
        "reasons": WORDS,
        "course_id": course,
        "effective_from": TODAY,
        "first_due_days": 30,
        "lines": [Line(unit_id=cast.units["10"])],
    }
    return Draft(**(values | more))


def form(cast, course_public_id, **changes):
    """What a browser sends for the draft above."""
    return {
        "act": "save",
        "revision": "1",
        "lines-0-excludes": "",
        "lines-0-unit": cast.unit_ids["10"],
        "lines-0-position": "",
        "lines-0-kind": "",
        "lines-0-duty": "",
        "lines-0-system": "",
        "lines-0-new_hire_days": "",
        "course": course_public_id,
        "due": "days",
        "due_days": "30",
        "notice": "14",
        "validity": "months",
        "months": "24",
        "fixed_month": "12",
        "window": "60",
        "grace": "0",
        "evidence": "graded",
        "earlier": "all",
        "majors": "ignored",
        "effective_from": TODAY.isoformat(),
        "title_sv": "Nytt namn",
        "title_en": "New name",
        "reason_sv": "Därför.",
        "reason_en": "Because.",
        "legal_basis": "IT-strategi 2.4",
        "owner": "HR",
    } | changes


@pytest.fixture
def filled(in_kil, cast, draft_id):
    with in_kil() as session:
        from tracker.catalogue.models import Course

        public_id = session.scalars(select(Course.public_id)).one()
    return lambda **changes: form(cast, public_id, **changes)


@pytest.fixture
def cecilia(client, database, cast):
    return sign_in(client, database, cast, "cecilia")


@pytest.fixture
def david(app, database, cast, in_kil):
    """David may decide requirements too."""
    with in_kil() as session:
        session.add(RoleGrant(account_id=cast.accounts["david"], role=GivenRole.TRAINING_ADMINISTRATOR, granted_at=NOW))
    return sign_in(app.test_client(), database, cast, "david")


def text(response):
    return " ".join(response.get_data(as_text=True).split())


def read(in_kil, public_id):
    with in_kil() as session:
        return session.scalars(
            select(RequirementVersion).where(RequirementVersion.public_id == public_id)
        ).one_or_none()


def phases(in_kil):
    with in_kil() as session:
        return session.scalar(select(func.count()).select_from(Phase))


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

    def test_says_how_many_of_each_unit(self, cecilia, draft_id, filled):
        path = f"/requirements/drafts/{draft_id}/preview"
        shown = text(cecilia.get(path, query_string=filled(), headers={"HX-Request": "true"}))
        assert "Hemtjänsten: 2 av 2, 2 nya" in shown
        assert "Gäller 3 · " in shown
        assert "Spara utkastet för att se vilka de är" in shown, "why no figure leads to its people"

    def test_is_the_page_of_the_draft_without_htmx(self, cecilia, draft_id):
        assert cecilia.get(f"/requirements/drafts/{draft_id}/preview").location.endswith(f"/drafts/{draft_id}")


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

    def test_none(self, cecilia, draft_id):
        assert cecilia.get(f"/requirements/drafts/{draft_id}/mails?on=2020-01-01").status_code == 200


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


class TestPublish:
    def test_directly(self, cecilia, draft_id, in_kil, cast):
        answer = cecilia.post(f"/requirements/drafts/{draft_id}/publish", data={"revision": "1"})
        assert cecilia.get(answer.location).status_code == 200
        assert read(in_kil, draft_id).published_by_id == cast.accounts["cecilia"]
        with in_kil() as session:
            assert set(session.scalars(select(Phase.person_id))) == {
                cast.people[one] for one in ("anna", "bosse", "eva")
            }
        assert cecilia.get(f"/requirements/drafts/{draft_id}").status_code == 404

    def test_not_what_was_changed_since_one_looked(self, cecilia, draft_id, in_kil):
        answer = cecilia.post(f"/requirements/drafts/{draft_id}/publish", data={"revision": "0"})
        assert answer.location.endswith(f"/drafts/{draft_id}")
        assert read(in_kil, draft_id).published_at is None

    def test_for_all_staff_it_takes_two(self, cecilia, david, draft_id, filled, in_kil, cast):
        path = f"/requirements/drafts/{draft_id}"
        everyone = {"lines-0-unit": "", "lines-0-everyone": "y"}
        assert cecilia.post(f"{path}/edit", data=filled(**everyone)).status_code == 302
        seen = {"revision": "2"}
        cecilia.post(f"{path}/publish", data=seen)
        david.post(f"{path}/publish", data=seen)  # Nobody has asked him.
        assert read(in_kil, draft_id).published_at is None
        cecilia.post(f"{path}/ask", data=seen)
        cecilia.post(f"{path}/publish", data=seen)
        assert read(in_kil, draft_id).published_at is None
        assert f'action="{path}/publish"' not in text(cecilia.get(path))
        assert f'action="{path}/publish"' in text(david.get(path))
        david.post(f"{path}/publish", data=seen)
        assert read(in_kil, draft_id).published_by_id == cast.accounts["david"]

    def test_tells_who_can_approve_and_them_that_it_waits(self, cecilia, draft_id, filled, request, in_kil, cast):
        path = f"/requirements/drafts/{draft_id}"
        cecilia.post(f"{path}/edit", data=filled(**{"lines-0-unit": "", "lines-0-everyone": "y"}))
        assert "Ingen annan här kan publicera det." in text(cecilia.get(path))
        david = request.getfixturevalue("david")
        for password_hash, nobody in ((None, True), ("none fits", False)):  # He has been invited only; he has come.
            with in_kil() as session:
                session.get_one(Account, cast.accounts["david"]).password_hash = password_hash
            assert ("Ingen annan här" in text(cecilia.get(path))) is nobody
        assert "väntar på ditt godkännande" not in text(david.get("/"))
        cecilia.post(f"{path}/ask", data={"revision": "2"})
        shown = text(cecilia.get(path))
        assert "Ingen annan här" not in shown
        assert "kan publicera det, och ser det på sin startsida när någon har frågat: David" in shown
        for page in ("/", "/requirements"):
            assert "väntar på ditt godkännande" in text(david.get(page))
            assert f'href="{path}"' in text(david.get(page))
            assert "väntar på ditt godkännande" not in text(cecilia.get(page))
        david.post(f"{path}/publish", data={"revision": "2"})
        assert "väntar på ditt godkännande" not in text(david.get("/"))

    def test_each_act_is_in_the_journal(self, cecilia, david, draft_id, filled, in_kil):
        path = f"/requirements/drafts/{draft_id}"
        cecilia.post(f"{path}/edit", data=filled(**{"lines-0-unit": "", "lines-0-everyone": "y"}))
        cecilia.post(f"{path}/ask", data={"revision": "2"})
        david.post(f"{path}/publish", data={"revision": "2"})
        requirement = read(in_kil, draft_id).requirement_id
        with in_kil() as session:
            public_id = session.get_one(Requirement, requirement).public_id
        last_day = TODAY.isoformat()
        cecilia.post(f"/requirements/{public_id}/retire", data={"last_day": last_day, "seen": last_day})
        with in_kil() as session:
            entries = session.scalars(select(JournalEntry).order_by(JournalEntry.number)).all()
        assert [entry.action for entry in entries if entry.subject == public_id] == [
            "requirement.draft_begun",
            "requirement.draft_saved",
            "requirement.approval_asked",
            "requirement.published",
            "requirement.retired",
        ]

    def test_who_changes_what_was_asked_about_cannot_approve_it(self, cecilia, david, draft_id, filled, in_kil):
        path = f"/requirements/drafts/{draft_id}"
        everyone = {"lines-0-unit": "", "lines-0-everyone": "y"}
        cecilia.post(f"{path}/edit", data=filled(**everyone))
        cecilia.post(f"{path}/ask", data={"revision": "2"})
        david.post(f"{path}/edit", data=filled(**everyone, revision="2"))
        david.post(f"{path}/publish", data={"revision": "3"})
        assert read(in_kil, draft_id).published_at is None
        assert read(in_kil, draft_id).asked_by_id is None


class TestNextVersion:
    def test_copies_what_is_published(self, cecilia, in_kil, cast, course):
        with in_kil() as session:
            published = add_requirement(
                session, "grund", course_id=course, now=NOW, grace_days=3, lines=({"unit_id": cast.units["10"]},)
            )
            path = f"/requirements/{session.get_one(Requirement, published.requirement_id).public_id}"
        first = cecilia.post(f"{path}/draft").location
        assert cecilia.post(f"{path}/draft").location == first  # There is one draft at most.
        draft = read(in_kil, first.split("/")[-2])
        assert (draft.number, draft.grace_days, draft.effective_from, draft.published_at) == (2, 3, TODAY, None)
        shown = text(cecilia.get(path))
        assert f"/requirements/drafts/{draft.public_id}" not in shown

    def test_discarding_leaves_what_is_published(self, cecilia, in_kil, cast, course):
        with in_kil() as session:
            published = add_requirement(session, "grund", course_id=course, now=NOW)
            path = f"/requirements/{session.get_one(Requirement, published.requirement_id).public_id}"
        before = phases(in_kil)
        draft = cecilia.post(f"{path}/draft").location.removesuffix("/edit")
        assert cecilia.get(f"{draft}/discard").status_code == 200
        cecilia.post(f"{draft}/discard", data={"revision": "1"})
        assert cecilia.get(draft).status_code == 404
        assert cecilia.get(path).status_code == 200
        assert phases(in_kil) == before > 0

    def test_discarding_what_was_never_published_leaves_nothing(self, cecilia, in_kil, draft_id):
        cecilia.post(f"/requirements/drafts/{draft_id}/discard", data={"revision": "1"})
        with in_kil() as session:
            assert session.scalars(select(Requirement)).all() == []
            assert session.scalars(select(AudienceLine)).all() == []


class TestRetire:
    @pytest.fixture
    def path(self, in_kil, cast, course):
        with in_kil() as session:
            version = add_requirement(session, "grund", course_id=course, now=NOW)
            return f"/requirements/{session.get_one(Requirement, version.requirement_id).public_id}"

    def test_ends_after_the_day(self, cecilia, path, in_kil):
        last = TODAY + timedelta(days=10)
        with in_kil() as session:
            before = session.execute(_until(last - timedelta(days=1))).all()
        assert cecilia.get(f"{path}/retire").status_code == 200
        shown = cecilia.post(f"{path}/retire", data={"last_day": last.isoformat(), "seen": TODAY.isoformat()})
        assert shown.status_code == 200
        with in_kil() as session:
            assert session.scalars(select(Phase.person_id).where(Phase.ends_on.is_(None))).all() != []
        sent = {"last_day": last.isoformat(), "seen": last.isoformat()}
        assert cecilia.post(f"{path}/retire", data=sent).status_code == 302
        with in_kil() as session:
            assert session.scalars(select(func.max(Phase.ends_on))).one() == last
            assert session.scalars(select(Phase.person_id).where(Phase.ends_on.is_(None))).all() == []
            assert session.execute(_until(last - timedelta(days=1))).all() == before
        assert cecilia.post(f"{path}/retire", data={"last_day": last.isoformat()}).status_code == 422

    def test_shows_how_everyone_stands_on_the_last_day(self, cecilia, path, in_kil, cast, course):
        begins, last = TODAY + timedelta(days=7), TODAY + timedelta(days=21)
        with in_kil() as session:
            requirement = session.scalars(select(Requirement)).one()
            draft = says(cast, course, effective_from=begins)
            add_version(session, requirement, draft, published_at=NOW, published_by_id=None)
            add_exemption(session, cast.people["anna"], "grund", starts_on=TODAY, ends_on=None, now=NOW)
            add_absence(session, cast.people["eva"], starts_on=last, ends_on=None, now=NOW)
        with in_kil() as session:
            today, then = ([state for _, state, _ in session.execute(_until(day))] for day in (TODAY, last))
        assert len(today) > len(then) > 0
        shown = text(cecilia.get(f"{path}/retire"))
        assert f"gäller det {len(today)} personer" in shown
        shown = text(cecilia.post(f"{path}/retire", data={"last_day": last.isoformat()}))
        numbers = [int(number) for number in re.findall(r"<li>(\d+) person", shown)]
        assert sum(numbers) == len(then)

    def test_not_in_the_past(self, cecilia, path):
        day = (TODAY - timedelta(days=1)).isoformat()
        assert cecilia.post(f"{path}/retire", data={"last_day": day}).status_code == 422


def _position(in_kil, cast):
    with in_kil() as session:
        return session.get_one(Position, cast.position_id).public_id


def _until(day):
    """Select who stood how on a day."""
    return (
        select(Phase.person_id, Phase.state, Phase.due_on)
        .where(Phase.starts_on <= day, Phase.ends_on.is_(None) | (Phase.ends_on >= day))
        .order_by(Phase.person_id)
    )


@pytest.mark.parametrize(("name", "status"), [("bosse", 403), ("david", 403), ("mona", 403), ("omar", 404)])
def test_is_for_those_who_decide_requirements(client, database, cast, draft_id, in_kil, name, status):
    sign_in(client, database, cast, name)
    path = f"/requirements/drafts/{draft_id}"
    for address in ("", "/edit", "/people", "/preview", "/discard"):
        assert client.get(path + address).status_code == status, address
    for address in ("/edit", "/publish", "/ask", "/discard"):
        assert client.post(path + address, data={"revision": "1"}).status_code == status, address
    assert read(in_kil, draft_id).revision == 1


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
