"""Who vouches for a completion: whoever signed its steps, recorded it, or checked the certificate it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from tracker.accounts.models import Account
from tracker.db import BoundSession
from tracker.domain.evidence import Evidence
from tracker.learning.models import Completion, Enrolment, StepSignature
from tracker.people.models import Person

_VOUCHED_FOR = frozenset({Evidence.ATTESTED, Evidence.VERIFIED})


@dataclass(frozen=True, slots=True)
class Attester:
    """Someone who vouches: a person, or who has an account only, such as an operator."""

    person: Person | None
    account: str  # what the account is called


def attesters(session: BoundSession, completions: Sequence[Completion]) -> dict[int, tuple[Attester, ...]]:
    """Return who vouches for each of some completions, by id, in the order they signed.

    Nobody for what a test or the learner's own word proves, and for what a job recorded. Two queries.
    """
    vouched_for = [one for one in completions if one.evidence in _VOUCHED_FOR]
    signers: dict[str, dict[int, Attester]] = {}
    for public_id, account_id, name, person in session.execute(
        select(Enrolment.public_id, Account.id, Account.display_name, Person)
        .join(StepSignature, StepSignature.enrolment_id == Enrolment.id)
        .join(Account, Account.id == StepSignature.signed_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(Enrolment.public_id.in_([one.enrolment_public_id for one in vouched_for if one.enrolment_public_id]))
        .order_by(StepSignature.signed_at, StepSignature.id)
    ):
        signers.setdefault(public_id, {}).setdefault(account_id, Attester(person, name))
    recorded_by = {one.recorded_by_id for one in vouched_for if one.recorded_by_id and not one.enrolment_public_id}
    recorders = {
        account_id: Attester(person, name)
        for account_id, name, person in session.execute(
            select(Account.id, Account.display_name, Person)
            .outerjoin(Person, Person.id == Account.person_id)
            .where(Account.id.in_(recorded_by))
        )
    }
    found: dict[int, tuple[Attester, ...]] = {one.id: () for one in completions}
    for one in vouched_for:
        if one.enrolment_public_id is not None:
            found[one.id] = tuple(signers.get(one.enrolment_public_id, {}).values())
        elif one.recorded_by_id is not None:
            found[one.id] = (recorders[one.recorded_by_id],)
    return found
