"""Forms of sign-in and of one's own account."""

from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, Length

from tracker.accounts.passwords import MAXIMUM, Weakness, WeakPasswordError
from tracker.web.forms import Form, required


class SignInForm(Form):
    """Identifier and password; which municipality, only when both are right in several."""

    identifier = StringField(
        _l("E-mail address or employee number"),
        [required(_l("Write your e-mail address or employee number.")), Length(max=254)],
    )
    password = PasswordField(_l("Password"), [required(_l("Write your password.")), Length(max=MAXIMUM)])
    municipality = RadioField(_l("Municipality"), choices=(), validate_choice=False)


class ForgottenForm(Form):
    """Whose password is forgotten."""

    identifier = StringField(
        _l("E-mail address or employee number"),
        [required(_l("Write your e-mail address or employee number.")), Length(max=254)],
    )


class ChoosePasswordForm(Form):
    """A password chosen with a one-time link."""

    password = PasswordField(_l("New password"), [required(_l("Write the password you want."))])
    again = PasswordField(
        _l("The new password again"),
        [required(_l("Write the password once more.")), EqualTo("password", _l("The two passwords are not the same."))],
    )


class ChangePasswordForm(ChoosePasswordForm):
    """One's own password, changed while signed in."""

    present = PasswordField(_l("Present password"), [required(_l("Write the password you have now."))])


def refuse(field: Any, message: str) -> None:
    """Put an error that an operation found on a field."""
    field.errors = [*field.errors, message]


def say_weakness(error: WeakPasswordError) -> str:
    """Return in the reader's words why a password was refused, and what to do."""
    if error.weakness is Weakness.SHORT:
        return ngettext(
            "The password must have at least %(num)s character. A sentence is easy to remember.",
            "The password must have at least %(num)s characters. A sentence is easy to remember.",
            error.minimum,
        )
    if error.weakness is Weakness.LONG:
        return gettext("The password may have at most %(max)s characters.", max=MAXIMUM)
    if error.weakness is Weakness.COMMON:
        return gettext("This is one of the passwords that are tried first. Choose another.")
    return gettext(
        "This is easy to guess for someone who knows your name or where you work. Choose a few words that do not belong together."
    )


def say_wait(minutes: int) -> str:
    """Return in the reader's words for how long to wait after too many attempts."""
    return ngettext(
        "There have been too many attempts. Try again in %(num)s minute.",
        "There have been too many attempts. Try again in %(num)s minutes.",
        minutes,
    )
