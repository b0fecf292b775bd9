"""The four belts that keep municipalities apart, and facts being facts. Each test has something that could leak."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, func, insert, select, text, union_all, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from tests.factories import add_person
from tracker.compliance.models import KnownDay
from tracker.db import FactChangedError, ForeignMunicipalityError, UnscopedStatementError, retract
from tracker.many_rows import delete_plain, insert_many
from tracker.models import metadata
from tracker.organisation.queries import subtree_ids
from tracker.people.models import Employment, Person
from tracker.tables import Confined

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def names(session, statement):
    return set(session.scalars(statement))


class TestReads:
    def test_plain_select(self, database, cast):
        with database.bound(cast.kil) as session:
            found = names(session, select(Person.given_name))
        assert "Anna" in found
        assert "Omar" not in found

    @pytest.mark.parametrize(
        "statement",
        [
            lambda: select(aliased(Person).given_name),
            lambda: select(Person.given_name).where(Person.id.in_(select(aliased(Person).id))),
            lambda: select(union_all(select(Person.given_name), select(Person.given_name)).subquery().c.given_name),
            lambda: select(select(Person.given_name).cte().c.given_name),
            lambda: select(Person.given_name).where(
                select(Employment.id).where(Employment.person_id == Person.id).exists()
            ),
        ],
    )
    def test_every_shape_of_statement(self, database, cast, statement):
        with database.bound(cast.kil) as session:
            found = names(session, statement())
        assert "Anna" in found
        assert "Omar" not in found

    def test_aggregates_count_only_our_own(self, database, cast):
        with database.bound(cast.grums) as session:
            assert session.scalar(select(func.count()).select_from(Person)) == 1

    def test_get_by_primary_key(self, database, cast):
        with database.bound(cast.kil) as session:
            assert session.get(Person, cast.people["omar"]) is None
            assert session.get(Person, cast.people["anna"]) is not None

    def test_subtree_does_not_cross(self, database, cast):
        with database.bound(cast.kil) as session:
            day = date(2026, 11, 23)
            assert subtree_ids(session, [cast.units["grums"]], day) == set()
            assert subtree_ids(session, [cast.units["10"]], day) == {cast.units["10"], cast.units["11"]}

    def test_a_session_is_the_same_after_another_was_opened(self, database, cast):
        with database.bound(cast.kil) as kil, database.bound(cast.grums, reading=True) as grums:
            statement = select(Person.given_name).order_by(Person.given_name)
            assert names(grums, statement) == {"Omar"}
            assert "Omar" not in names(kil, statement)


class TestRefusals:
    @pytest.mark.parametrize(
        "statement",
        [
            lambda: text("SELECT given_name FROM person"),
            lambda: select(metadata.tables["person"].c.given_name),
            lambda: select(Person.given_name).join(metadata.tables["employment"], text("1 = 1")),
            lambda: select(Person.given_name).where(text("1 = 1")),
            lambda: select(Person.given_name).where(Person.id.in_(select(metadata.tables["employment"].c.person_id))),
        ],
    )
    def test_what_cannot_be_confined(self, database, cast, statement):
        with database.bound(cast.kil) as session, pytest.raises(UnscopedStatementError):
            session.execute(statement())

    def test_bulk_insert_but_through_insert_many(self, database, cast):
        with database.bound(cast.kil) as session, pytest.raises(UnscopedStatementError):
            session.execute(insert(Person), [{"given_name": "x"}])


class TestWrites:
    def test_new_rows_are_stamped(self, database, cast):
        with database.bound(cast.kil) as session:
            person = add_person(
                session, "Ny", "Nysson", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
            assert person.municipality_id == cast.kil

    def test_foreign_rows_raise(self, database, cast):
        with database.bound(cast.kil) as session:
            session.add(
                Person(
                    municipality_id=cast.grums,
                    employee_number="9",
                    given_name="a",
                    family_name="b",
                    sort_key="b a",
                    created_at=NOW,
                )
            )
            with pytest.raises(ForeignMunicipalityError):
                session.flush()

    def test_insert_many_refuses_foreign_rows(self, database, cast):
        with database.bound(cast.kil) as session, pytest.raises(ForeignMunicipalityError):
            insert_many(session, Person, [{"municipality_id": cast.grums}])

    def test_bulk_update_reaches_only_our_own(self, database, cast):
        with database.bound(cast.kil) as session:
            session.execute(update(Person).values(email="changed@kommun.example"))
            session.commit()
        with database.bound(cast.grums) as session:
            assert session.get_one(Person, cast.people["omar"]).email == "omar@kommun.example"

    def test_the_database_refuses_a_reference_across(self, database, cast):
        with database.bound(cast.kil) as session, pytest.raises(DBAPIError):
            add_person(session, "Ny", "Nysson", unit_id=cast.units["grums"], position_id=cast.position_id, now=NOW)


class TestDatabase:
    def test_every_owned_table_refers_by_composite_keys(self):
        for mapper in Confined.registry.mappers:
            if not issubclass(mapper.class_, Confined):
                continue
            for constraint in mapper.local_table.foreign_key_constraints:
                columns = [column.name for column in constraint.columns]
                assert columns[0] == "municipality_id", f"{constraint.name} could cross municipalities"

    def test_rows_that_refer_to_several_are_looked_up(self, database):
        """SQLite looked through all that the municipality has, having an index of its rows and one of the reference."""
        if database.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL plans by statistics, of which there are none yet")
        looked_through = []
        with database.engine.connect() as connection:
            for mapper in Confined.registry.mappers:
                for column in mapper.local_table.columns:
                    if column.info.get("indexed"):
                        statement = (
                            f"SELECT * FROM {column.table} WHERE municipality_id = 1 AND {column.name} IN (1, 2, 3)"
                        )
                        (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
                        if not plan[-1].endswith(f"(municipality_id=? AND {column.name}=?)"):
                            looked_through.append((str(column), plan[-1]))
        assert looked_through == []

    def test_row_level_security_holds_against_raw_sql(self, database, cast):
        if database.engine.dialect.name != "postgresql":
            pytest.skip("SQLite has no row-level security")
        with database.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM person")).scalar() == 0
            connection.execute(text("SELECT set_config('app.municipality', :id, true)"), {"id": str(cast.grums)})
            assert connection.execute(text("SELECT given_name FROM person")).scalars().all() == ["Omar"]

    def test_row_level_security_is_forced_on_every_owned_table(self, database, cast):
        if database.engine.dialect.name != "postgresql":
            pytest.skip("SQLite has no row-level security")
        with database.engine.connect() as connection:
            guarded = set(
                connection.execute(
                    text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
                ).scalars()
            )
        owned = {table.name for table in metadata.tables.values() if "municipality_id" in table.columns}
        assert owned == guarded

    def test_people_are_found_by_id_in_the_transaction_that_added_many(self, database, cast):
        """PostgreSQL looked through everyone for each row that refers to a person, until statistics were gathered."""
        if database.engine.dialect.name != "postgresql":
            pytest.skip("SQLite plans without statistics")
        many = [
            {"employee_number": str(n), "given_name": "Ny", "family_name": "Ny", "sort_key": "ny", "created_at": NOW}
            for n in range(1_000, 4_000)
        ]
        with database.bound(cast.kil) as session:
            insert_many(session, Person, many)
            plan = session.connection().execute(
                text("EXPLAIN SELECT FROM person WHERE municipality_id = :kil AND id = :id"),
                {"kil": cast.kil, "id": cast.people["anna"]},
            )
            told = " ".join(plan.scalars())
        assert "uq_person_municipality_id_id" in told or "pk_person" in told

    def test_rows_are_removed_by_what_they_hold_and_looked_up_by_it(self, database, cast):
        """SQLite went through all that the municipality has, for want of statistics."""
        statements = []

        def note(connection, _cursor, statement, parameters, _context, many):
            if statement.startswith("DELETE"):
                statements.append((statement, parameters[0] if many else parameters))

        ours, theirs = _days_known(database, cast.kil, 3), _days_known(database, cast.grums, 1)
        event.listen(database.engine, "before_cursor_execute", note)
        with database.bound(cast.kil) as session:
            delete_plain(session, KnownDay, ["id"], [])
            delete_plain(session, KnownDay, ["id"], [(id_,) for id_ in (*ours[:2], *theirs)])
            session.commit()
        event.remove(database.engine, "before_cursor_execute", note)
        with database.wide() as session:
            assert set(session.scalars(select(KnownDay.id))) == {ours[2], *theirs}
        if database.engine.dialect.name == "sqlite":
            ((statement, parameters),) = statements
            with database.engine.connect() as connection:
                (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert plan[-1] == "SEARCH known_day USING INTEGER PRIMARY KEY (rowid=?)"


def _days_known(database, municipality_id, number):
    with database.bound(municipality_id) as session:
        days = [KnownDay(known_on=date(2026, 3, 1 + day), computed_at=NOW) for day in range(number)]
        session.add_all(days)
        session.commit()
        return [day.id for day in days]


class TestFacts:
    def test_cannot_be_changed(self, database, cast):
        with database.bound(cast.kil) as session:
            employment = session.scalars(select(Employment)).first()
            employment.starts_on = date(2021, 1, 1)
            with pytest.raises(FactChangedError):
                session.flush()

    def test_cannot_be_deleted(self, database, cast):
        with database.bound(cast.kil) as session:
            session.delete(session.scalars(select(Employment)).first())
            with pytest.raises(FactChangedError):
                session.flush()

    def test_cannot_be_changed_in_bulk(self, database, cast):
        with database.bound(cast.kil) as session, pytest.raises(FactChangedError):
            session.execute(update(Employment).values(starts_on=date(2021, 1, 1)))

    def test_are_retracted_once_and_touch_their_person(self, database, cast):
        with database.bound(cast.kil) as session:
            employment = session.scalars(select(Employment).where(Employment.person_id == cast.people["anna"])).one()
            retract([employment], now=NOW, by_id=cast.accounts["david"], why="wrong person")
            session.flush()
            assert session.touched.persons == {cast.people["anna"]}
            employment.retracted_why = "another reason"
            employment.retracted_at = datetime(2026, 11, 24, tzinfo=UTC)
            with pytest.raises(FactChangedError):
                session.flush()
