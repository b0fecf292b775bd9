"""Questions about packs: which come with Tracker, what a municipality's would hold, what loading one would change."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import undefer

from tracker.accounts.models import Account
from tracker.assets import SHIPPED
from tracker.catalogue import queries as catalogue
from tracker.catalogue.content import CourseDraft, EquivalenceDraft
from tracker.catalogue.models import Course
from tracker.db import BoundSession
from tracker.domain.periods import later
from tracker.domain.requirement import Equivalence
from tracker.domain.sorting import sort_key
from tracker.drafting.queries import Worded, draft_of
from tracker.equivalences.queries import Consequences, consequences
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position
from tracker.packs.archives import read_files
from tracker.packs.files import EQUIVALENCES, About, Pack, PackError, file_of, read_pack
from tracker.packs.models import SentPack
from tracker.people.models import Person
from tracker.programmes import queries as programmes
from tracker.programmes.content import Written as WrittenItem
from tracker.programmes.models import ProgrammeItem
from tracker.requirements.files import WrittenLine, WrittenRequirement
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion
from tracker.requirements.operations import Draft, columns_of, said_by
from tracker.requirements.portable import Matched, as_draft, matched, written
from tracker.requirements.queries import NamedLine, by_code, lines_of, listed, published_versions
from tracker.writing import Fault, Problem

SHOWN = 20


class UnknownCodeError(Exception):
    """There is no published course or requirement with a code that was asked for."""


def shipped_names() -> list[str]:
    """Return the names of the packs that come with Tracker."""
    return sorted(path.parent.name for path in SHIPPED.glob("*/pack.toml"))


@cache
def shipped(name: str) -> Pack | None:
    """Return a pack that comes with Tracker. It is read once: it changes with the version of Tracker only."""
    return read_pack(read_files(SHIPPED / name)) if name in shipped_names() else None


def pack_of(
    session: BoundSession,
    about: About,
    *,
    today: date,
    requirements: Collection[str] = (),
    courses: Collection[str] = (),
) -> Pack:
    """Return what a municipality has published, as a pack: all of it, or what some codes name and the courses that takes.

    Equivalences are those between the courses in it.
    It names nobody: who published, holds or completed anything is not in it, and an owner that is a person is left out.
    Raises UnknownCodeError.
    """
    everything = not requirements and not courses
    asked = {
        one.requirement.code: one
        for one in listed(session, today)
        if one.version.effective_until is None or one.version.effective_until >= today
    }
    offered = {offer.course.code: offer for offer in catalogue.offered(session, today=today)}
    if unknown := (set(requirements) - asked.keys()) | (set(courses) - offered.keys()):
        raise UnknownCodeError(", ".join(sorted(unknown)))
    items = programmes.written(session, today) if everything else []
    codes = [code for code in sorted(asked) if everything or code in requirements]
    chosen = [written(session, asked[code].requirement, asked[code].version) for code in codes]
    people = _names(session) if any(one.owner for one in chosen) else frozenset()
    chosen = [replace(one, owner="") if _names_somebody(one.owner, people) else one for one in chosen]
    wanted = offered.keys() if everything else offered.keys() & {*courses, *(one.course for one in chosen)}
    taken = [offered[code] for code in sorted(wanted)]
    return Pack(
        about,
        tuple(catalogue.said_by(session, one.course, one.version) for one in taken),
        tuple(chosen),
        tuple(item for item in items if item.requirement is None or item.requirement in asked),
        tuple(one for one in catalogue.written_equivalences(session) if {one.course, one.accepts} <= wanted),
    )


def _names(session: BoundSession) -> frozenset[str]:
    rows = session.execute(select(Person.given_name, Person.family_name))
    return frozenset(sort_key(f"{given} {family}") for given, family in rows)


def _names_somebody(owner: str, people: Collection[str]) -> bool:
    """Say whether the name of anyone stands in who owns a requirement."""
    key = sort_key(owner)
    return any(name in key for name in people if name)


class Change(StrEnum):
    """What loading a pack would do with one of its courses or requirements."""

    NEW = "new"
    CHANGED = "changed"  # another version of what is there: of a course published, of a requirement a draft
    SAME = "same"
    CONFLICT = "conflict"  # left alone: somebody is at work on a draft of it, or it says something else here
    MISSING = "missing"  # left out: an item of the programme names what is not here


@dataclass(frozen=True, slots=True)
class PlannedCourse:
    """A course of a pack, and what loading it would do."""

    draft: CourseDraft
    change: Change


@dataclass(frozen=True, slots=True)
class PlannedRequirement:
    """A requirement of a pack, what loading it would do, and which of its lines name what is not here."""

    written: WrittenRequirement
    change: Change
    requirement: Requirement | None
    audience: Matched

    @property
    def unmatched(self) -> tuple[WrittenLine, ...]:
        """The lines that would be left out."""
        return self.audience.unmatched


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item of the introduction programme of a pack, and what loading it would do.

    `missing`: what it names that is not here. `waits`: nobody meets it before its requirement, a draft, is published.
    """

    written: WrittenItem
    change: Change
    missing: tuple[str, ...] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class PlannedEquivalence:
    """That completions of one course count as another's, by a pack, and what loading it would do."""

    draft: EquivalenceDraft
    change: Change
    consequences: Consequences | None
    """Whom it would change, where it is new and both courses are here already."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What loading a pack would do."""

    pack: Pack
    courses: tuple[PlannedCourse, ...]
    requirements: tuple[PlannedRequirement, ...]
    programme: tuple[PlannedItem, ...]
    equivalences: tuple[PlannedEquivalence, ...]

    @property
    def changes(self) -> bool:
        """Whether it would do anything at all."""
        planned = [one.change for one in (*self.courses, *self.requirements, *self.programme, *self.equivalences)]
        return any(change in {Change.NEW, Change.CHANGED} for change in planned)


def plan(session: BoundSession, pack: Pack, *, today: date) -> Plan:
    """Return what loading a pack would do in a municipality. Raises PackError for what does not fit there."""
    problems: list[Problem] = []
    courses = [_planned_course(session, draft, problems) for draft in pack.courses]
    known = {draft.code for draft in pack.courses} | set(session.scalars(select(Course.code)))
    requirements = []
    for one in pack.requirements:
        if one.course not in known:
            problems.append(Problem(file_of(one), Fault.UNKNOWN_COURSE, {"code": one.course}))
        else:
            requirements.append(_planned_requirement(session, one, today))
    problems += [
        Problem(EQUIVALENCES, Fault.UNKNOWN_COURSE, {"code": code})
        for code in sorted({code for one in pack.equivalences for code in (one.course, one.accepts)} - known)
    ]
    if problems:
        raise PackError(problems)
    return Plan(
        pack,
        tuple(courses),
        tuple(requirements),
        tuple(_planned_items(session, pack, today)),
        tuple(_planned_equivalences(session, pack, today)),
    )


def _planned_equivalences(session: BoundSession, pack: Pack, today: date) -> list[PlannedEquivalence]:
    own = catalogue.written_equivalences(session)
    ids = {row.code: row.id for row in session.execute(select(Course.code, Course.id))}
    planned = []
    for draft in pack.equivalences:
        change = Change.CONFLICT if any(draft.clashes_with(one) for one in own) else Change.NEW
        change = Change.SAME if draft in own else change
        weighed = None
        if change is Change.NEW and {draft.course, draft.accepts} <= ids.keys():
            rule = Equivalence(ids[draft.course], ids[draft.accepts], draft.days)
            weighed = consequences(session, rule, counts=True, day=today)
        planned.append(PlannedEquivalence(draft, change, weighed))
    return planned


def _planned_items(session: BoundSession, pack: Pack, today: date) -> list[PlannedItem]:
    own = {one.code: one for one in programmes.written(session, today)}
    known = set(session.scalars(select(ProgrammeItem.code)))
    published = {one.requirement.code for one in listed(session, today)}
    requirements = {one.code for one in pack.requirements} | set(session.scalars(select(Requirement.code)))
    units = set(session.scalars(select(OrgUnit.code)))
    positions = {(code, title) for code, title in session.execute(select(Position.code, Position.title))}
    planned = []
    for item in pack.programme:
        named = ((item.requirement, requirements), (item.unit, units), (item.position, positions))
        missing = tuple(
            value if isinstance(value, str) else f"{value[1]} ({value[0]})"
            for value, there in named
            if value is not None and value not in there
        )
        change = Change.MISSING if missing else Change.NEW
        if item.code in known:
            change = Change.SAME if own.get(item.code) == item else Change.CONFLICT
        waits = change is Change.NEW and item.requirement is not None and item.requirement not in published
        planned.append(PlannedItem(item, change, missing if change is Change.MISSING else (), waits))
    return planned


def _planned_course(session: BoundSession, draft: CourseDraft, problems: list[Problem]) -> PlannedCourse:
    course = catalogue.course_by_code(session, draft.code)
    if course is None:
        return PlannedCourse(draft, Change.NEW)
    if course.kind is not draft.kind:
        kinds = {"theirs": draft.kind.value, "ours": course.kind.value}
        problems.append(Problem(f"courses/{draft.code}/course.toml", Fault.OTHER_KIND, kinds))
    latest = catalogue.latest_version(session, course.id)
    if latest is not None and latest.published_on is None:
        return PlannedCourse(draft, Change.CONFLICT)
    same = latest is not None and catalogue.said_by(session, course, latest) == draft
    return PlannedCourse(draft, Change.SAME if same else Change.CHANGED)


def _planned_requirement(session: BoundSession, one: WrittenRequirement, today: date) -> PlannedRequirement:
    audience = matched(session, one.lines)
    requirement = by_code(session, one.code)
    if requirement is None:
        return PlannedRequirement(one, Change.NEW, None, audience)
    course = catalogue.course_by_code(session, one.course)
    wanted = None
    if course is not None:
        wanted = as_draft(one, course_id=course.id, lines=audience.lines, effective_from=today)
    draft = draft_of(session, requirement.id)
    published = published_versions(session, requirement.id)
    if draft is not None:
        change = Change.SAME if _says(session, draft, wanted) else Change.CONFLICT
    else:
        change = Change.SAME if published and _says(session, published[0], wanted) else Change.CHANGED
    return PlannedRequirement(one, change, requirement, audience)


def _says(session: BoundSession, version: RequirementVersion, wanted: Draft | None) -> bool:
    """Say whether a version says the same as a draft, whenever each takes effect and in whatever order its lines stand."""
    if wanted is None:
        return False
    says = said_by(version, lines_of(session, version.id))
    whenever = {"effective_from": date.min, "effective_until": None, "lines": ()}
    return replace(says, **whenever) == replace(wanted, **whenever) and set(says.lines) == set(wanted.lines)


def worded(pack: Pack, written_requirement: WrittenRequirement, today: date) -> Worded:
    """Return what puts a requirement of a pack in words, as `requirements/_words.html` does; places by their codes.

    Its course is called as the pack calls it, else by its code.
    """
    code = written_requirement.course
    course = next((one.titles for one in pack.courses if one.code == code), {"sv": code, "en": code})
    draft = as_draft(written_requirement, course_id=0, lines=(), effective_from=today)
    lines = [
        NamedLine(
            AudienceLine(
                excludes=line.excludes,
                unit_id=None if line.unit is None else 0,
                employment_kind=line.employment_kind,
                duty=line.duty,
                new_hire_days=line.new_hire_days,
            ),
            line.unit,
            line.position,
            line.system,
            None if line.new_hire_days is None else later(today, -line.new_hire_days),
        )
        for line in sorted(written_requirement.lines, key=lambda line: line.excludes)
    ]
    return Worded(RequirementVersion(**columns_of(draft)), lines, course)


def about_municipality(municipality: Municipality, *, name: str | None = None, author: str | None = None) -> About:
    """Return what is told of a pack of a municipality's own."""
    author = author or municipality.name
    return About(
        name=name or municipality.slug,
        version="1",
        titles={"sv": f"Krav och kurser: {author}", "en": f"Requirements and courses: {author}"},
        descriptions={"sv": f"Så som {author} har dem.", "en": f"As {author} has them."},
        author=author,
    )


def sent_packs(session: BoundSession) -> list[tuple[SentPack, str | None]]:
    """Return the packs that were sent, with who sent each, the latest first. One query."""
    rows = session.execute(
        select(SentPack, Account.display_name)
        .outerjoin(Account, Account.id == SentPack.sent_by_id)
        .order_by(SentPack.sent_at.desc(), SentPack.id.desc())
        .limit(SHOWN)
    )
    return [(sent, name) for sent, name in rows]


def sent_pack(session: BoundSession, public_id: str) -> SentPack | None:
    """Return a pack that was sent."""
    return session.scalars(
        select(SentPack).where(SentPack.public_id == public_id).options(undefer(SentPack.content))
    ).one_or_none()
