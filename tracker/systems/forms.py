"""Forms of the register of IT systems, of its users and of duties."""

import re
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from tracker.domain.facts import DutyKind
from tracker.people.words import DUTIES
from tracker.systems.models import Importance, ItSystem, SystemScope
from tracker.systems.operations import SystemDetails
from tracker.systems.words import IMPORTANCE, SCOPES
from tracker.web.forms import Form, required

MOST_NUMBERS = 5000
_DATE = _l("Write a date such as 2026-12-01.")


class SystemForm(Form):
    """An entry of the register."""

    name = StringField(_l("Name"), [required(_l("Write the system’s name.")), Length(max=200)])
    code = StringField(
        _l("Short name"),
        [required(_l("Write a short name.")), Length(max=60)],
        description=_l("For lists and files, such as “omsorg”."),
    )
    purpose = TextAreaField(_l("What it is used for"), [Length(max=1000)])
    supplier = StringField(_l("Supplier"), [Length(max=200)])
    scope = SelectField(
        _l("Scope"), choices=[SelectChoice(one.value, words) for one, words in SCOPES.items()], coerce=SystemScope
    )
    importance = SelectField(
        _l("Importance"),
        choices=[SelectChoice(one.value, words) for one, words in IMPORTANCE.items()],
        coerce=Importance,
        description=_l("Important systems are to have a security plan."),
    )
    security_plan_on = DateField(_l("Security plan decided"), [Optional()])

    @property
    def details(self) -> SystemDetails:
        """What the form says."""
        return SystemDetails(
            code=self.code.data or "",
            name=self.name.data or "",
            purpose=self.purpose.data or "",
            supplier=self.supplier.data or "",
            scope=SystemScope(self.scope.data),
            importance=Importance(self.importance.data),
            security_plan_on=self.security_plan_on.data,
        )


class AccessForm(Form):
    """People who are to use a system: one employee number, or a pasted list."""

    numbers = TextAreaField(
        _l("Employee numbers"),
        [required(_l("Write at least one employee number."))],
        description=_l("One, or a list pasted from elsewhere: a row each, or with commas between."),
    )
    starts_on = DateField(_l("From"), [required(_DATE)])

    def validate_numbers(self, _field: TextAreaField) -> None:
        """Refuse lists that are too long for one go."""
        if len(self.listed) > MOST_NUMBERS:
            raise ValidationError(_l("At most 5,000 at a time."))

    @property
    def first_day(self) -> date:
        """The first day of the access, once the form is valid."""
        assert self.starts_on.data is not None
        return self.starts_on.data

    @property
    def listed(self) -> list[str]:
        """The employee numbers, as they were written."""
        return [number for number in re.split(r"[\s,;]+", self.numbers.data or "") if number]


class EndForm(Form):
    """The last day of something."""

    ends_on = DateField(_l("Last day"), [required(_DATE)])

    @property
    def last_day(self) -> date:
        """The last day, once the form is valid."""
        assert self.ends_on.data is not None
        return self.ends_on.data


class DutyForm(Form):
    """A duty of the IT strategy, given to a person."""

    kind = SelectField(
        _l("Duty"), choices=[SelectChoice(one.value, words) for one, words in DUTIES.items()], coerce=DutyKind
    )
    employee_number = StringField(_l("Employee number"), [required(_l("Write the employee number.")), Length(max=40)])
    unit = SelectField(_l("For the unit"), choices=[])
    system = SelectField(_l("For the system"), choices=[])
    starts_on = DateField(_l("From"), [required(_DATE)])
    ends_on = DateField(_l("Last day"), [Optional()], description=_l("Leave it empty if no end is known."))

    @property
    def first_day(self) -> date:
        """The first day of the duty, once the form is valid."""
        assert self.starts_on.data is not None
        return self.starts_on.data

    def offer(self, units: Sequence[SelectChoice], systems: Sequence[ItSystem]) -> None:
        """Offer the units and systems that the duty can be held for."""
        self.unit.choices = [SelectChoice("", gettext("None")), *units]
        self.system.choices = [
            SelectChoice("", gettext("None")),
            *(SelectChoice(system.public_id, system.name) for system in systems),
        ]
