"""Taking courses: enrolments, progress, attempts, signatures; and the completions and certificates they end in."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from tracker.domain.evidence import Evidence
from tracker.tables import Code, Day, Fact, Instant, Line, Owned, PublicId, refers_to, word


class Enrolment(Owned):
    """A person has begun a course version. Taking it again, when training recurs, is another enrolment."""

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    course_version_id: Mapped[int] = refers_to("course_version")
    number: Mapped[int] = mapped_column(comment="1, 2 … for this person and version")
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]

    __table_args__ = (
        UniqueConstraint("municipality_id", "person_id", "course_version_id", "number"),
        # One at a time: two devices that begin at once share it.
        Index(
            "uq_enrolment_open",
            "municipality_id",
            "person_id",
            "course_version_id",
            unique=True,
            sqlite_where=column("finished_at").is_(None),
            postgresql_where=column("finished_at").is_(None),
        ),
    )


class ModuleDone(Owned):
    """A module of an enrolment is done: read, passed, signed or acknowledged."""

    enrolment_id: Mapped[int] = refers_to("enrolment")
    module_id: Mapped[int] = refers_to("module")
    done_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("municipality_id", "enrolment_id", "module_id"),)


class Attempt(Owned):
    """One try at a test. Answers are saved as they are given, so that another device can go on."""

    public_id: Mapped[PublicId]
    enrolment_id: Mapped[int] = refers_to("enrolment")
    module_id: Mapped[int] = refers_to("module")
    number: Mapped[int]
    started_at: Mapped[Instant]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, comment="by question key")
    submitted_at: Mapped[Instant | None]
    percent: Mapped[int | None] = mapped_column(comment="share of the questions answered right, rounded down")
    passed: Mapped[bool | None]

    __table_args__ = (
        UniqueConstraint("municipality_id", "enrolment_id", "module_id", "number"),
        CheckConstraint(
            "(submitted_at IS NULL) = (percent IS NULL) AND (submitted_at IS NULL) = (passed IS NULL)",
            name="marked_when_submitted",
        ),
        Index(
            "uq_attempt_open",
            "municipality_id",
            "enrolment_id",
            "module_id",
            unique=True,
            sqlite_where=column("submitted_at").is_(None),
            postgresql_where=column("submitted_at").is_(None),
        ),
    )


class StepSignature(Owned):
    """A colleague saw the learner do one step of a practical checklist, and signed."""

    enrolment_id: Mapped[int] = refers_to("enrolment")
    module_id: Mapped[int] = refers_to("module")
    step: Mapped[Code] = mapped_column(comment="the step's key in the module's content")
    signed_by_id: Mapped[int] = refers_to("account")
    signed_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("municipality_id", "enrolment_id", "module_id", "step"),)


class Completion(Fact):
    """A person completed a course version on a day, proved by evidence of a certain strength."""

    __touches__ = "person_id"
    __concerns__ = "course_id"

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    course_id: Mapped[int] = refers_to("course")
    course_version_id: Mapped[int] = refers_to("course_version")
    completed_on: Mapped[Day]
    evidence: Mapped[Evidence] = mapped_column(word(Evidence))
    note: Mapped[str] = mapped_column(String(500), default="")
    source_ref: Mapped[Line] = mapped_column(comment="what makes it this completion: enrolment:…, attested:…")

    __table_args__ = (UniqueConstraint("municipality_id", "person_id", "source_ref"),)

    @property
    def enrolment_public_id(self) -> str | None:
        """The enrolment that ended in it; None if it was completed elsewhere."""
        kind, _, reference = self.source_ref.partition(":")
        # Since a merge, it may be one that took the place of the enrolment's own: see merging.treatment.copy_of.
        return reference.partition("+")[0] if kind == "enrolment" else None


class Certificate(Owned):
    """The document issued for a completion. It says what was so when it was issued."""

    public_id: Mapped[PublicId]
    completion_id: Mapped[int] = refers_to("completion")
    code: Mapped[str] = mapped_column(String(14), unique=True, comment="printed on it; /verify/<code> confirms it")
    issued_on: Mapped[date]
    holder: Mapped[Line] = mapped_column(comment="the person's name on that day")
    titles: Mapped[dict[str, str]] = mapped_column(JSON, comment="the course's title on that day, by language")

    __table_args__ = (UniqueConstraint("municipality_id", "completion_id"),)
