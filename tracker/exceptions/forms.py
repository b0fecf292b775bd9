"""Forms of exemptions, extensions and assignments."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from tracker.accounts.forms import refuse
from tracker.domain.exceptions import ExceptionKind
from tracker.i18n import in_language
from tracker.requirements.queries import Listed
from tracker.web.forms import Form, required

_LENGTH = Length(max=500, message=_l("Use at most %(max)d characters."))


def requirement_choices(listed: Iterable[Listed]) -> list[SelectChoice]:
    """Return requirements to choose from, by public id, and first that none is chosen yet."""
    choices = [SelectChoice(one.requirement.public_id, in_language(one.version.titles)) for one in listed]
    return [SelectChoice("", gettext("Choose a requirement")), *choices]


class _GrantForm(Form):
    """What every kind says. Requirements are passed in as choices: public id, title.

    `seen` holds what the last answer showed the consequences of: it is granted only if that is what is sent.
    """

    requirement = SelectField(_l("Requirement"), [required(_l("Choose the requirement."))])
    reason = TextAreaField(
        _l("Reason"),
        [required(_l("Write why.")), _LENGTH],
        description=_l("The person can read it. Write nothing about health or family."),
    )
    seen = HiddenField()

    @property
    def says(self) -> str:
        """What consequences depend on, as one text."""
        return "|".join(str(field.data or "") for field in self if field.name not in {"seen", "csrf_token", "reason"})


class ExtensionForm(_GrantForm):
    """More time for a requirement."""

    due_on = DateField(_l("New due date"), [required(_l("Choose the new due date."))])


class _DatedForm(_GrantForm):
    """What holds from a day, until another or until further notice."""

    starts_on = DateField(_l("First day"), [required(_l("Choose the first day."))])

    def validate_ends_on(self, field: DateField) -> None:
        """Refuse a last day before the first."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(gettext("The last day is before the first."))


class ExemptionForm(_DatedForm):
    """Days on which a requirement does not apply."""

    ends_on = DateField(
        _l("Last day"), [Optional()], description=_l("Leave it empty for an exemption until further notice.")
    )


class AssignmentForm(_DatedForm):
    """Days on which a requirement applies to somebody, whatever its audience says."""

    ends_on = DateField(_l("Last day"), [Optional()], description=_l("Leave it empty if it is until further notice."))


class EndForm(Form):
    """The last day of an exemption or assignment, and why it ends.

    `seen`: the last day that the last answer showed the consequences of. It ends only on that one.
    """

    ends_on = DateField(_l("Last day"), [required(_l("Choose the last day."))])
    seen = HiddenField()
    why = TextAreaField(_l("Why"), [required(_l("Write why.")), _LENGTH])


class WithdrawForm(Form):
    """Why something granted is taken back."""

    why = TextAreaField(_l("Why"), [required(_l("Write why.")), _LENGTH])


WISHES: dict[ExceptionKind, Any] = {
    ExceptionKind.EXTENSION: _l("More time"),
    ExceptionKind.EXEMPTION: _l("It does not concern me"),
}


class AskForm(Form):
    """A learner asks for more time, or to be left out."""

    kind = RadioField(
        _l("What do you ask for?"),
        [required(_l("Say what you ask for."))],
        choices=[SelectChoice(kind.value, words) for kind, words in WISHES.items()],
    )
    wanted_until = DateField(
        _l("Until when?"), [Optional()], description=_l("Needed if you ask for more time; otherwise as you like.")
    )
    message = TextAreaField(
        _l("Why?"),
        [required(_l("Write why.")), _LENGTH],
        description=_l("Your manager and HR read it. You need not say anything about your health or family."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that more time is asked for until some day."""
        valid = super().validate(extra_validators=extra_validators)
        lacks_day = (
            self.kind.data == ExceptionKind.EXTENSION.value
            and self.wanted_until.data is None
            and not self.wanted_until.errors
        )
        if lacks_day:
            refuse(self.wanted_until, gettext("Choose the day until which you ask for more time."))
        return valid and not lacks_day


YES, NO = "yes", "no"
ANSWERS: dict[str, Any] = {YES: _l("Yes"), NO: _l("No")}


class AnswerForm(Form):
    """A manager's answer to a request."""

    granted = RadioField(
        _l("Your answer"),
        [required(_l("Choose yes or no."))],
        choices=[SelectChoice(value, words) for value, words in ANSWERS.items()],
    )
    until = DateField(_l("Until"), [Optional()])
    words = TextAreaField(_l("In your own words"), [_LENGTH], description=_l("With a no, say why."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that a no says why."""
        valid = super().validate(extra_validators=extra_validators)
        unexplained = self.granted.data == NO and not self.words.data
        if unexplained:
            refuse(self.words, gettext("Write why not."))
        return valid and not unexplained
