"""Questions about learning: how far someone has come, what they completed, who may sign, which certificate it is.

A learner's own things are fetched with their person id, so that nobody reaches another's; what others may see of a person
is decided by `people.queries.visible_to`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from tracker.accounts.models import Account
from tracker.catalogue import queries as catalogue
from tracker.catalogue.content import Step, from_json
from tracker.catalogue.models import Course, CourseVersion, Module, ModuleKind
from tracker.catalogue.queries import OutlineModule
from tracker.db import BoundSession, WideSession
from tracker.learning.attesters import Attester, attesters
from tracker.learning.models import Attempt, Certificate, Completion, Enrolment, ModuleDone, StepSignature
from tracker.municipalities.models import Municipality
from tracker.people.models import Employment, MergedRow, Person, PersonMerge
from tracker.people.queries import in_team, visible_to
from tracker.permissions import Viewer
from tracker.tables import stands


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person has come in a course: in the enrolment that is open or was asked for, or not begun."""

    course: Course
    version: CourseVersion
    enrolment: Enrolment | None
    modules: tuple[OutlineModule, ...]
    done: frozenset[int]  # ids of modules

    @property
    def started(self) -> bool:
        """Whether there is an enrolment."""
        return self.enrolment is not None

    @property
    def modules_done(self) -> int:
        """The number of modules done."""
        return len(self.done)

    @property
    def modules_total(self) -> int:
        """The number of modules of the version."""
        return len(self.modules)

    @property
    def minutes_left(self) -> int:
        """How many minutes the modules that are not done take."""
        return sum(module.minutes for module in self.modules if module.id not in self.done)

    @property
    def percent(self) -> int:
        """The share of the modules that are done, rounded down."""
        return self.modules_done * 100 // self.modules_total if self.modules else 0

    @property
    def next_module(self) -> OutlineModule | None:
        """The first module that is not done: where one goes on."""
        return next((module for module in self.modules if module.id not in self.done), None)

    def after(self, module_id: int) -> OutlineModule | None:
        """Return the next module that is not done after one, else the first that is not done."""
        ids = [module.id for module in self.modules]
        later = self.modules[ids.index(module_id) + 1 :]
        return next((module for module in later if module.id not in self.done), self.next_module)


def progress_of(
    session: BoundSession, person_id: int, *, today: date, course_ids: Collection[int] | None = None
) -> dict[int, Progress]:
    """Return a person's progress in each published course, or in those with some ids, by course id.

    An open enrolment counts while its version has the newest one's major number; it goes on in the version it began in.
    Four queries, however many courses there are.
    """
    offered = {offer.course.id: offer for offer in catalogue.offered(session, today=today, course_ids=course_ids)}
    majors = {course_id: offer.version.major for course_id, offer in offered.items()}
    opened: dict[int, tuple[Enrolment, CourseVersion]] = {}
    for enrolment, version in session.execute(
        select(Enrolment, CourseVersion)
        .join(CourseVersion, CourseVersion.id == Enrolment.course_version_id)
        .where(Enrolment.person_id == person_id, Enrolment.finished_at.is_(None))
        .order_by(CourseVersion.number)
    ):
        if majors.get(version.course_id) == version.major:
            opened[version.course_id] = (enrolment, version)
    versions = {
        course_id: opened[course_id][1] if course_id in opened else o.version for course_id, o in offered.items()
    }
    outlines = catalogue.outline(session, [version.id for version in versions.values()])
    done = _done(session, [enrolment.id for enrolment, _ in opened.values()])
    progress = {}
    for course_id, offer in offered.items():
        enrolment = opened[course_id][0] if course_id in opened else None
        version = versions[course_id]
        finished = done.get(enrolment.id, frozenset()) if enrolment is not None else frozenset()
        progress[course_id] = Progress(offer.course, version, enrolment, tuple(outlines[version.id]), finished)
    return progress


def not_begun(session: BoundSession, course_public_id: str, *, today: date) -> Progress | None:
    """Return a published course as it is to whoever has not begun it, or None. Three queries."""
    course = catalogue.course_by_public_id(session, course_public_id)
    version = None if course is None else catalogue.current_version(session, course.id, today)
    if course is None or version is None:
        return None
    return Progress(course, version, None, tuple(catalogue.outline(session, [version.id])[version.id]), frozenset())


def progress_in(session: BoundSession, person_id: int, enrolment_public_id: str) -> Progress | None:
    """Return the progress of one enrolment of a person's own, open or finished, or None if it is not theirs."""
    row = session.execute(
        select(Enrolment, CourseVersion, Course)
        .join(CourseVersion, CourseVersion.id == Enrolment.course_version_id)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(Enrolment.public_id == enrolment_public_id, Enrolment.person_id == person_id)
    ).one_or_none()
    if row is None:
        return None
    enrolment, version, course = row
    modules = catalogue.outline(session, [version.id])[version.id]
    done = _done(session, [enrolment.id]).get(enrolment.id, frozenset())
    return Progress(course, version, enrolment, tuple(modules), done)


def _done(session: BoundSession, enrolment_ids: Collection[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for enrolment_id, module_id in session.execute(
        select(ModuleDone.enrolment_id, ModuleDone.module_id).where(ModuleDone.enrolment_id.in_(enrolment_ids))
    ):
        found.setdefault(enrolment_id, set()).add(module_id)
    return {enrolment_id: frozenset(modules) for enrolment_id, modules in found.items()}


def module_of(session: BoundSession, version_id: int, public_id: str) -> Module | None:
    """Return a module of a version, with its content."""
    return session.scalars(
        select(Module).where(Module.course_version_id == version_id, Module.public_id == public_id)
    ).one_or_none()


def own_attempt(session: BoundSession, person_id: int, public_id: str) -> tuple[Attempt, Module, Enrolment] | None:
    """Return an attempt of a person's own with its module and enrolment, or None if it is not theirs."""
    row = session.execute(
        select(Attempt, Module, Enrolment)
        .join(Module, Module.id == Attempt.module_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Attempt.public_id == public_id, Enrolment.person_id == person_id)
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def attempts(session: BoundSession, enrolment_id: int, module_id: int) -> Sequence[Attempt]:
    """Return the attempts at a test, the newest first."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.enrolment_id == enrolment_id, Attempt.module_id == module_id)
        .order_by(Attempt.number.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A completion that stands, with the course as it was called then, its certificate's public id and who attested it."""

    completion: Completion
    course: Course
    titles: dict[str, str]
    certificate_public_id: str | None
    attesters: tuple[Attester, ...]


def history(session: BoundSession, person_id: int) -> list[HistoryEntry]:
    """Return what a person has completed, the newest first. Three queries."""
    rows = session.execute(
        select(Completion, Course, CourseVersion.titles, Certificate.public_id)
        .join(Course, Course.id == Completion.course_id)
        .join(CourseVersion, CourseVersion.id == Completion.course_version_id)
        .outerjoin(Certificate, Certificate.completion_id == Completion.id)
        .where(Completion.person_id == person_id, stands(Completion))
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
    ).all()
    attested = attesters(session, [row[0] for row in rows])
    return [HistoryEntry(*row, attested[row[0].id]) for row in rows]


def certificates(session: BoundSession, person_id: int) -> list[HistoryEntry]:
    """Return those of a person's completions that have a certificate, the newest first."""
    return [entry for entry in history(session, person_id) if entry.certificate_public_id is not None]


# Where completions come from that somebody vouched for: in their own words, or having checked a certificate.
_ATTESTED = frozenset({"manager", "certificate"})
LIST_SOURCE = "batch:"
"""How the source of what was recorded for a whole list of people begins: somebody signed the list."""


def may_revoke(viewer: Viewer, completion: Completion) -> bool:
    """Say whether a viewer who sees the person may take a completion back: not their own; all, or what they attested."""
    vouched_for = completion.source in _ATTESTED or completion.source.startswith(LIST_SOURCE)
    attested_it = vouched_for and completion.recorded_by_id == viewer.account_id
    return viewer.person_id != completion.person_id and (viewer.sees_everyone or attested_it)


@dataclass(frozen=True, slots=True)
class VisibleCompletion:
    """A standing completion, whose it is, and what the course was called."""

    completion: Completion
    person: Person
    titles: dict[str, str]


def visible_completion(session: BoundSession, viewer: Viewer, public_id: str, *, on: date) -> VisibleCompletion | None:
    """Return a completion that stands, if the viewer may see the person on the day."""
    row = session.execute(
        select(Completion, Person, CourseVersion.titles)
        .join(Person, Person.id == Completion.person_id)
        .join(CourseVersion, CourseVersion.id == Completion.course_version_id)
        .where(Completion.public_id == public_id, stands(Completion), visible_to(viewer, on))
    ).one_or_none()
    return None if row is None else VisibleCompletion(*row)


def completion_of_enrolment(session: BoundSession, enrolment: Enrolment) -> HistoryEntry | None:
    """Return the completion that an enrolment ended in, if it has ended and the completion stands."""
    entries = history(session, enrolment.person_id)
    return next((e for e in entries if e.completion.enrolment_public_id == enrolment.public_id), None)


def last_finished(session: BoundSession, person_id: int, completed: Sequence[HistoryEntry]) -> Progress | None:
    """Return the progress of the enrolment that the newest of some completions ended, if any was completed here."""
    enrolments = (entry.completion.enrolment_public_id for entry in completed)
    enrolment_id = next((public_id for public_id in enrolments if public_id is not None), None)
    return None if enrolment_id is None else progress_in(session, person_id, enrolment_id)


def source_ref(enrolment: Enrolment) -> str:
    """Return what makes a completion that of an enrolment: at most one can be recorded."""
    return f"enrolment:{enrolment.public_id}"


def first_employed_on(session: BoundSession, person_id: int) -> date | None:
    """Return the first day a person was employed, as known now."""
    return session.scalar(
        select(func.min(Employment.starts_on)).where(Employment.person_id == person_id, stands(Employment))
    )


@dataclass(frozen=True, slots=True)
class SignedStep:
    """A step of a checklist, and who signed it when, if anyone has."""

    module_id: int
    step: Step
    signer: Person | None = None
    signed_at: datetime | None = None

    @property
    def value(self) -> str:
        """How a form names the step."""
        return f"{self.module_id}.{self.step.key}"


def checklist_steps(session: BoundSession, version_id: int, enrolment: Enrolment | None) -> dict[int, list[SignedStep]]:
    """Return the steps of a version's checklists, in order, with their signatures in an enrolment, by module id."""
    lists = session.execute(
        select(Module.id, Module.content)
        .where(Module.course_version_id == version_id, Module.kind == ModuleKind.CHECKLIST)
        .order_by(Module.position)
    ).all()
    signed: dict[tuple[int, str], tuple[Person, datetime]] = {}
    if enrolment is not None:
        for module_id, step, person, signed_at in session.execute(
            select(StepSignature.module_id, StepSignature.step, Person, StepSignature.signed_at)
            .join(Account, Account.id == StepSignature.signed_by_id)
            .join(Person, Person.id == Account.person_id)
            .where(StepSignature.enrolment_id == enrolment.id)
        ):
            signed[module_id, step] = (person, signed_at)
    return {
        module_id: [
            SignedStep(module_id, step, *signed.get((module_id, step.key), ())) for step in from_json(content).steps
        ]
        for module_id, content in lists
    }


@dataclass(frozen=True, slots=True)
class OpenChecklist:
    """A person has begun a course with steps to sign, and some are left."""

    person: Person
    course: Course
    titles: dict[str, str]
    signed: int
    total: int


def open_checklists(session: BoundSession, viewer: Viewer, *, today: date) -> list[OpenChecklist]:
    """Return the begun checklists that a viewer may sign: of those in their team, but never their own. Three queries."""
    rows = session.execute(
        select(Enrolment, Person, Course, CourseVersion)
        .join(Person, Person.id == Enrolment.person_id)
        .join(CourseVersion, CourseVersion.id == Enrolment.course_version_id)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(
            Enrolment.finished_at.is_(None),
            in_team(viewer, today),
            Person.id != (viewer.person_id or 0),
            CourseVersion.id.in_(select(Module.course_version_id).where(Module.kind == ModuleKind.CHECKLIST)),
        )
        .order_by(Person.sort_key, Course.code)
    ).all()
    totals: dict[int, int] = {}
    for version_id, content in session.execute(
        select(Module.course_version_id, Module.content).where(
            Module.kind == ModuleKind.CHECKLIST,
            Module.course_version_id.in_({version.id for _, _, _, version in rows}),
        )
    ):
        totals[version_id] = totals.get(version_id, 0) + len(from_json(content).steps)
    signatures = session.execute(
        select(StepSignature.enrolment_id, func.count(StepSignature.id))
        .where(StepSignature.enrolment_id.in_([enrolment.id for enrolment, *_ in rows]))
        .group_by(StepSignature.enrolment_id)
    )
    signed: dict[int, int] = {enrolment_id: number for enrolment_id, number in signatures}  # noqa: C416
    found = [
        OpenChecklist(person, course, version.titles, signed.get(enrolment.id, 0), totals[version.id])
        for enrolment, person, course, version in rows
    ]
    return [one for one in found if one.signed < one.total]


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with what it is for."""

    certificate: Certificate
    completion: Completion
    person: Person
    municipality: Municipality


def visible_certificate(session: BoundSession, viewer: Viewer, public_id: str, *, on: date) -> Issued | None:
    """Return a certificate, if it is the viewer's own or of a person they may see, and its completion stands."""
    row = session.execute(
        select(Certificate, Completion, Person)
        .join(Completion, Completion.id == Certificate.completion_id)
        .join(Person, Person.id == Completion.person_id)
        .where(Certificate.public_id == public_id, stands(Completion), visible_to(viewer, on))
    ).one_or_none()
    if row is None:
        return None
    return Issued(row[0], row[1], row[2], session.get_one(Municipality, session.municipality_id))


def certificate_by_code(session: WideSession, code: str) -> Issued | None:
    """Return the certificate with a code, in whichever municipality; also when its completion was retracted.

    If that was because two persons were merged, it confirms the completion that took its place.
    """
    row = session.execute(
        select(Certificate, Municipality)
        .join(Municipality, Municipality.id == Certificate.municipality_id)
        .where(Certificate.code == code)
    ).one_or_none()
    if row is None:
        return None
    certificate, municipality = row
    completion = session.get_one(Completion, certificate.completion_id)
    while completion.retracted_at is not None and (counterpart := _counterpart(session, completion)) is not None:
        completion = counterpart
    return Issued(certificate, completion, session.get_one(Person, completion.person_id), municipality)


def _counterpart(session: WideSession, completion: Completion) -> Completion | None:
    """Return the completion that says the same since its person was merged into another."""
    return session.scalars(
        select(Completion)
        .join(
            MergedRow,
            (MergedRow.counterpart == Completion.id) & (MergedRow.municipality_id == Completion.municipality_id),
        )
        .join(PersonMerge, PersonMerge.id == MergedRow.merge_id)
        .where(
            MergedRow.kind == Completion.__tablename__,
            MergedRow.original == completion.id,
            PersonMerge.undone_at.is_(None),
        )
    ).one_or_none()
