"""Requirements: who must have which course, by when, how often."""

from datetime import date

from sqlalchemy import JSON, Boolean, CheckConstraint, Index, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from tracker.domain.evidence import Evidence
from tracker.domain.exceptions import ExceptionKind
from tracker.domain.facts import DutyKind
from tracker.domain.requirement import EarlierCompletions, MajorVersions
from tracker.tables import Code, Day, Fact, Instant, Line, Owned, PublicId, period_check, refers_to, word


class Requirement(Owned):
    """A requirement. What it says is in its versions."""

    public_id: Mapped[PublicId]
    code: Mapped[Code]
    created_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("municipality_id", "code"),)


class RequirementVersion(Owned):
    """What a requirement says during a stretch of days. A published version never changes; an unpublished one is a draft."""

    __touches__ = "requirement_id"
    __published__ = "published_at"

    public_id: Mapped[PublicId]
    requirement_id: Mapped[int] = refers_to("requirement")
    number: Mapped[int]
    titles: Mapped[dict[str, str]] = mapped_column(JSON, comment="by language: sv, en")
    course_id: Mapped[int] = refers_to("course")
    effective_from: Mapped[Day]
    effective_until: Mapped[date | None]
    first_due_days: Mapped[int | None] = mapped_column(comment="days after the anchor")
    first_due_on: Mapped[date | None] = mapped_column(comment="or a fixed date")
    minimum_notice_days: Mapped[int] = mapped_column(default=14)
    validity_months: Mapped[int | None] = mapped_column(comment="empty with no fixed day: once is enough")
    fixed_month: Mapped[int | None] = mapped_column(comment="valid until this day of the year …")
    fixed_day: Mapped[int | None]
    fixed_every_years: Mapped[int | None] = mapped_column(comment="… every so many years …")
    fixed_in_year: Mapped[int | None] = mapped_column(
        comment="… counted from this one; empty: the year it takes effect"
    )
    minimum_active_months: Mapped[int] = mapped_column(default=6, comment="with a fixed day: shortest validity")
    renewal_window_days: Mapped[int] = mapped_column(default=60)
    grace_days: Mapped[int] = mapped_column(default=0)
    minimum_evidence: Mapped[Evidence] = mapped_column(word(Evidence), default=Evidence.SELF_DECLARED)
    earlier_completions: Mapped[EarlierCompletions] = mapped_column(
        word(EarlierCompletions), default=EarlierCompletions.ALL
    )
    accepted_from: Mapped[date | None] = mapped_column(comment="with from_date: completions from this day on count")
    major_versions: Mapped[MajorVersions] = mapped_column(word(MajorVersions), default=MajorVersions.IGNORED)
    major_version_days: Mapped[int | None] = mapped_column(comment="with within_days: days after publication")
    legal_basis: Mapped[str] = mapped_column(String(300), default="")
    reasons: Mapped[dict[str, str]] = mapped_column(JSON, comment="why, in plain words, by language")
    owner: Mapped[Line] = mapped_column(default="", comment="who answers for it: a function, not a person")
    published_at: Mapped[Instant | None]
    published_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    # While it is a draft:
    revision: Mapped[int] = mapped_column(default=1, comment="grows by one each time the draft is saved")
    saved_at: Mapped[Instant | None] = mapped_column(comment="when the draft was last saved")
    saved_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    asked_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)  # for a second person's approval

    __table_args__ = (
        UniqueConstraint("municipality_id", "requirement_id", "number"),
        # Phases refer to a version of their requirement. An index, since SQLite can add one to a table with rows.
        Index("uq_requirement_version_of_requirement", "municipality_id", "requirement_id", "id", unique=True),
        CheckConstraint("(first_due_days IS NULL) <> (first_due_on IS NULL)", name="one_first_due"),
        CheckConstraint(
            "minimum_notice_days >= 0 AND grace_days >= 0 AND renewal_window_days >= 0", name="not_negative"
        ),
        CheckConstraint("(earlier_completions = 'from_date') = (accepted_from IS NOT NULL)", name="accepted_from"),
        CheckConstraint(
            "(major_versions = 'within_days') = (major_version_days IS NOT NULL)", name="major_version_days"
        ),
        CheckConstraint("validity_months IS NULL OR fixed_month IS NULL", name="one_validity"),
        CheckConstraint(
            "(fixed_month IS NULL) = (fixed_day IS NULL) AND (fixed_month IS NULL) = (fixed_every_years IS NULL)",
            name="whole_fixed_day",
        ),
    )


class AudienceLine(Owned):
    """A person is in the audience if any line matches; a line matches if all its filled-in fields do."""

    requirement_version_id: Mapped[int] = refers_to("requirement_version")
    excludes: Mapped[bool] = mapped_column(Boolean, default=False)
    unit_id: Mapped[int | None] = refers_to("org_unit", nullable=True)
    position_id: Mapped[int | None] = refers_to("position", nullable=True)
    employment_kind: Mapped[str | None] = mapped_column(String(60))
    duty: Mapped[DutyKind | None] = mapped_column(word(DutyKind))
    system_id: Mapped[int | None] = refers_to("it_system", nullable=True)
    new_hire_days: Mapped[int | None] = mapped_column(
        comment="only those employed within so many days before the requirement's start, or later"
    )


class Exemption(Fact):
    """A requirement does not apply to a person, from–until."""

    __touches__ = "person_id"
    __concerns__ = "requirement_id"

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    requirement_id: Mapped[int] = refers_to("requirement")
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(500))

    __table_args__ = (period_check(),)


class Extension(Fact):
    """From the day it was granted, a person's due date for a requirement is at the earliest a certain day."""

    __touches__ = "person_id"
    __concerns__ = "requirement_id"

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    requirement_id: Mapped[int] = refers_to("requirement")
    granted_on: Mapped[Day]
    due_on: Mapped[Day]
    reason: Mapped[str] = mapped_column(String(500))

    __table_args__ = (period_check("granted_on", "due_on"),)


class Assignment(Fact):
    """Somebody has decided that a requirement applies to a person, from–until, whatever its audience says."""

    __touches__ = "person_id"
    __concerns__ = "requirement_id"

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    requirement_id: Mapped[int] = refers_to("requirement")
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(500))

    __table_args__ = (period_check(),)


class ExceptionRequest(Owned):
    """A learner asks for an exemption or an extension. It decides nothing: the answer does."""

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    requirement_id: Mapped[int] = refers_to("requirement")
    kind: Mapped[ExceptionKind] = mapped_column(word(ExceptionKind))
    wanted_until: Mapped[date | None] = mapped_column(comment="of an exemption: empty, for good")
    message: Mapped[str] = mapped_column(String(500))
    asked_at: Mapped[Instant]
    answered_at: Mapped[Instant | None]
    answered_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    granted: Mapped[bool | None] = mapped_column(comment="empty while it is open")
    answer: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("kind <> 'extension' OR wanted_until IS NOT NULL", name="extension_until"),
        CheckConstraint("(answered_at IS NULL) = (granted IS NULL)", name="answered"),
        # One at a time for each obligation: sending the form twice asks once.
        Index(
            "uq_exception_request_open",
            "municipality_id",
            "person_id",
            "requirement_id",
            unique=True,
            sqlite_where=column("answered_at").is_(None),
            postgresql_where=column("answered_at").is_(None),
        ),
    )
