"""The details of the journal's entries, in the reader's language: what each is called, and how its value reads."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.accounts.models import LinkPurpose
from tracker.accounts.words import ROLES
from tracker.administration.queries import requirement_titles, unit_names
from tracker.compliance.words import STATES
from tracker.db import BoundSession
from tracker.exceptions.words import KINDS as DECISIONS
from tracker.hr.wording import COUNTS
from tracker.i18n import in_language, short_date
from tracker.learning.forms import EVIDENCE_LABELS
from tracker.organisation.words import KINDS
from tracker.people.words import DUTIES

LABELS: dict[str, Any] = {
    "absence": _l("Absences"),
    "absorbed": _l("Merged with"),
    "accepted": _l("Also counts"),
    "access": _l("Access to IT systems"),
    "act": _l("What for"),
    "after": _l("After"),
    "asked_by": _l("Asked for by"),
    "assignment": _l("Assigned requirements"),
    "batch": _l("List of people"),
    "before": _l("Before"),
    "changed": _l("Changed"),
    "changes": _l("Changes"),
    "code": _l("Code"),
    "completed_on": _l("Completed on"),
    "completion": _l("Completion"),
    "count": _l("Number"),
    "course": _l("Course"),
    "courses": _l("Courses"),
    "day": _l("Day"),
    "done": _l("Done"),
    "due_on": _l("Due"),
    "duty": _l("Duty"),
    "effective_from": _l("In effect from"),
    "email": _l("E-mail"),
    "employee_number": _l("Employee number"),
    "employment": _l("Employments"),
    "ends_on": _l("Last day"),
    "enrolment": _l("Enrolment"),
    "equivalences": _l("What counts as which course"),
    "evidence": _l("Evidence"),
    "exemption": _l("Exemptions"),
    "extension": _l("Extensions"),
    "facts": _l("What was moved"),
    "family_name": _l("Family name"),
    "files": _l("Files"),
    "format": _l("File format"),
    "from": _l("First day"),
    "from_day": _l("First day"),
    "given_name": _l("Given name"),
    "gone": _l("Ended or taken back already"),
    "granted": _l("Granted"),
    "importance": _l("Importance"),
    "item": _l("Item"),
    "items": _l("Items"),
    "kind": _l("Kind"),
    "known": _l("As it was known on"),
    "known_on": _l("As it was known on"),
    "last_day": _l("Last day"),
    "login": _l("Sign-in"),
    "major": _l("Has to be taken again"),
    "merge": _l("Merge"),
    "module": _l("Module"),
    "moved": _l("Moved"),
    "name": _l("Name"),
    "not_seen": _l("No longer among one’s people"),
    "oneself": _l("About oneself"),
    "pack": _l("Pack"),
    "parent": _l("Under"),
    "passed": _l("Passed"),
    "people": _l("People"),
    "percent": _l("Per cent"),
    "person": _l("Person"),
    "planned_on": _l("Planned for"),
    "protected": _l("Protected identity"),
    "purpose": _l("Purpose"),
    "requirement": _l("Requirement"),
    "requirements": _l("Requirements"),
    "revision": _l("Revision"),
    "role": _l("Role"),
    "rows": _l("Rows"),
    "scope": _l("Scope"),
    "sha256": _l("Fingerprint"),
    "since": _l("Since"),
    "starts_on": _l("First day"),
    "states": _l("States"),
    "steps": _l("Exercises"),
    "system": _l("IT system"),
    "taken_back": _l("Taken back"),
    "task_done": _l("Introduction tasks done"),
    "unit": _l("Unit"),
    "until": _l("Last day"),
    "version": _l("Version"),
    "why": _l("Why"),
}

# What the codes mean that stand as the value of a detail.
CODES: dict[str, Mapping[Any, Any]] = {
    "act": {
        "assign": _l("Assign a requirement"),
        "exempt": _l("Exempt from a requirement"),
        "extend": _l("Give more time"),
        "complete": _l("Record completions"),
    },
    "after": KINDS,
    "before": KINDS,
    "changed": LABELS,
    "duty": DUTIES,
    "evidence": EVIDENCE_LABELS,
    "kind": DECISIONS,
    "purpose": {LinkPurpose.INVITATION: _l("Invitation"), LinkPurpose.RESET: _l("New password")},
    "role": ROLES,
    "states": STATES,
}


def said(details: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what an entry's details are called, and what they say. `names`: of those referred to, by public id.

    What a later version than this wrote, and is not known here, stays as it was written.
    """
    return [(str(LABELS.get(name, name)), _said(name, thing, names)) for name, thing in details.items()]


def referred_to(details: Mapping[str, Any]) -> Iterator[str]:
    """Yield what may be public ids in an entry's details."""
    return (thing for thing in details.values() if isinstance(thing, str))


def names_of(session: BoundSession, public_ids: Collection[str]) -> dict[str, str]:
    """Return what the units and requirements among some public ids are called."""
    titles = requirement_titles(session, public_ids)
    return unit_names(session, public_ids) | {public_id: in_language(each) for public_id, each in titles.items()}


def _said(name: str, thing: Any, names: Mapping[str, str]) -> str:
    if isinstance(thing, bool):
        return _("Yes") if thing else _("No")
    if thing is None or thing in ("", [], {}):
        return "–"
    if name == "changes" and isinstance(thing, dict):
        return ", ".join(
            COUNTS[what](number) if what in COUNTS else f"{what}: {number}" for what, number in thing.items()
        )
    if isinstance(thing, dict):
        # Of what changed, each has what it was before and is after.
        return "; ".join(f"{LABELS.get(what, what)}: {_said('name', value, names)}" for what, value in thing.items())
    if isinstance(thing, list) or name == "states":
        several = thing if isinstance(thing, list) else thing.split()
        return (" → " if name == "name" else ", ").join(_word(name, str(each), names) for each in several)
    return _word(name, str(thing), names)


def _word(name: str, thing: str, names: Mapping[str, str]) -> str:
    if (word := CODES.get(name, {}).get(thing) or names.get(thing)) is not None:
        return str(word)
    if name == "format":
        return thing.upper()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", thing):
        return short_date(date.fromisoformat(thing))
    return thing
