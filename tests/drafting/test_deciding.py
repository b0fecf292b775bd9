"""What is done with a draft: published, asked about, thrown away; the next version, and the end of a requirement."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.drafting.conftest import TODAY, phases, read, says, text
from tests.factories import add_absence, add_exemption, add_requirement
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.compliance.models import Phase
from tracker.requirements.models import AudienceLine, Requirement
from tracker.requirements.operations import add_version


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

    def test_says_since_when_it_would_be_in_effect(self, cecilia, draft_id):
        shown = re.sub("<[^>]+>", "", text(cecilia.get(f"/requirements/drafts/{draft_id}")))
        assert re.search(r"Gäller\s*(sedan|från) \d", shown)
        assert not re.search(r"Börjar gälla\s*(sedan|från)", shown)

    def test_tells_the_only_other_who_has_to_ask(self, cecilia, david, draft_id, filled):
        path = f"/requirements/drafts/{draft_id}"
        cecilia.post(f"{path}/edit", data=filled(**{"lines-0-unit": "", "lines-0-everyone": "y"}))
        shown = text(david.get(path))  # Were he to ask, nobody could publish it.
        assert "Du kan publicera det när Cecilia" in shown
        assert f'action="{path}/ask"' not in shown
        assert "Ingen annan här" not in shown
        assert f'action="{path}/ask"' in text(cecilia.get(path))

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


def _until(day):
    """Select who stood how on a day."""
    return (
        select(Phase.person_id, Phase.state, Phase.due_on)
        .where(Phase.starts_on <= day, Phase.ends_on.is_(None) | (Phase.ends_on >= day))
        .order_by(Phase.person_id)
    )


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

    def test_says_that_it_ends_until_it_has(self, cecilia, path):
        last = TODAY + timedelta(days=10)
        assert "Det upphör" not in text(cecilia.get(path))
        cecilia.post(f"{path}/retire", data={"last_day": last.isoformat(), "seen": last.isoformat()})
        for day, ends, ended in ((TODAY, True, False), (last, True, False), (last + timedelta(days=1), False, True)):
            shown = text(cecilia.get(path, query_string={"day": day.isoformat()}))
            assert ("Det upphör " in shown, "Det upphörde " in shown) == (ends, ended), day

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
