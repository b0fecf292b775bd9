"""No table that names a person is forgotten when two are merged."""

from tracker.merging.treatment import COPIED, MOVED, OTHERWISE, REFERRING
from tracker.models import metadata
from tracker.tables import Fact, Model


def test_every_table_that_names_a_person_is_treated():
    """If this fails, a table names a person (`refers_to("person")`) and merging does not know what to do with its rows.

    Say so in tracker/merging/treatment.py. A fact goes in COPIED, and needs nothing more, unless it has a unique key with
    the person in it: then `copy_of` must make the copy's another one. A row that says what somebody did or wants goes in
    MOVED, with the column that says when it was done with; one that a unique key keeps from moving stays where it is.
    Anything else goes in OTHERWISE, and `operations.merge` and `undo_merge` must deal with it. Then give Anna's
    other record a row of it in `tests/merging/conftest.py`: it is merged and undone with the others.
    """
    assert metadata.tables
    naming = {
        mapper.class_
        for mapper in Model.registry.mappers
        if any(column.info.get("refers_to") == "person" for column in mapper.local_table.columns)
    }
    facts = {kind for kind in naming if issubclass(kind, Fact)}
    assert facts == set(COPIED)
    assert naming - facts == set(MOVED) | set(OTHERWISE)


def test_every_table_that_refers_to_a_person_s_fact_is_treated():
    """If this fails, a table refers to a fact about a person. Say in REFERRING by which column, so that it follows."""
    tables = {kind.__tablename__: kind for kind in COPIED}
    referring = {
        (mapper.class_, tables[column.info["refers_to"]], column.name)
        for mapper in Model.registry.mappers
        for column in mapper.local_table.columns
        if column.info.get("refers_to") in tables
    }
    assert referring == {(kind, fact, column) for kind, (fact, column) in REFERRING.items()}
