"""Loading rosters into a database: the four real ones, again, and files with something wrong."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.resources import files

import pytest
from sqlalchemy import event, func, select

from tests.conftest import NOW
from tests.factories import add_account, add_person, add_unit
from tests.hr.rosters import content, damaged_zip, line
from tracker.accounts.models import Account, RoleGrant
from tracker.audit.models import JournalEntry
from tracker.db import Database
from tracker.domain.facts import DutyKind
from tracker.edge import transaction
from tracker.hr import applying
from tracker.hr.models import ImportState, RosterImport
from tracker.hr.operations import (
    AlreadyAppliedError,
    LargeChangeError,
    NothingUsableError,
    PlanChangedError,
    apply_roster,
    import_roster,
    plan_roster,
    stage_roster,
)
from tracker.hr.reading import UnreadableFileError
from tracker.hr.wording import why_unreadable
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position, UnitKind, UnitPlacement
from tracker.organisation.queries import in_force, subtree_ids
from tracker.people.models import Absence, Duty, Employment, Person
from tracker.permissions import GivenRole, system

TODAY = date(2026, 11, 23)
TABLES = (OrgUnit, UnitPlacement, Position, Person, Employment, Absence, Duty, Account)
# Rows, people, units, and people with protected identity, counted in the files by hand.
ROSTERS = {
    "forshaga": (1114, 1073, 22, 3),
    "grums": (827, 799, 19, 2),
    "kil": (1086, 1044, 24, 1),
    "munkfors": (378, 365, 13, 0),
}


def roster_file(slug: str) -> bytes:
    return (files("tracker.demo") / "data" / f"{slug}-2026-11-23.csv").read_bytes()


@pytest.fixture
def town(database: Database) -> int:
    """An empty municipality."""
    return add_town(database, "5000", "tomt")


def add_town(database, code, slug):
    with database.wide() as session:
        municipality = Municipality(code=code, slug=slug, name=slug, created_at=NOW)
        session.add(municipality)
        session.commit()
        return municipality.id


def load(database, town, data, *, today=TODAY, **options):
    with transaction(database, town, now=NOW) as session:
        return import_roster(
            session, filename="personal.csv", content=data, by=system(town, "test"), now=NOW, today=today, **options
        )


def everything(database, town):
    """All rows that a roster could change, as they stand."""
    with database.bound(town, reading=True) as session:
        return {
            model.__name__: sorted(
                tuple(getattr(row, column.key) for column in model.__mapper__.column_attrs)
                for row in session.scalars(select(model))
            )
            for model in TABLES
        }


@pytest.mark.parametrize("slug", ROSTERS)
class TestRealRosters:
    def test_counts(self, database, town, slug):
        rows, people, units, protected = ROSTERS[slug]
        _row, plan = load(database, town, roster_file(slug))
        assert (plan.rows, plan.rows_used) == (rows, rows)
        with database.bound(town, reading=True) as session:
            count = {model: session.scalar(select(func.count()).select_from(model)) for model in TABLES}
            assert count[Employment] == rows
            assert count[Person] == count[Account] == people
            assert count[OrgUnit] == units
            hidden = select(func.count()).select_from(Person).where(Person.protected_identity)
            assert session.scalar(hidden) == protected

    def test_every_unit_with_staff_has_one_manager_with_a_chief_s_title(self, database, town, slug):
        load(database, town, roster_file(slug))
        with database.bound(town, reading=True) as session:
            managers = session.execute(
                select(Duty.unit_id, Employment.unit_id, Position.title)
                .join(Employment, Employment.person_id == Duty.person_id)
                .join(Position, Position.id == Employment.position_id)
                .where(Duty.kind == DutyKind.UNIT_MANAGER, in_force(Duty, TODAY), in_force(Employment, TODAY))
            ).all()
            staffed = set(session.scalars(select(Employment.unit_id).where(in_force(Employment, TODAY))))
            heads = session.scalar(
                select(func.count()).select_from(Duty).where(Duty.kind == DutyKind.HEAD_OF_ADMINISTRATION)
            )
            administrations = session.scalar(
                select(func.count()).select_from(OrgUnit).where(OrgUnit.kind == UnitKind.ADMINISTRATION)
            )
        assert {unit for unit, _works_in, _title in managers} == staffed
        assert len(managers) == len(staffed)
        assert all(unit == works_in for unit, works_in, _title in managers)
        assert {title for _unit, _works_in, title in managers} <= {
            "Kommunchef",
            "Förvaltningschef",
            "Enhetschef",
            "Rektor",
            "VD",
        }
        assert heads == administrations

    def test_everyone_is_found_from_the_top_even_long_ago(self, database, town, slug):
        load(database, town, roster_file(slug))
        with database.bound(town, reading=True) as session:
            top = session.scalars(select(OrgUnit.id).where(OrgUnit.kind == UnitKind.MUNICIPALITY)).one()
            for day in (TODAY, date(2010, 6, 1)):
                working = set(session.scalars(select(Employment.unit_id).where(in_force(Employment, day))))
                assert working <= subtree_ids(session, [top], day)

    def test_again_changes_nothing(self, database, town, slug):
        load(database, town, roster_file(slug))
        before = everything(database, town)
        with transaction(database, town, now=NOW) as session:
            row, plan = import_roster(
                session, filename="igen.csv", content=roster_file(slug), by=system(town, "test"), now=NOW, today=TODAY
            )
            session.flush()
            assert not session.touched
            public_id = row.public_id
        assert plan.empty
        assert everything(database, town) == before
        with database.bound(town, reading=True) as session:
            entry = session.scalars(
                select(JournalEntry).where(JournalEntry.subject == public_id, JournalEntry.action == "roster.imported")
            ).one()
        assert entry.details["changes"] == {}

    def test_a_dry_run_writes_nothing(self, database, town, slug):
        with database.bound(town, reading=True) as session:
            plan = plan_roster(session, content=roster_file(slug), today=TODAY)
        assert plan.counts["employments_added"] == ROSTERS[slug][0]
        assert not any(everything(database, town).values())


def test_queries_do_not_grow_with_the_file(database, town):
    """Statements that carry many rows are one execution."""

    def executions(data):
        count = 0

        def tick(*_arguments):
            nonlocal count
            count += 1

        event.listen(database.engine, "before_cursor_execute", tick)
        try:
            load(database, town, data)
        finally:
            event.remove(database.engine, "before_cursor_execute", tick)
        return count

    small = executions(content(line()))
    more = content(line(), *(line(str(number), family=f"Namn{number}") for number in range(2, 400)))
    assert executions(more) <= small + 3


class TestFacts:
    def test_facts_name_their_import(self, database, town):
        row, _plan = load(database, town, content(line(), line("2", manager="1")))
        with database.bound(town, reading=True) as session:
            sources = {
                fact.source for model in (Employment, Duty, UnitPlacement) for fact in session.scalars(select(model))
            }
        assert sources == {f"roster:{row.public_id}"}

    def test_a_correction_retracts_and_adds(self, database, town):
        load(database, town, content(line()))
        load(database, town, content(line(ends="2026-12-31")))
        with database.bound(town, reading=True) as session:
            facts = session.scalars(select(Employment).order_by(Employment.id)).all()
        assert [(fact.ends_on, fact.retracted_at) for fact in facts] == [(None, NOW), (date(2026, 12, 31), None)]

    def test_a_moved_unit_was_where_it_was(self, database, town):
        load(database, town, content(line(unit="1"), line("2", unit="2", parent="1"), line("3", unit="3", parent="2")))
        load(database, town, content(line(unit="1"), line("2", unit="2", parent="1"), line("3", unit="3", parent="1")))
        with database.bound(town, reading=True) as session:
            ids = dict(session.execute(select(OrgUnit.code, OrgUnit.id)).all())
            assert ids["3"] in subtree_ids(session, [ids["2"]], date(2026, 11, 22))
            assert ids["3"] not in subtree_ids(session, [ids["2"]], TODAY)

    def test_touched_are_those_whose_facts_changed(self, database, town):
        load(database, town, content(line(), line("2", family="Berg")))
        with transaction(database, town, now=NOW) as session:
            data = content(line(), line("2", family="Berg", ends="2026-12-31"))
            import_roster(session, filename="x.csv", content=data, by=system(town, "t"), now=NOW, today=TODAY)
            session.flush()
            berg = session.scalars(select(Person.id).where(Person.family_name == "Berg")).one()
            assert session.touched.persons == {berg}
            assert not session.touched.everything


class TestAccounts:
    def test_people_get_accounts_without_a_password(self, database, town):
        load(database, town, content(line(email="Anna@kommun.example")))
        with database.bound(town, reading=True) as session:
            account = session.scalars(select(Account)).one()
            assert (account.display_name, account.email, account.email_key, account.employee_number) == (
                "Anna Åkesson",
                "Anna@kommun.example",
                "anna@kommun.example",
                "1",
            )
            assert account.password_hash is None

    def test_accounts_follow(self, database, town):
        load(database, town, content(line(email="a@kommun.example")))
        load(database, town, content(line(given="Annika", email="b@kommun.example")))
        with database.bound(town, reading=True) as session:
            account = session.scalars(select(Account)).one()
        assert (account.display_name, account.email_key) == ("Annika Åkesson", "b@kommun.example")

    def test_two_exchange_addresses(self, database, town):
        load(database, town, content(line(email="a@kommun.example"), line("2", email="b@kommun.example")))
        load(database, town, content(line(email="b@kommun.example"), line("2", email="a@kommun.example")))
        with database.bound(town, reading=True) as session:
            addresses = dict(session.execute(select(Account.employee_number, Account.email)).all())
        assert addresses == {"1": "b@kommun.example", "2": "a@kommun.example"}

    def test_an_administrators_address_does_not_follow(self, database, town):
        """Otherwise whoever can change the HR system could have an administrator's password sent to themself."""
        load(database, town, content(line(email="a@kommun.example")))
        with transaction(database, town, now=NOW) as session:
            account = session.scalars(select(Account)).one()
            session.add(RoleGrant(account_id=account.id, role=GivenRole.MUNICIPALITY_ADMINISTRATOR, granted_at=NOW))
        load(database, town, content(line(email="thief@elsewhere.example")))
        with database.bound(town, reading=True) as session:
            assert session.scalars(select(Account.email)).one() == "a@kommun.example"
            assert session.scalars(select(Person.email)).one() == "thief@elsewhere.example"

    def test_an_address_that_an_account_without_a_person_has_is_left_out(self, database, town):
        with transaction(database, town, now=NOW) as session:
            session.add(Account(display_name="Drift", email="a@x.example", email_key="a@x.example", created_at=NOW))
        load(database, town, content(line(email="a@x.example")))
        with database.bound(town, reading=True) as session:
            accounts = {account.display_name: account.email for account in session.scalars(select(Account))}
        assert accounts == {"Drift": "a@x.example", "Anna Åkesson": None}

    def test_an_account_made_by_hand_is_joined_by_number(self, database, town):
        with transaction(database, town, now=NOW) as session:
            session.add(Account(display_name="A", employee_number="1", created_at=NOW))
        load(database, town, content(line()))
        with database.bound(town, reading=True) as session:
            assert session.scalars(select(Account.display_name)).all() == ["Anna Åkesson"]


class TestNothingHalfDone:
    def test_a_failure_while_applying_leaves_nothing(self, database, town, monkeypatch):
        load(database, town, content(line()))
        before = everything(database, town)

        class BrokenError(Exception):
            pass

        def broken(*_arguments, **_named):
            raise BrokenError

        monkeypatch.setattr(applying, "follow_people", broken)
        with pytest.raises(BrokenError):
            load(database, town, content(line(unit="11"), line("2", family="Berg")))
        assert everything(database, town) == before
        with database.bound(town, reading=True) as session:
            assert session.scalar(select(func.count()).select_from(RosterImport)) == 1

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "empty"),
            (b"\x00\x01\x02", "not_text"),
            (b"PK\x03\x04 not a spreadsheet", "not_a_spreadsheet"),
            (damaged_zip(6, 99), "not_a_spreadsheet"),  # packed as by a version of zip to come
            (damaged_zip(46, 0xFF), "not_a_spreadsheet"),  # a name that is no text
            (b"Namn;Enhet\nAnna;Hem", "misnamed_columns"),
            (content(line()).replace(b"Anstnr;", b"", 1), "missing_columns"),
            (content(line()).replace("Åkesson".encode("cp1252"), "Ã…kesson".encode("cp1252")), "mojibake"),
            (content(line()).decode("cp1252").replace("Å", "�").encode(), "damaged"),
            (content(line()).decode("cp1252").encode("cp850"), "unknown_encoding"),
            (content('"' + line()), "not_a_table"),
        ],
    )
    def test_a_file_that_cannot_be_read_changes_nothing(self, database, town, data, reason):
        with pytest.raises(UnreadableFileError) as refused:
            load(database, town, data)
        assert refused.value.reason == reason
        assert ": ." not in why_unreadable(refused.value)
        assert not any(everything(database, town).values())

    def test_not_one_usable_row(self, database, town):
        load(database, town, content(line()))
        with pytest.raises(NothingUsableError) as refused:
            load(database, town, content(line(starts="i går")))
        assert [problem.row for problem in refused.value.plan.problems] == [2]

    def test_a_large_change_asks_first(self, database, town):
        load(database, town, roster_file("munkfors"))
        half = b"\r\n".join(roster_file("munkfors").split(b"\r\n")[:190])
        before = everything(database, town)
        with pytest.raises(LargeChangeError):
            load(database, town, half)
        assert everything(database, town) == before
        _row, plan = load(database, town, half, allow_large_change=True)
        assert plan.counts["employments_ended"] > 100

    def test_another_municipality_is_not_reached(self, database, town):
        other = add_town(database, "5001", "annan")
        load(database, other, roster_file("munkfors"))
        before = everything(database, other)
        load(database, town, roster_file("grums"))
        assert everything(database, other) == before


class TestStaging:
    def stage(self, database, town, data):
        with transaction(database, town, now=NOW) as session:
            staged = stage_roster(
                session, filename="a.csv", content=data, by=system(town, "test"), now=NOW, today=TODAY
            )
        return staged.row.id, staged.plan

    def apply(self, database, town, import_id, expecting):
        with transaction(database, town, now=NOW) as session:
            row = session.get_one(RosterImport, import_id)
            return apply_roster(
                session,
                row=row,
                expecting=expecting,
                allow_large_change=False,
                by=system(town, "test"),
                now=NOW,
                today=TODAY,
            )

    def test_what_was_previewed_is_applied_once(self, database, town):
        import_id, plan = self.stage(database, town, content(line()))
        assert not everything(database, town)["Person"]
        self.apply(database, town, import_id, plan.digest)
        assert len(everything(database, town)["Person"]) == 1
        with pytest.raises(AlreadyAppliedError):
            self.apply(database, town, import_id, plan.digest)

    def test_what_changed_in_between_is_shown_again(self, database, town):
        import_id, plan = self.stage(database, town, content(line()))
        load(database, town, content(line(), line("2", family="Berg")))
        with pytest.raises(PlanChangedError) as refused:
            self.apply(database, town, import_id, plan.digest)
        self.apply(database, town, import_id, refused.value.plan.digest)
        with database.bound(town, reading=True) as session:
            states = session.scalars(select(RosterImport.state)).all()
        assert states == [ImportState.APPLIED, ImportState.APPLIED]

    def test_the_file_is_kept_as_it_came(self, database, town):
        import_id, _plan = self.stage(database, town, roster_file("munkfors"))
        with database.bound(town, reading=True) as session:
            assert session.get_one(RosterImport, import_id).content == roster_file("munkfors")


def test_units_without_a_code_are_left_alone(database, town):
    with transaction(database, town, now=NOW) as session:
        unit = add_unit(session, "Egen enhet", parent_id=None, code=None, now=NOW)
        position = Position(code="1", title="Konsult")
        session.add(position)
        session.flush()
        person = add_person(session, "Kurt", "Konsult", unit_id=unit.id, position_id=position.id, now=NOW)
        add_account(session, person, now=NOW)
    load(database, town, content(line()))
    with database.bound(town, reading=True) as session:
        kurt = session.scalars(select(Employment).where(Employment.unit_id == unit.id)).one()
    assert kurt.ends_on is None


def test_two_imports_at_once_wait_for_each_other(database, town):
    """The one that comes second finds everything known; nobody is employed twice."""
    with ThreadPoolExecutor(2) as pool:
        plans = list(pool.map(lambda _turn: load(database, town, roster_file("munkfors"))[1], range(2)))
    assert sorted(plan.empty for plan in plans) == [False, True]
    rows, people, units, _protected = ROSTERS["munkfors"]
    stands = {name: len(found) for name, found in everything(database, town).items()}
    assert (stands["Employment"], stands["Person"], stands["Account"], stands["OrgUnit"]) == (
        rows,
        people,
        people,
        units,
    )
