"""Forms of equivalences."""

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from tracker.web.forms import Form, required


class EquivalenceForm(Form):
    """Another course whose completions count as this one's, and made on which days. Courses are passed in.

    `seen` holds what the last answer showed the consequences of: it is done only if that is what is sent.
    """

    course = SelectField(_l("Course that counts too"), [required(_l("Choose the course."))])
    starts_on = DateField(
        _l("Completed from"), [Optional()], description=_l("Leave it empty if all completions count, however old.")
    )
    ends_on = DateField(
        _l("Completed up to and including"),
        [Optional()],
        description=_l("Leave it empty if completions count until further notice."),
    )

    seen = HiddenField()

    @property
    def says(self) -> str:
        """What consequences depend on, as one text."""
        return "|".join(str(field.data or "") for field in (self.course, self.starts_on, self.ends_on))

    def offer(self, courses: Sequence[tuple[str, str]]) -> None:
        """Offer courses: pairs of public id and title."""
        self.course.choices = [SelectChoice("", gettext("Choose")), *(SelectChoice(*one) for one in courses)]

    def validate_ends_on(self, field: DateField) -> None:
        """Refuse a stretch that ends before it begins."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(gettext("The last day is before the first."))


class StopForm(Form):
    """Why the completions of another course no longer count.

    `seen` holds the fingerprint of the consequences that were shown: it is done only if they are the same.
    """

    why = StringField(
        _l("Why"), [required(_l("Write why.")), Length(max=500, message=_l("Use at most %(max)d characters."))]
    )
    seen = HiddenField(validators=[Length(max=64)])
