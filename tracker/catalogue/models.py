"""Courses: what can be learnt, in versions, in modules."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Code, Fact, Instant, Line, Owned, PublicId, period_check, refers_to, word


class CourseKind(StrEnum):
    """A course to take, or a document to read and acknowledge."""

    COURSE = "course"
    DOCUMENT = "document"


class ModuleKind(StrEnum):
    """How a module is gone through."""

    TEXT = "text"  # read
    TEST = "test"  # read, then answer; the server marks
    CHECKLIST = "checklist"  # each step is signed by a colleague
    DOCUMENT = "document"  # read and acknowledged


class Course(Owned):
    """A catalogue entry. What is learnt is in its versions."""

    public_id: Mapped[PublicId]
    code: Mapped[Code]
    kind: Mapped[CourseKind] = mapped_column(word(CourseKind))
    created_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("municipality_id", "code"),)


class CourseVersion(Owned):
    """What was learnt. A published version never changes; one with materially new content is *major*."""

    __touches__ = "course_id"
    __published__ = "published_on"

    public_id: Mapped[PublicId]
    course_id: Mapped[int] = refers_to("course")
    number: Mapped[int] = mapped_column(comment="1, 2, 3 … within the course")
    major: Mapped[int] = mapped_column(comment="grows by one when the content changed materially")
    titles: Mapped[dict[str, str]] = mapped_column(JSON, comment="by language: sv, en")
    summaries: Mapped[dict[str, str]] = mapped_column(JSON, comment="by language")
    minutes: Mapped[int] = mapped_column(comment="how long it takes")
    published_on: Mapped[date | None] = mapped_column(comment="the local day it was published; empty while a draft")
    published_at: Mapped[Instant | None] = mapped_column(comment="when that was known")

    __table_args__ = (
        UniqueConstraint("municipality_id", "course_id", "number"),
        CheckConstraint("(published_on IS NULL) = (published_at IS NULL)", name="published"),
    )


class Module(Owned):
    """A part of a course version. Its content is checked by catalogue.content before it is stored."""

    public_id: Mapped[PublicId]
    course_version_id: Mapped[int] = refers_to("course_version")
    position: Mapped[int] = mapped_column(comment="1, 2, 3 … within the version")
    slug: Mapped[Code]
    kind: Mapped[ModuleKind] = mapped_column(word(ModuleKind))
    titles: Mapped[dict[str, str]] = mapped_column(JSON, comment="by language")
    minutes: Mapped[int]
    pass_mark: Mapped[int | None] = mapped_column(comment="for tests: percent of the questions")
    content: Mapped[dict[str, Any]] = mapped_column(JSON, comment="text by language; questions, steps or statement")

    __table_args__ = (
        UniqueConstraint("municipality_id", "course_version_id", "position"),
        CheckConstraint("(kind = 'test') = (pass_mark IS NOT NULL)", name="pass_mark_of_test"),
    )


class CourseFile(Owned):
    """A picture that a module's text shows."""

    public_id: Mapped[PublicId]
    course_version_id: Mapped[int] = refers_to("course_version")
    name: Mapped[Line]
    media_type: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (UniqueConstraint("municipality_id", "course_version_id", "name"),)


class CourseEquivalence(Fact):
    """A completion of one course counts as another, in this direction, if made in these days."""

    __touches__ = "course_id"

    course_id: Mapped[int] = refers_to("course")
    accepted_course_id: Mapped[int] = refers_to("course")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]

    __table_args__ = (
        period_check(),
        CheckConstraint("course_id <> accepted_course_id", name="of_another_course"),
    )
