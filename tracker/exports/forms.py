"""What to take out."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.exports.operations import Content, Format
from tracker.exports.wording import STATES
from tracker.web.forms import Form, required

CONTENTS: dict[Content, Any] = {
    Content.STANDING: _l("How everyone stands"),
    Content.COMPLETIONS: _l("Completed courses"),
}
FORMATS: dict[Format, Any] = {
    Format.CSV: _l("CSV for Excel"),
    Format.XLSX: _l("Excel workbook (XLSX)"),
}


def _choices(words: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(one.value, label) for one, label in words.items()]


class ExportForm(Form):
    """Which list, narrowed how, as which kind of file. Choices of units and requirements are passed in."""

    content = RadioField(_l("List"), choices=_choices(CONTENTS), default=Content.STANDING.value)
    day = DateField(
        _l("Day"),
        [required(_l("Choose a day."))],
        description=_l("Who is employed, and where, is taken from this day."),
    )
    known = DateField(
        _l("As it was known on"),
        validators=[Optional()],
        description=_l("Empty: as it is known now, with all that has been corrected since."),
    )
    since = DateField(
        _l("Completed from"),
        validators=[Optional()],
        description=_l("Empty means from the start."),
    )
    unit = SelectField(_l("Unit"), validators=[Optional()])
    requirement = SelectField(_l("Requirement"), validators=[Optional()])
    states = SelectMultipleField(
        _l("States"),
        choices=_choices(STATES),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validators=[Optional()],
        description=_l("None chosen means all."),
    )
    kind = RadioField(_l("File"), choices=_choices(FORMATS), default=Format.CSV.value)

    def __init__(
        self,
        *args: Any,
        units: list[SelectChoice],
        requirements: list[tuple[str, str]],
        today: date,
        **kwargs: Any,
    ) -> None:
        """Take today, and the choices; requirements as pairs of public id and name."""
        super().__init__(*args, **kwargs)
        self._today = today
        self.unit.choices = [SelectChoice("", _("The whole municipality")), *units]
        self.requirement.choices = [
            SelectChoice("", _("All requirements")),
            *(SelectChoice(*one) for one in requirements),
        ]

    def validate_known(self, field: DateField) -> None:
        """Refuse knowledge of days to come."""
        if field.data and field.data > self._today:
            raise ValidationError(_("That day has not been yet."))

    def validate_since(self, field: DateField) -> None:
        """Refuse a stretch that ends before it begins: nothing could be in it."""
        if field.data and self.day.data and field.data > self.day.data:
            raise ValidationError(_("This is after the day above, so no completion could be in the list."))
