"""Forms of learning."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.accounts.passwords import MAXIMUM
from tracker.domain.evidence import Evidence
from tracker.learning.marking import Problem
from tracker.web.forms import Form, required

EVIDENCE_LABELS: dict[Evidence, Any] = {
    Evidence.SELF_DECLARED: _l("Own statement"),
    Evidence.BROWSER_REPORTED: _l("Reported by the course package"),
    Evidence.READ_AND_ACKNOWLEDGED: _l("Read and acknowledged"),
    Evidence.GRADED: _l("Passed test"),
    Evidence.ATTESTED: _l("Attested by another person"),
    Evidence.VERIFIED: _l("Certificate from elsewhere, checked"),
}

PROBLEM_LABELS: dict[Problem, Any] = {
    Problem.UNANSWERED: _l("Answer this question."),
    Problem.NOT_A_NUMBER: _l("Write a number, such as 12 or 2,5."),
    Problem.PLACES_MISSING: _l("Give every line a place."),
    Problem.PLACE_TAKEN_TWICE: _l("Two lines have the same place. Give each its own."),
}

# What someone else can vouch for.
RECORDED: dict[Evidence, Any] = {
    Evidence.ATTESTED: _l("I, or someone I trust, saw it: supervision or an attendance list"),
    Evidence.VERIFIED: _l("I have checked a certificate from elsewhere"),
}


class CheckboxListField(SelectMultipleField):
    """Several of a list, each with a checkbox."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AcknowledgeForm(Form):
    """A document was read and its statement is acknowledged. The statement itself is the label."""

    acknowledged = BooleanField(validators=[DataRequired(_l("Tick the box to confirm that you have read it."))])


class SignStepsForm(Form):
    """The steps that the signer saw done. Choices are passed in."""

    steps = CheckboxListField(_l("Steps"), [required(_l("Choose at least one step."))])


class SignOnTheSpotForm(SignStepsForm):
    """The same on the learner's device: the colleague says who they are."""

    identifier = StringField(
        _l("Your e-mail address or employee number"),
        [required(_l("Write your e-mail address or employee number.")), Length(max=254)],
    )
    password = PasswordField(_l("Your password"), [required(_l("Write your password.")), Length(max=MAXIMUM)])


class CompletionForm(Form):
    """A completion that someone vouches for. Courses are passed in, as (public id, title)."""

    course = SelectField(_l("Course"), [required(_l("Choose the course."))])
    completed_on = DateField(_l("Completed on"), [required(_l("Write the day it was completed."))])
    evidence = RadioField(
        _l("How do you know?"),
        [required(_l("Say how you know."))],
        choices=[SelectChoice(evidence.value, words) for evidence, words in RECORDED.items()],
    )
    note = TextAreaField(
        _l("Note"),
        [Length(max=500, message=_l("Use at most %(max)d characters."))],
        description=_l("For example who led the course, or where the certificate is kept."),
    )


class RevokeForm(Form):
    """Why a completion does not count."""

    why = TextAreaField(
        _l("Why"),
        [required(_l("Write why.")), Length(max=500, message=_l("Use at most %(max)d characters."))],
        description=_l("The person can read it."),
    )


class VerifyForm(Form):
    """The code of a certificate."""

    code = StringField(
        _l("The certificate's code"),
        [required(_l("Write the code that stands on the certificate.")), Length(max=60)],
        description=_l("Twelve letters and digits, such as 7KQM-2D4X-V9TB. Capitals and hyphens do not matter."),
    )
