"""Acts of learning: beginning a course, doing its modules, signing, and the completion that it ends in.

Whoever acts on an enrolment first takes its row's lock, so that two devices, or a learner and a colleague, act one after
the other and each sees what the other did. The unique keys of the tables hold should that ever fail.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import func, select

from tracker import tokens
from tracker.audit.operations import record
from tracker.catalogue import queries as catalogue
from tracker.catalogue.content import from_json
from tracker.catalogue.models import Course, CourseVersion, Module, ModuleKind
from tracker.db import BoundSession, retract
from tracker.domain.evidence import Evidence
from tracker.learning import marking, queries
from tracker.learning.models import Attempt, Certificate, Completion, Enrolment, ModuleDone, StepSignature
from tracker.people.models import Person
from tracker.people.queries import take_turn
from tracker.permissions import Viewer

# What a module of each kind proves. Reading a text proves nothing that another module does not.
PROVES: Mapping[ModuleKind, Evidence] = {
    ModuleKind.TEST: Evidence.GRADED,
    ModuleKind.CHECKLIST: Evidence.ATTESTED,
    ModuleKind.DOCUMENT: Evidence.READ_AND_ACKNOWLEDGED,
}


class CourseNotPublishedError(Exception):
    """The course has no published version to have completed, or none with modules to take."""


class WrongModuleError(Exception):
    """The module is not of the enrolment's course, or is not gone through in this way."""


class AlreadySubmittedError(Exception):
    """The attempt was handed in; its answers can no longer be changed."""


class UnansweredError(Exception):
    """Some questions cannot be marked yet. Says which, by question key, and why."""

    def __init__(self, problems: Mapping[str, marking.Problem]) -> None:
        """Keep what is missing."""
        super().__init__(", ".join(problems))
        self.problems = problems


class SelfSignedError(Exception):
    """A learner tried to sign their own step."""


class NotAColleagueError(Exception):
    """Only a named person can sign: not a job, nor an account that belongs to nobody."""


class UnknownStepError(Exception):
    """The step is not in a checklist of the course."""


class CompletionInFutureError(Exception):
    """A completion cannot be of a day that has not come."""


class SelfAttestedError(Exception):
    """Nobody attests themself."""


class BeforeEmploymentError(Exception):
    """A completion from before the person's first employment needs a note that says why it counts."""

    def __init__(self, first_employed_on: date | None) -> None:
        """Keep the first day of employment; None if there is none."""
        super().__init__(str(first_employed_on))
        self.first_employed_on = first_employed_on


class AlreadyCompletedError(Exception):
    """The person has a standing completion of the course on that very day, proved as strongly."""


class NotRevocableError(Exception):
    """Only HR, training administrators and who attested a completion take it back, and nobody their own."""


def start_course(
    session: BoundSession, *, person_id: int, course_id: int, by: Viewer, now: datetime, today: date
) -> Enrolment:
    """Begin a course for a person, or return the enrolment that is open already.

    A course that was finished earlier begins anew, as another enrolment. Writes the journal.
    Raises CourseNotPublishedError.
    """
    person = take_turn(session, person_id)  # Two devices may begin at once.
    progress = queries.progress_of(session, person_id, today=today, course_ids=[course_id]).get(course_id)
    if progress is None or not progress.modules:
        raise CourseNotPublishedError(course_id)
    if progress.enrolment is not None:
        return progress.enrolment
    version = progress.version
    number = session.scalar(
        select(func.max(Enrolment.number)).where(
            Enrolment.person_id == person_id, Enrolment.course_version_id == version.id
        )
    )
    enrolment = Enrolment(
        person_id=person_id, course_version_id=version.id, number=(number or 0) + 1, started_at=now, finished_at=None
    )
    session.add(enrolment)
    session.flush()  # Its public id goes into addresses, and its id into what the person does.
    record(session, "course.started", subject=enrolment, by=by, person=person.public_id, course=progress.course.code)
    return enrolment


def read_module(
    session: BoundSession, *, enrolment: Enrolment, module: Module, by: Viewer, now: datetime, today: date
) -> Completion | None:
    """Note that a text was read. Returns the completion if that was the last module.

    Writes the journal. Raises WrongModuleError for what must be answered, signed or acknowledged.
    """
    return _go_through(session, enrolment, module, ModuleKind.TEXT, by=by, now=now, today=today)


def acknowledge(
    session: BoundSession, *, enrolment: Enrolment, module: Module, by: Viewer, now: datetime, today: date
) -> Completion | None:
    """Note that a document was read and its statement acknowledged. Returns the completion if that was the last module.

    Writes the journal. Raises WrongModuleError.
    """
    return _go_through(session, enrolment, module, ModuleKind.DOCUMENT, by=by, now=now, today=today)


def begin_attempt(session: BoundSession, *, enrolment: Enrolment, module: Module, by: Viewer, now: datetime) -> Attempt:
    """Begin a try at a test, or return the one to go on with: open on another device, or passed already.

    Writes the journal for a new one. Raises WrongModuleError.
    """
    _lock(session, enrolment)
    _require(enrolment, module, ModuleKind.TEST)
    earlier = queries.attempts(session, enrolment.id, module.id)
    for attempt in earlier:
        if attempt.submitted_at is None or attempt.passed:
            return attempt
    attempt = Attempt(
        enrolment_id=enrolment.id, module_id=module.id, number=len(earlier) + 1, started_at=now, answers={}
    )
    session.add(attempt)
    session.flush()  # Its public id goes into the address.
    record(session, "attempt.started", subject=attempt, by=by, enrolment=enrolment.public_id, module=module.slug)
    return attempt


def save_answers(session: BoundSession, *, attempt: Attempt, enrolment: Enrolment, answers: marking.Answers) -> None:
    """Keep the answers given so far, so that another device can go on.

    Not in the journal: nothing is decided until they are handed in. Raises AlreadySubmittedError.
    """
    _lock(session, enrolment)
    session.refresh(attempt)
    if attempt.submitted_at is not None:
        raise AlreadySubmittedError(attempt.public_id)
    attempt.answers = answers


def submit_attempt(
    session: BoundSession,
    *,
    attempt: Attempt,
    module: Module,
    enrolment: Enrolment,
    answers: marking.Answers,
    by: Viewer,
    now: datetime,
    today: date,
) -> Completion | None:
    """Mark a test. One that was handed in already stays as it was marked, so sending it twice is harmless.

    Passing does the module; returns the completion if it was the last. Writes the journal. Raises UnansweredError.
    """
    _lock(session, enrolment)
    session.refresh(attempt)
    if attempt.submitted_at is not None:
        return None
    questions = from_json(module.content).questions
    if problems := marking.problems(questions, answers):
        raise UnansweredError(problems)
    assert module.pass_mark is not None
    marked = marking.mark(questions, answers)
    attempt.answers = answers
    attempt.submitted_at = now
    attempt.percent = marked.percent
    attempt.passed = marked.passes(module.pass_mark)
    record(session, "attempt.marked", subject=attempt, by=by, percent=attempt.percent, passed=attempt.passed)
    if not attempt.passed:
        return None
    return _done(session, enrolment, [module.id], by=by, now=now, today=today)


def sign_steps(
    session: BoundSession,
    *,
    enrolment: Enrolment,
    steps: Collection[tuple[int, str]],
    by: Viewer,
    now: datetime,
    today: date,
) -> Completion | None:
    """Sign that a colleague saw the learner do some steps, each a module's id and the step's key.

    One that is signed already keeps its signature. A checklist with every step signed is done; returns the completion
    if it was the last module. Writes the journal. Raises SelfSignedError, NotAColleagueError, UnknownStepError.
    """
    if by.person_id == enrolment.person_id:
        raise SelfSignedError(enrolment.public_id)
    if by.person_id is None or by.account_id is None:
        raise NotAColleagueError(by.actor)
    _lock(session, enrolment)
    checklists = queries.checklist_steps(session, enrolment.course_version_id, enrolment)
    known = {(step.module_id, step.step.key): step for listed in checklists.values() for step in listed}
    if unknown := set(steps) - known.keys():
        raise UnknownStepError(str(sorted(unknown)))
    new = [step for step in sorted(set(steps)) if known[step].signer is None]
    session.add_all(
        StepSignature(
            enrolment_id=enrolment.id, module_id=module_id, step=key, signed_by_id=by.account_id, signed_at=now
        )
        for module_id, key in new
    )
    if new:
        record(session, "steps.signed", subject=enrolment, by=by, steps=[key for _, key in new])
    whole = [
        module_id
        for module_id, listed in checklists.items()
        if all(step.signer is not None or (module_id, step.step.key) in new for step in listed)
    ]
    return _done(session, enrolment, whole, by=by, now=now, today=today)


def record_completion(
    session: BoundSession,
    *,
    person: Person,
    course_id: int,
    completed_on: date,
    evidence: Evidence,
    note: str = "",
    source: str = "manager",
    by: Viewer,
    now: datetime,
    today: date,
) -> Completion:
    """Record that a person completed a course outside Tracker, on the word of someone else.

    It is of the version that was in force that day, or of the first one if it was earlier. The obligations it serves are
    recomputed when the transaction ends. Also writes the journal and issues the certificate.

    Raises CompletionInFutureError, SelfAttestedError, BeforeEmploymentError, AlreadyCompletedError,
    CourseNotPublishedError.
    """
    if completed_on > today:
        raise CompletionInFutureError(completed_on)
    if by.person_id == person.id:
        raise SelfAttestedError(person.public_id)
    first_day = queries.first_employed_on(session, person.id)
    if not note and (first_day is None or completed_on < first_day):
        raise BeforeEmploymentError(first_day)
    version = catalogue.current_version(session, course_id, completed_on) or catalogue.first_version(session, course_id)
    if version is None:
        raise CourseNotPublishedError(course_id)
    take_turn(session, person.id)  # Two may record the same thing at once.
    same = session.scalars(
        select(Completion).where(
            Completion.person_id == person.id,
            Completion.course_id == course_id,
            Completion.completed_on == completed_on,
        )
    ).all()
    if any(completion.retracted_at is None and completion.evidence.satisfies(evidence) for completion in same):
        raise AlreadyCompletedError(completed_on)
    course = session.get_one(Course, course_id)
    return _complete(
        session,
        person=person,
        course=course,
        version=version,
        completed_on=completed_on,
        evidence=evidence,
        note=note,
        # What was retracted may be recorded again, as another completion of the same day.
        source_ref=f"attested:{course.code}:{completed_on.isoformat()}:{len(same) + 1}",
        source=source,
        by=by,
        now=now,
        today=today,
    )


def revoke_completion(
    session: BoundSession, *, completion: Completion, person: Person, why: str, by: Viewer, now: datetime
) -> None:
    """Take back a completion that should not count.

    It is retracted: the obligations it served are recomputed when the transaction ends, and its certificate is from then
    on confirmed as withdrawn. Writes the journal. If somebody else took it back meanwhile, that stands, with their reason.
    Raises NotRevocableError.
    """
    if not queries.may_revoke(by, completion):
        raise NotRevocableError(completion.public_id)
    take_turn(session, person.id)
    session.refresh(completion)
    if completion.retracted_at is not None:
        return
    retract([completion], now=now, by_id=by.account_id, why=why)
    record(session, "completion.revoked", subject=completion, by=by, person=person.public_id)


def issue_certificate(
    session: BoundSession, *, completion: Completion, person: Person, version: CourseVersion, today: date
) -> Certificate:
    """Issue the certificate for a completion that has been flushed. It keeps the name and title of the day."""
    certificate = Certificate(
        completion_id=completion.id,
        code=tokens.certificate_code(),
        issued_on=today,
        holder=f"{person.given_name} {person.family_name}",
        titles=version.titles,
    )
    session.add(certificate)
    return certificate


def evidence_of(kinds: Iterable[ModuleKind]) -> Evidence:
    """Return how strongly going through modules of these kinds proves the course as a whole.

    It is as strong as the weakest module that proves anything. Texts come along with the rest; a course of nothing but
    texts is the learner's own word.
    """
    proved = [PROVES[kind] for kind in kinds if kind in PROVES]
    return min(proved, key=lambda evidence: evidence.strength, default=Evidence.SELF_DECLARED)


def _lock(session: BoundSession, enrolment: Enrolment) -> None:
    """Take the enrolment's row and see it as it is now. SQLite has one writer at a time and needs no lock."""
    session.scalars(
        select(Enrolment)
        .where(Enrolment.id == enrolment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _require(enrolment: Enrolment, module: Module, kind: ModuleKind) -> None:
    if module.course_version_id != enrolment.course_version_id or module.kind is not kind:
        raise WrongModuleError(module.public_id)


def _go_through(
    session: BoundSession,
    enrolment: Enrolment,
    module: Module,
    kind: ModuleKind,
    *,
    by: Viewer,
    now: datetime,
    today: date,
) -> Completion | None:
    _lock(session, enrolment)
    _require(enrolment, module, kind)
    return _done(session, enrolment, [module.id], by=by, now=now, today=today)


def _done(
    session: BoundSession, enrolment: Enrolment, module_ids: Collection[int], *, by: Viewer, now: datetime, today: date
) -> Completion | None:
    """Note that modules are done; when all are, finish the enrolment with its completion and certificate."""
    modules = catalogue.outline(session, [enrolment.course_version_id])[enrolment.course_version_id]
    before = set(session.scalars(select(ModuleDone.module_id).where(ModuleDone.enrolment_id == enrolment.id)))
    for module in modules:
        if module.id in module_ids and module.id not in before:
            session.add(ModuleDone(enrolment_id=enrolment.id, module_id=module.id, done_at=now))
            record(session, "module.done", subject=enrolment, by=by, module=module.slug)
    if enrolment.finished_at is not None or {module.id for module in modules} - before - set(module_ids):
        return None
    enrolment.finished_at = now
    version = session.get_one(CourseVersion, enrolment.course_version_id)
    return _complete(
        session,
        person=session.get_one(Person, enrolment.person_id),
        course=session.get_one(Course, version.course_id),
        version=version,
        completed_on=today,
        evidence=evidence_of(module.kind for module in modules),
        note="",
        source_ref=queries.source_ref(enrolment),
        source="player",
        by=by,
        now=now,
        today=today,
    )


def _complete(
    session: BoundSession,
    *,
    person: Person,
    course: Course,
    version: CourseVersion,
    completed_on: date,
    evidence: Evidence,
    note: str,
    source_ref: str,
    source: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> Completion:
    completion = Completion(
        person_id=person.id,
        course_id=course.id,
        course_version_id=version.id,
        completed_on=completed_on,
        evidence=evidence,
        note=note,
        source_ref=source_ref,
        source=source,
        recorded_at=now,
        recorded_by_id=by.account_id,
    )
    session.add(completion)
    session.flush()  # The certificate refers to it.
    issue_certificate(session, completion=completion, person=person, version=version, today=today)
    record(
        session,
        "completion.recorded",
        subject=completion,
        by=by,
        person=person.public_id,
        course=course.code,
        completed_on=completed_on.isoformat(),
        evidence=evidence.value,
    )
    return completion
