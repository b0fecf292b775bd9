"""The form of a draft: a requirement as sentences with choices in them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, Regexp, ValidationError

from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind
from tracker.domain.requirement import ContradictionError, EarlierCompletions, MajorVersions
from tracker.domain.validity import ForMonths, UntilDayOfYear, Validity
from tracker.drafting.queries import Choices, CourseChoice
from tracker.drafting.words import CONTRADICTIONS, EARLIER, MAJORS
from tracker.i18n import in_language
from tracker.learning.forms import EVIDENCE_LABELS
from tracker.organisation.forms import unit_choices
from tracker.people.words import DUTIES
from tracker.requirements.files import LONGEST_REASON, MOST_DAYS, MOST_LINES
from tracker.requirements.models import RequirementVersion
from tracker.requirements.operations import Draft, Line, columns_of
from tracker.requirements.queries import as_rule
from tracker.web.forms import Form, required
from tracker.writing import TITLE

_DAY = _l("Write a date such as 2026-12-01.")
_NUMBER = _l("Write a whole number.")


def _choices(*pairs: tuple[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


def _options(words: Any) -> list[SelectChoice]:
    return [SelectChoice(one.value, said) for one, said in words.items()]


def _days(label: Any, **options: Any) -> IntegerField:
    checks = [required(_NUMBER), NumberRange(0, MOST_DAYS, _l("Write a number from 0 to 3650."))]
    return IntegerField(label, checks, **options)


def _maybe(label: Any, low: int, high: int, **options: Any) -> IntegerField:
    """Return a field for a number that is needed only with some other choice."""
    message = _l("Write a number from %(low)s to %(high)s.", low=low, high=high)
    return IntegerField(label, [Optional(), NumberRange(low, high, message)], **options)


class LineForm(Form):
    """An audience line: all that is filled in must fit."""

    class Meta(Form.Meta):
        """The whole form has one token."""

        csrf = False

    excludes = SelectField(_l("Who"), choices=_choices(("", _l("All who")), ("1", _l("But not those who"))))
    everyone = BooleanField(_l("are employed, whoever they are"))
    unit = SelectField(_l("work in, or below"), choices=[], default="")
    position = SelectField(_l("work as"), choices=[], default="")
    kind = SelectField(_l("have the form of employment"), choices=[], default="")
    duty = SelectField(_l("hold the duty"), choices=[], default="")
    system = SelectField(_l("use the system, or hold the duty for it"), choices=[], default="")
    new_hire_days = _maybe(_l("were employed at most this many days before it takes effect, or later"), 0, MOST_DAYS)

    def offer(self, offered: Choices) -> None:
        """Offer what there is to choose from."""
        any_ = SelectChoice("", gettext("– anything –"))
        closed = _choices(
            *((public_id, gettext("a unit that has been closed")) for public_id in offered.closed.values())
        )
        self.unit.choices = [any_, *unit_choices(offered.tree), *closed]
        self.position.choices = [any_, *(SelectChoice(one.public_id, one.title) for one in offered.positions)]
        kinds = list(offered.kinds)
        if self.kind.data and self.kind.data not in kinds:
            kinds.append(self.kind.data)  # Nobody has it any more; it is what the line says nevertheless.
        self.kind.choices = [any_, *(SelectChoice(kind, kind) for kind in kinds)]
        self.duty.choices = [any_, *_options(DUTIES)]
        self.system.choices = [any_, *(SelectChoice(one.public_id, one.name) for one in offered.systems)]

    @property
    def narrows(self) -> bool:
        """Whether anything is filled in."""
        chosen = (self.unit, self.position, self.kind, self.duty, self.system)
        return any(one.data for one in chosen) or self.new_hire_days.data is not None


class NewForm(Form):
    """What a new requirement begins with."""

    title_sv = StringField(_l("Title in Swedish"), [required(_l("Write a title.")), Length(max=TITLE)])
    title_en = StringField(_l("Title in English"), [required(_l("Write a title.")), Length(max=TITLE)])
    code = StringField(
        _l("Code"),
        [
            required(_l("Write a code.")),
            Length(max=60),
            Regexp(r"^[a-z0-9][a-z0-9-]*$", message=_l("Use a–z, 0–9 and hyphens only.")),
        ],
        description=_l("A short name for lists and files, such as “it-strategi”. It cannot be changed later."),
    )
    course = SelectField(_l("Course"), choices=[])

    def offer(self, courses: Sequence[CourseChoice]) -> None:
        """Offer the courses there are."""
        self.course.choices = course_options(courses)


class DraftForm(Form):
    """What a draft says."""

    revision = HiddenField()
    lines = FieldList(FormField(LineForm), label=_l("For whom"), max_entries=MOST_LINES)
    course = SelectField(_l("Course"), choices=[])
    due = SelectField(
        _l("By when"),
        choices=_choices(("days", _l("within a number of days")), ("date", _l("by a date"))),
    )
    due_days = _maybe(_l("Days"), 0, MOST_DAYS)
    due_on = DateField(_l("Date"), [Optional()])
    notice = _days(_l("Minimum notice, days"))
    validity = SelectField(
        _l("Validity"),
        choices=_choices(
            ("once", _l("once is enough")),
            ("months", _l("it is renewed every so many months")),
            ("fixed", _l("it is valid until a fixed day of the year")),
        ),
    )
    months = _maybe(_l("Months"), 1, 600)
    fixed_day = _maybe(_l("Day"), 1, 31)
    fixed_month = SelectField(_l("Month"), choices=[])
    fixed_every = _maybe(_l("Every so many years"), 1, 50)
    fixed_in = _maybe(_l("Counted from the year"), 2000, 2200)
    minimum_active = _maybe(_l("Valid for at least, months"), 0, 60)
    window = _maybe(_l("Time to renew, days before it runs out"), 0, MOST_DAYS)
    grace = _days(_l("Grace, days"))
    evidence = SelectField(_l("Evidence"), choices=_options(EVIDENCE_LABELS))
    earlier = SelectField(_l("Earlier completions"), choices=_options(EARLIER))
    accepted_from = DateField(_l("Completions count from"), [Optional()])
    majors = SelectField(_l("When the course changes much"), choices=_options(MAJORS))
    major_days = _maybe(_l("Days after its publication"), 0, MOST_DAYS)
    effective_from = DateField(_l("Takes effect"), [required(_DAY)])
    effective_until = DateField(_l("Last day"), [Optional()], description=_l("Leave it empty if no end is planned."))
    title_sv = StringField(_l("Title in Swedish"), [required(_l("Write a title.")), Length(max=TITLE)])
    title_en = StringField(_l("Title in English"), [required(_l("Write a title.")), Length(max=TITLE)])
    reason_sv = TextAreaField(
        _l("Why, in Swedish"), [required(_l("Write why. Everyone it is for will ask.")), Length(max=LONGEST_REASON)]
    )
    reason_en = TextAreaField(
        _l("Why, in English"), [required(_l("Write why. Everyone it is for will ask.")), Length(max=LONGEST_REASON)]
    )
    legal_basis = StringField(_l("Legal basis"), [Length(max=300)])
    owner = StringField(
        _l("Answers for it"), [Length(max=200)], description=_l("A function, such as HR. Not a person.")
    )

    def offer(self, offered: Choices) -> None:
        """Offer what there is to choose from."""
        self.offered = offered
        self.course.choices = course_options(offered.courses)
        locale = get_locale()
        assert locale is not None  # There is a request.
        months = locale.months["stand-alone"]["wide"]
        self.fixed_month.choices = [SelectChoice(str(one), months[one]) for one in range(1, 13)]
        for entry in self.lines:
            entry.form.offer(offered)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, each line, and that all of it together can mean something."""
        valid = super().validate(extra_validators=extra_validators)
        lines: Any = self.lines
        if problems := self._line_problems():
            lines.errors = problems
            return False
        return valid and self._means_something()

    def _line_problems(self) -> list[str]:
        problems = []
        for number, entry in enumerate(self.lines, start=1):
            if not entry.form.everyone.data and not entry.form.narrows:
                problems.append(
                    gettext("Line %(number)s: say who is meant, or tick that it is everyone.", number=number)
                )
            elif entry.form.everyone.data and entry.form.narrows:
                problems.append(
                    gettext("Line %(number)s: either everyone is meant, or those who fit the choices.", number=number)
                )
            elif entry.form.errors:
                first = next(iter(entry.form.errors.values()))
                problems.append(gettext("Line %(number)s: %(problem)s", number=number, problem=first[0]))
        return problems

    def _means_something(self) -> bool:
        for field, missing in self._missing():
            field.errors = [*field.errors, missing]
        if any(field.errors for field in self):
            return False
        try:
            as_rule(RequirementVersion(id=0, **columns_of(self.says)), lines=())
        except ContradictionError as error:
            name, message = CONTRADICTIONS[error.contradiction]
            self[name].errors = [*self[name].errors, message]
            return False
        return True

    def _missing(self) -> list[tuple[Any, Any]]:
        """Return the fields that the other choices make necessary and that are empty, and what to say."""
        needed = {
            self.due_days: (self.due.data == "days", _NUMBER),
            self.due_on: (self.due.data == "date", _DAY),
            self.months: (self.validity.data == "months", _NUMBER),
            self.fixed_day: (self.validity.data == "fixed", _NUMBER),
            self.fixed_every: (self.validity.data == "fixed", _NUMBER),
            self.minimum_active: (self.validity.data == "fixed", _NUMBER),
            self.window: (self.validity.data != "once", _NUMBER),
            self.accepted_from: (self.earlier.data == EarlierCompletions.FROM_DATE, _DAY),
            self.major_days: (self.majors.data == MajorVersions.WITHIN_DAYS, _NUMBER),
        }
        return [(field, say) for field, (is_needed, say) in needed.items() if is_needed and field.data is None]

    @property
    def says(self) -> Draft:
        """What the draft is to say, once its fields are valid."""
        assert self.effective_from.data is not None
        by_days = self.due.data == "days"
        earlier, majors = EarlierCompletions(self.earlier.data), MajorVersions(self.majors.data)
        return Draft(
            titles={"sv": self.title_sv.data or "", "en": self.title_en.data or ""},
            reasons={"sv": self.reason_sv.data or "", "en": self.reason_en.data or ""},
            course_id=next(one.id for one in self.offered.courses if one.public_id == self.course.data),
            effective_from=self.effective_from.data,
            effective_until=self.effective_until.data,
            lines=[self._line(entry.form) for entry in self.lines],
            first_due_days=self.due_days.data if by_days else None,
            first_due_on=None if by_days else self.due_on.data,
            minimum_notice_days=_number(self.notice),
            validity=self._validity,
            renewal_window_days=self._window,
            grace_days=_number(self.grace),
            minimum_evidence=Evidence(self.evidence.data),
            earlier_completions=earlier,
            accepted_from=self.accepted_from.data if earlier is EarlierCompletions.FROM_DATE else None,
            major_versions=majors,
            major_version_days=self.major_days.data if majors is MajorVersions.WITHIN_DAYS else None,
            legal_basis=self.legal_basis.data or "",
            owner=self.owner.data or "",
        )

    @property
    def _window(self) -> int:
        """The time to renew; when nothing runs out and none is said, what the draft said before."""
        before: Any = self.window.object_data
        return int(before if self.window.data is None else self.window.data)

    @property
    def _validity(self) -> Validity | None:
        match self.validity.data:
            case "months":
                return ForMonths(_number(self.months))
            case "fixed":
                assert self.effective_from.data is not None
                return UntilDayOfYear(
                    int(self.fixed_month.data or 0),
                    _number(self.fixed_day),
                    _number(self.fixed_every),
                    self.fixed_in.data or self.effective_from.data.year,
                    _number(self.minimum_active),
                )
            case _:
                return None

    def _line(self, form: LineForm) -> Line:
        units = {node.public_id: node.id for node in self.offered.tree.nodes.values()}
        units |= {public_id: id_ for id_, public_id in self.offered.closed.items()}
        places = {one.public_id: one.id for one in self.offered.positions}
        systems = {one.public_id: one.id for one in self.offered.systems}
        return Line(
            excludes=bool(form.excludes.data),
            unit_id=units.get(form.unit.data),
            position_id=places.get(form.position.data),
            employment_kind=form.kind.data or None,
            duty=DutyKind(form.duty.data) if form.duty.data else None,
            system_id=systems.get(form.system.data),
            new_hire_days=form.new_hire_days.data,
        )


class RetireForm(Form):
    """The last day of a requirement."""

    last_day = DateField(_l("Last day it asks for anything"), [required(_DAY)])
    seen = HiddenField()  # the last day whose consequences were shown
    first_day: date

    def validate_last_day(self, field: DateField) -> None:
        """Refuse days that have been: what was asked for then was asked for."""
        if field.data is not None and field.data < self.first_day:
            raise ValidationError(_l("Choose today or a later day. What has been cannot be changed."))

    @property
    def chosen(self) -> date:
        """The last day, once the form is valid."""
        assert self.last_day.data is not None
        return self.last_day.data


def _number(field: IntegerField) -> int:
    assert field.data is not None
    return int(field.data)


def course_options(courses: Sequence[CourseChoice]) -> list[SelectChoice]:
    """Return the courses as options; those that cannot be taken yet say so."""
    return [
        SelectChoice(
            one.public_id,
            in_language(one.titles)
            if one.minutes is not None
            else gettext("%(course)s (not published)", course=in_language(one.titles)),
        )
        for one in courses
    ]


def filled(draft: Draft, revision: int, offered: Choices) -> dict[str, Any]:
    """Return what a draft says, as the form is filled in."""
    says: dict[str, Any] = {
        "revision": revision,
        "lines": [_filled_line(line, offered) for line in draft.lines],
        "course": next((one.public_id for one in offered.courses if one.id == draft.course_id), None),
        "due": "days" if draft.first_due_on is None else "date",
        "due_days": draft.first_due_days if draft.first_due_on is None else 30,
        "due_on": draft.first_due_on,
        "notice": draft.minimum_notice_days,
        "validity": "once",
        "months": 24,
        "fixed_day": 31,
        "fixed_month": "12",
        "fixed_every": 1,
        "minimum_active": 6,
        "window": draft.renewal_window_days,
        "grace": draft.grace_days,
        "evidence": draft.minimum_evidence,
        "earlier": draft.earlier_completions,
        "accepted_from": draft.accepted_from,
        "majors": draft.major_versions,
        "major_days": draft.major_version_days,
        "effective_from": draft.effective_from,
        "effective_until": draft.effective_until,
        "title_sv": draft.titles.get("sv"),
        "title_en": draft.titles.get("en"),
        "reason_sv": draft.reasons.get("sv"),
        "reason_en": draft.reasons.get("en"),
        "legal_basis": draft.legal_basis,
        "owner": draft.owner,
    }
    match draft.validity:
        case ForMonths(months):
            says |= {"validity": "months", "months": months}
        case UntilDayOfYear(month, day, every_years, in_year, minimum_active_months):
            says |= {
                "validity": "fixed",
                "fixed_day": day,
                "fixed_month": str(month),
                "fixed_every": every_years,
                "fixed_in": in_year if every_years > 1 else None,
                "minimum_active": minimum_active_months,
            }
    return says


def _filled_line(line: Line, offered: Choices) -> dict[str, Any]:
    def named(rows: Any, id_: int | None) -> str:
        return next((one.public_id for one in rows if one.id == id_), "")

    return {
        "excludes": "1" if line.excludes else "",
        "everyone": line in {Line(), Line(excludes=True)},
        "unit": named(offered.tree.nodes.values(), line.unit_id) or offered.closed.get(line.unit_id or 0, ""),
        "position": named(offered.positions, line.position_id),
        "kind": line.employment_kind or "",
        "duty": line.duty or "",
        "system": named(offered.systems, line.system_id),
        "new_hire_days": line.new_hire_days,
    }
