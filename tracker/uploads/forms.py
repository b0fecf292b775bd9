"""Forms of certificates from elsewhere."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileRequired
from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from tracker.accounts.forms import refuse
from tracker.web.forms import FileField, Form, required

_LENGTH = Length(max=500, message=_l("Use at most %(max)d characters."))


class UploadForm(Form):
    """A certificate from elsewhere. Courses are passed in as choices: public id, title."""

    course = SelectField(
        _l("Which course is it for?"),
        [required(_l("Choose the course."))],
        description=_l("The course here that the certificate should count as."),
    )
    file = FileField(_l("The certificate"), [FileRequired(_l("Choose a file."))], limit="MAX_CERTIFICATE_BYTES")
    completed_on = DateField(
        _l("Completed on"),
        [required(_l("Write the day it was completed."))],
        description=_l("The day that stands on the certificate."),
    )
    issuer = StringField(
        _l("Who issued it?"),
        [
            required(_l("Write who issued the certificate.")),
            Length(max=200, message=_l("Use at most %(max)d characters.")),
        ],
        description=_l("For example an earlier employer, a school or a training company."),
    )
    note = TextAreaField(_l("Note"), [_LENGTH], description=_l("What else the one who checks it should know."))


ACCEPT, DECLINE = "accept", "decline"
_DECISIONS: dict[str, Any] = {
    ACCEPT: _l("It is genuine, and covers the course"),
    DECLINE: _l("It does not do"),
}


class DecisionForm(Form):
    """What somebody who has looked at a certificate finds."""

    decision = RadioField(
        _l("What do you find?"),
        [required(_l("Say what you find."))],
        choices=[SelectChoice(value, words) for value, words in _DECISIONS.items()],
    )
    words = TextAreaField(
        _l("In your own words"),
        [_LENGTH],
        description=_l("The person reads it. If it does not do, say why and what would."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that a no says why."""
        valid = super().validate(extra_validators=extra_validators)
        unexplained = self.decision.data == DECLINE and not self.words.data
        if unexplained:
            refuse(self.words, gettext("Write why it does not do."))
        return valid and not unexplained
