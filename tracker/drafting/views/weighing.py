"""What a draft would change, and in which units."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from flask import g, request

from tracker.compliance.whatif import Change, WhatIf, what_if
from tracker.drafting import queries
from tracker.drafting.doubts import Doubt, doubts
from tracker.drafting.queries import Drafted
from tracker.drafting.words import CHANGES, DOUBTS, MAILS
from tracker.organisation.queries import tree_on
from tracker.programmes.queries import items_of
from tracker.reminders.forecast import MailChange, MailChanges, mail_changes
from tracker.requirements.operations import Draft

WORDS = {"changes": CHANGES, "doubts": DOUBTS, "mail_words": MAILS}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a draft would change, and what is worth a second thought about it."""

    whatif: WhatIf
    doubts: list[Doubt]
    minutes: int | None  # the course's
    mails: MailChanges
    introduces: bool  # it is part of the introduction, so that new hires who are late with it get a mail of their own

    @property
    def hours(self) -> int:
        """How many hours of training it costs, rounded up."""
        return -(-(self.minutes or 0) * self.whatif.count(Change.TO_COMPLETE) // 60)

    @property
    def mail_days(self) -> dict[date, Counter[MailChange]]:
        """How many weekly mails change in which way, by the day they go out."""
        days: dict[date, Counter[MailChange]] = {}
        for mail in self.mails.mails:
            days.setdefault(mail.day, Counter())[mail.change] += 1
        return days


def weigh(drafted: Drafted, says: Draft) -> Weighed:
    """Ask what a draft would change: on the day asked about, else on the day it takes effect, but not before today."""
    day = g.day if request.args.get("day") else max(g.today, says.effective_from)
    whatif = what_if(g.session, requirement_id=drafted.requirement.id, draft=says, day=day)
    minutes = {one.id: one.minutes for one in queries.courses(g.session, g.today)}
    published = {id_ for id_, long in minutes.items() if long is not None}
    return Weighed(
        whatif,
        doubts(says, whatif, published_courses=published, today=g.today),
        minutes.get(says.course_id),
        mail_changes(g.session, {drafted.requirement.id: whatif}, today=g.today),
        introduces=bool(items_of(g.session, drafted.requirement.id)),
    )


@dataclass(frozen=True, slots=True)
class UnitLine:
    """How many of a unit's people a draft would be for."""

    id: int
    public_id: str
    name: str
    employed: int
    matched: int
    added: int
    dropped: int


def units_of(whatif: WhatIf) -> list[UnitLine]:
    """Return the units that a draft reaches, those with most people first."""
    tree = tree_on(g.session, whatif.day)
    names = tree.names()
    lines = [
        UnitLine(
            unit_id,
            node.public_id,
            names[unit_id],
            len(people),
            *(len(people & whatif.people[change]) for change in (Change.MATCHED, Change.ADDED, Change.DROPPED)),
        )
        for unit_id, people in whatif.units.items()
        if (node := tree.nodes.get(unit_id)) is not None
    ]
    return sorted((line for line in lines if line.matched or line.dropped), key=lambda line: (-line.matched, line.name))
