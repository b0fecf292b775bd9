"""Who looks like one person in two records."""

from datetime import date

from sqlalchemy import event

from tests.conftest import NOW
from tests.factories import add_person
from tests.merging.conftest import TODAY, person
from tracker.merging.queries import Likeness, possible_duplicates
from tracker.people.models import FormerDetails
from tracker.people.queries import viewer_of


class TestDuplicates:
    def add(self, session, cast, given, family, number, **says):
        values = {"unit_id": cast.units["11"], "position_id": cast.position_id, "now": NOW}
        return add_person(session, given, family, employee_number=number, **(values | says))

    def test_who_looks_alike(self, in_kil, cast):
        with in_kil() as session:
            one = self.add(session, cast, "Anna", "Åkesson", "b", unit_id=cast.units["20"])
            two = self.add(session, cast, "Bosse", "Berg", "c")
            two.email = None
            three = self.add(session, cast, "Eva", "Ek", "d", unit_id=cast.units["20"])
            three.email = None  # the same name, another unit, at the same time: another Eva
            left = self.add(session, cast, "Siv", "Sjö", "e", ends_on=date(2024, 6, 1))
            long_ago = self.add(session, cast, "Siv", "Sjö", "g", unit_id=cast.units["10"], ends_on=date(2022, 1, 1))
            came = self.add(session, cast, "Siv", "Sjö", "f", unit_id=cast.units["20"], starts_on=date(2025, 1, 1))
            left.email = came.email = long_ago.email = None
            session.flush()
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            found = possible_duplicates(session, viewer)
            assert [({twins.person.id, twins.other.id}, twins.likeness) for twins in found] == [
                ({cast.people["anna"], one.id}, Likeness.ADDRESS),
                ({cast.people["bosse"], two.id}, Likeness.UNIT),
                ({left.id, came.id}, Likeness.FOLLOWING),
            ]
            assert (found[2].person.id, found[2].other.id) == (came.id, left.id)
            assert possible_duplicates(session, viewer_of(session, cast.accounts["bosse"], TODAY)) == []
            only = possible_duplicates(session, viewer, person_id=left.id)
            assert [twins.likeness for twins in only] == [Likeness.FOLLOWING]

    def test_a_new_name_and_number_but_the_address_from_before(self, in_kil, cast):
        with in_kil() as session:
            new = self.add(session, cast, "Anna", "Nygift", "n")
            person(session, cast, "anna").email = None
            session.add(
                FormerDetails(
                    person_id=cast.people["anna"],
                    employee_number="anna-1",
                    given_name="Anna",
                    family_name="Åkesson",
                    sort_key="",
                    email="anna@kommun.example",
                    until=TODAY,
                    changed_at=NOW,
                )
            )
            session.flush()
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            found = possible_duplicates(session, viewer)
            assert [{twins.person.id, twins.other.id} for twins in found] == [{cast.people["anna"], new.id}]

    def test_the_number_of_queries_does_not_grow(self, database, in_kil, cast):
        ran = []

        def note(_connection, _cursor, statement, *_rest):
            ran.append(statement)

        def queries():
            ran.clear()
            with database.bound(cast.kil, reading=True) as session:
                viewer = viewer_of(session, cast.accounts["david"], TODAY)
                event.listen(database.engine, "before_cursor_execute", note)
                found = len(possible_duplicates(session, viewer))
                event.remove(database.engine, "before_cursor_execute", note)
            return found, len([one for one in ran if one.startswith("SELECT") and "set_config" not in one])

        with in_kil() as session:
            self.add(session, cast, "Anna", "Åkesson", "b")
        one = queries()
        with in_kil() as session:
            for number in range(30):
                for copy in "ab":
                    self.add(session, cast, f"Par{number}", "Lika", f"{copy}{number}")
        many = queries()
        assert (one[0], many[0]) == (1, 31)
        assert one[1] == many[1]
