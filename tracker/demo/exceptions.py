"""Some exemptions and extensions, and questions that wait for an answer. Everyone and everything said is invented."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from tracker.db import BoundSession
from tracker.demo.chance import between, share
from tracker.demo.history import Worker
from tracker.domain.exceptions import ExceptionKind
from tracker.domain.obligations import AT_FAULT, state_on
from tracker.domain.obligations import phases as phases_of
from tracker.exceptions.operations import ask, grant_exemption, grant_extension
from tracker.exceptions.queries import Case, cases
from tracker.people.models import Person
from tracker.permissions import Viewer
from tracker.requirements.queries import by_code

REQUIREMENT = "grund-it-praktik"

# How many of the people are met with something; of those who are behind, every third each gets more time, is exempted, asks.
_OFTEN = 0.2
_EXTENDED = (
    "Byter arbetsplats i månadsskiftet",
    "Handledaren är borta till nästa vecka",
    "Hög belastning i verksamheten",
)
_EXEMPTED = ("Arbetar utan dator under projektet", "Tjänstgör hos en annan kommun")
_ASKED = (
    "Hinner inte före semestern, vi är få på avdelningen just nu.",
    "Jag väntar på inloggning till den nya datorn.",
    "Vår dator är på reparation.",
)


def add_exceptions(session: BoundSession, workers: Sequence[Worker], *, by: Viewer, now: datetime, today: date) -> None:
    """Give some of those who are behind in practical training more time, an exemption or a question to their manager."""
    requirement = by_code(session, REQUIREMENT)
    met = {worker.person_id: worker.key for worker in workers if share("exception", worker.key) < _OFTEN}
    if requirement is None:
        return
    people = session.scalars(select(Person).where(Person.id.in_(met)).order_by(Person.id)).all()
    for case in cases(session, people, requirement):
        if state_on(phases_of(case.learner, case.rule), today) in AT_FAULT:
            _meet(session, case, met[case.person.id], by=by, now=now, today=today)


def _meet(session: BoundSession, case: Case, key: str, *, by: Viewer, now: datetime, today: date) -> None:
    until = today + timedelta(days=between(20, 80, "until", key))
    choice = between(0, 2, "kind", key)
    if choice == 0:
        reason = _EXTENDED[between(0, len(_EXTENDED) - 1, "why", key)]
        grant_extension(session, case=case, due_on=until, reason=reason, by=by, now=now, today=today)
    elif choice == 1:
        reason = _EXEMPTED[between(0, len(_EXEMPTED) - 1, "why", key)]
        grant_exemption(session, case=case, starts_on=today, ends_on=until, reason=reason, by=by, now=now)
    else:
        message = _ASKED[between(0, len(_ASKED) - 1, "why", key)]
        kind = ExceptionKind.EXTENSION
        ask(session, case=case, kind=kind, wanted_until=until, message=message, by=by, now=now, today=today)
