"""Forms of the introduction programme."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional

from tracker.accounts.forms import refuse
from tracker.domain.programme import Layer, Owner
from tracker.programmes.content import LONGEST_HELP, LONGEST_TITLE, OFFSETS
from tracker.programmes.models import ProgrammeItemVersion
from tracker.programmes.operations import Says
from tracker.programmes.words import OWNERS
from tracker.web.forms import Form, required

_SHORT = Length(max=LONGEST_TITLE, message=_l("Use at most %(max)d characters."))
_LONG = Length(max=LONGEST_HELP, message=_l("Use at most %(max)d characters."))

BEFORE, FIRST_DAY, AFTER = "before", "first_day", "after"
WHEN: dict[str, Any] = {
    BEFORE: _l("Before the first day"),
    FIRST_DAY: _l("On the first day"),
    AFTER: _l("After the first day"),
}

EVERYONE, UNIT, POSITION = "everyone", "unit", "position"
WHOM: dict[str, Any] = {
    EVERYONE: _l("Everyone who begins"),
    UNIT: _l("Those who begin in a unit, or below it"),
    POSITION: _l("Those who begin as something"),
}


class UndoForm(Form):
    """Why a task was not done after all."""

    why = TextAreaField(_l("Why"), [required(_l("Write why.")), _LONG])


class EndForm(Form):
    """From when an item is left out. `seen`: what the last answer showed the consequences of."""

    effective_from = DateField(_l("For those who begin on or after"), [required(_l("Choose the day."))])
    seen = HiddenField()

    @property
    def says(self) -> str:
        """What consequences depend on, as one text."""
        return str(self.effective_from.data)


class SaysForm(EndForm):
    """What an item says."""

    title_sv = StringField(_l("What is to be done, in Swedish"), [required(_l("Write it in Swedish.")), _SHORT])
    title_en = StringField(_l("What is to be done, in English"), [required(_l("Write it in English.")), _SHORT])
    help_sv = TextAreaField(_l("A few words more, in Swedish"), [_LONG])
    help_en = TextAreaField(_l("A few words more, in English"), [_LONG])
    owner = RadioField(
        _l("Who sees to it?"),
        [required(_l("Choose who sees to it."))],
        choices=[SelectChoice(owner.value, words) for owner, words in OWNERS.items()],
    )
    when = RadioField(
        _l("By when?"),
        [required(_l("Choose by when."))],
        choices=[SelectChoice(value, words) for value, words in WHEN.items()],
    )
    days = IntegerField(
        _l("How many working days before or after?"),
        [Optional(), NumberRange(1, OFFSETS[-1], _l("Write a number of days, from 1 to 120."))],
    )

    @property
    def says(self) -> str:
        """What consequences depend on, as one text."""
        return "|".join(str(field.data or "") for field in self if field.name not in {"seen", "csrf_token"})

    @property
    def offset(self) -> int:
        """Working days from the first day, once the form is valid."""
        days = self.days.data or 0
        return {BEFORE: -days, FIRST_DAY: 0, AFTER: days}[self.when.data or FIRST_DAY]

    @property
    def item_says(self) -> Says:
        """What the form says, once it is valid."""
        helps = {"sv": self.help_sv.data or "", "en": self.help_en.data or ""}
        return Says(
            titles={"sv": self.title_sv.data or "", "en": self.title_en.data or ""},
            owner=Owner(self.owner.data),
            offset=self.offset,
            helps=helps if all(helps.values()) else {},
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, that days are given where they count, and that help is in both languages or in none."""
        valid = super().validate(extra_validators=extra_validators)
        counted = self.when.data in (BEFORE, AFTER)
        if counted and self.days.data is None and not self.days.errors:
            refuse(self.days, gettext("Write how many working days."))
            valid = False
        if self.when.data == BEFORE and (self.days.data or 0) > -OFFSETS[0]:
            refuse(self.days, gettext("At most %(num)d working days before.", num=-OFFSETS[0]))
            valid = False
        for here, there in ((self.help_sv, self.help_en), (self.help_en, self.help_sv)):
            if there.data and not here.data:
                refuse(here, gettext("Write it in both languages, or in none."))
                valid = False
        return valid

    def fill(self, version: ProgrammeItemVersion) -> None:
        """Begin with what an item says."""
        self.title_sv.data, self.title_en.data = version.titles["sv"], version.titles["en"]
        self.help_sv.data, self.help_en.data = version.helps.get("sv", ""), version.helps.get("en", "")
        self.owner.data = version.owner.value
        offset = version.offset_days
        self.when.data = FIRST_DAY if offset == 0 else BEFORE if offset < 0 else AFTER
        self.days.data = abs(offset) or None


class AddForm(SaysForm):
    """A new item. Requirements, units and positions are passed in as choices."""

    requirement = SelectField(
        _l("Task or requirement?"),
        description=_l("A requirement is met by completing its course; nobody ticks it off."),
    )
    whom = RadioField(
        _l("For whom?"),
        [required(_l("Choose for whom."))],
        choices=[SelectChoice(value, words) for value, words in WHOM.items()],
        default=EVERYONE,
    )
    unit = SelectField(_l("Unit"))
    position = SelectField(_l("Position"))

    def offer(
        self, requirements: Sequence[SelectChoice], units: Sequence[SelectChoice], positions: Sequence[SelectChoice]
    ) -> None:
        """Offer what the item can be about, and for whom it can be."""
        self.requirement.choices = [SelectChoice("", gettext("A task")), *requirements]
        self.unit.choices = [SelectChoice("", gettext("Choose a unit")), *units]
        self.position.choices = [SelectChoice("", gettext("Choose a position")), *positions]

    @property
    def layer(self) -> Layer:
        """The layer that the item is added to, once the form is valid."""
        return {EVERYONE: Layer.MUNICIPALITY, UNIT: Layer.UNIT, POSITION: Layer.ROLE}[self.whom.data or EVERYONE]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that the unit or position is chosen where it counts."""
        valid = super().validate(extra_validators=extra_validators)
        if self.whom.data == UNIT and not self.unit.data:
            refuse(self.unit, gettext("Choose the unit."))
            valid = False
        if self.whom.data == POSITION and not self.position.data:
            refuse(self.position, gettext("Choose the position."))
            valid = False
        if self.requirement.data and self.owner.data != Owner.LEARNER:
            refuse(self.owner, gettext("A requirement is the new colleague’s own."))
            valid = False
        return valid


def first_day(form: EndForm) -> date:
    """Return the day that a valid form says."""
    assert form.effective_from.data is not None
    return form.effective_from.data
