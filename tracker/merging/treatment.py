"""What a merge does with every table that names a person. A test fails for a table that is not here.

A fact is never changed: the absorbed person's are retracted, and ones that say the same are added for the survivor. So
what was known before the merge stays as it was, and all that asks for standing facts finds one person. What is no fact
says who *did* or *wants* something; it is moved, and moved back. The rest is treated by hand in `operations`.
"""

from typing import Any

from sqlalchemy import inspect

from tracker.accounts.models import Account
from tracker.bulk.models import BatchItem
from tracker.compliance.models import Phase
from tracker.learning.models import Certificate, Completion, Enrolment
from tracker.people.models import Absence, Duty, Employment, FormerDetails, PersonMerge
from tracker.programmes.models import TaskDone
from tracker.requirements.models import Assignment, ExceptionRequest, Exemption, Extension
from tracker.systems.models import Access
from tracker.tables import RETRACTION, Confined, Fact, Owned
from tracker.uploads.models import UploadedCertificate

COPIED: tuple[type[Fact], ...] = (
    Employment,
    Duty,
    Access,
    Absence,
    Completion,
    Exemption,
    Extension,
    Assignment,
    TaskDone,
)

# A person has one standing fact of such a kind for these columns: it counts as equal whatever else it says.
_ONE_FOR: dict[type[Fact], tuple[str, ...]] = {TaskDone: ("item_id", "hired_on")}

# With the column that says when a row was done with, if there is one: what the survivor finished after the merge is theirs.
MOVED: dict[type[Owned], str | None] = {
    Enrolment: "finished_at",
    ExceptionRequest: "answered_at",
    UploadedCertificate: "closed_at",
    BatchItem: None,
}

# What refers to a fact, by which column: it goes on to refer to the one that takes the fact's place.
REFERRING: dict[type[Owned], tuple[type[Fact], str]] = {
    Certificate: (Completion, "completion_id"),
    UploadedCertificate: (Completion, "completion_id"),
}

# Treated by hand, each with what becomes of it.
OTHERWISE: dict[type[Confined], str] = {
    Account: "the absorbed person's is disabled",
    FormerDetails: "copied, so that old names and numbers lead to the survivor",
    PersonMerge: "what this is about",
    Phase: "computed anew when the transaction ends",
}

# What is not said about the person but about the row itself.
_OF_THE_ROW = {"id", "municipality_id", "public_id", "person_id", "recorded_at", *RETRACTION}
# Who vouches for a fact, and where it came from: kept in a copy, but two who say the same are equal all the same.
_VOUCHED = {"recorded_by_id", "source", "source_ref"}


def columns_of(fact: Fact) -> dict[str, Any]:
    """Return what a fact says, and who vouches for it, as columns for a fact of another person's."""
    names = inspect(type(fact)).column_attrs.keys()
    return {name: getattr(fact, name) for name in names if name not in _OF_THE_ROW}


def says(fact: Fact) -> tuple[Any, ...]:
    """Return what a fact says, whoever it is about: two facts with equal sayings count once."""
    names = _ONE_FOR.get(type(fact)) or sorted(columns_of(fact).keys() - _VOUCHED)
    return tuple(getattr(fact, name) for name in names)


def copy_of(fact: Fact, person_id: int, **mark: Any) -> Fact:
    """Return a fact that says the same about another person."""
    columns = columns_of(fact) | mark
    if isinstance(fact, Completion):
        # A person has one completion for each reference, retracted ones included.
        columns["source_ref"] = f"{fact.source_ref.partition('+')[0]}+{fact.id}"
    return type(fact)(person_id=person_id, **columns)
