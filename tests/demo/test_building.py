"""The demo is believable: nobody has or does anything on a day when they are not employed."""

from datetime import UTC, datetime

from sqlalchemy import select

from tracker.accounts.models import Account
from tracker.demo import building
from tracker.demo.towns import TOWNS
from tracker.domain.evidence import Evidence
from tracker.learning.models import Completion
from tracker.municipalities.models import Municipality
from tracker.people.models import Duty, Employment
from tracker.systems.models import Access
from tracker.tables import stands

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_those_who_left_keep_nothing_and_do_nothing(database, monkeypatch):
    town = next(town for town in TOWNS if town.slug == "munkfors")
    monkeypatch.setattr(building, "TOWNS", (town,))
    building.build(database, now=NOW, progress=lambda *_: None)
    with database.wide() as wide:
        municipality = wide.scalars(select(Municipality.id).where(Municipality.slug == town.slug)).one()
    with database.bound(municipality, reading=True) as session:
        employed: dict[int, list[Employment]] = {}
        for each in session.scalars(select(Employment).where(stands(Employment))):
            employed.setdefault(each.person_id, []).append(each)
        ended = {who for who, held in employed.items() if all(each.ends_on is not None for each in held)}
        given = [*session.scalars(select(Access)), *session.scalars(select(Duty).where(Duty.source == building.SOURCE))]
        left = [fact for fact in given if fact.person_id in ended]
        assert left
        assert all(fact.ends_on == max(e.ends_on for e in employed[fact.person_id]) for fact in left)
        assert all(fact.ends_on is None for fact in given if fact.person_id not in ended)
        done = session.scalars(select(Completion)).all()
        assert len(done) > 100
        for each in done:
            assert any(
                e.starts_on <= each.completed_on and (e.ends_on is None or each.completed_on <= e.ends_on)
                for e in employed[each.person_id]
            )
        attested = [each for each in done if each.evidence is Evidence.ATTESTED]
        persons = dict(session.execute(select(Account.id, Account.person_id)).all())
        named = [each for each in attested if each.recorded_by_id]
        assert len(named) > len(attested) / 2, "somebody vouched for it, who has a name"
        assert all(persons[each.recorded_by_id] != each.person_id for each in named)
