"""Forms: one class per action, read from the request, answered with 422 when invalid."""

import unicodedata
from os import SEEK_END
from typing import Any

from flask import current_app, request
from flask_babel import gettext
from flask_wtf import FlaskForm
from flask_wtf import file as flask_wtf_file
from wtforms import DateField, PasswordField, StringField, TextAreaField
from wtforms.validators import StopValidation

from tracker.clock import FIRST_DAY, LAST_DAY
from tracker.i18n import megabytes


class Form(FlaskForm):
    """A form with CSRF protection. What a person types is stored as NFC, without surrounding blanks or what turns its direction."""

    class Meta(FlaskForm.Meta):
        """Trim and normalise all text; refuse control characters."""

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Give every text field the same filters and checks."""
            kind = unbound_field.field_class
            # A password is taken exactly as it was typed.
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                filters = [tidy, unix_line_ends] if issubclass(kind, TextAreaField) else [tidy]
                options = {"filters": filters, **options}
            return unbound_field.bind(form=form, **options)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, that no text holds control characters, and that each day is one that pages can be about.

        Of what cannot be read, one thing is said.
        """
        valid = super().validate(extra_validators=extra_validators)
        for field in self:
            if field.errors and field.process_errors:
                field.errors = _said_once(field)
            if isinstance(field, DateField) and field.data and not FIRST_DAY <= field.data <= LAST_DAY:
                message = gettext("Write a year from %(first)s to %(last)s.", first=FIRST_DAY.year, last=LAST_DAY.year)
                field.errors = [*field.errors, message]
                valid = False
            if isinstance(field, StringField) and isinstance(field.data, str) and (row := _row_with_control(field)):
                if "\n" in field.data:
                    message = gettext("Remove the characters that cannot be seen, in row %(row)s.", row=row)
                else:
                    message = gettext("Remove the characters that cannot be seen.")
                field.errors = [*field.errors, message]
                valid = False
        return valid


class FileField(flask_wtf_file.FileField):
    """A file, at most as large as a setting of the application says. A larger one is refused beside it."""

    def __init__(self, *args: Any, limit: str = "MAX_FILE_BYTES", **kwargs: Any) -> None:
        """Keep the name of the setting."""
        super().__init__(*args, **kwargs)
        self.limit = limit

    @property
    def most_bytes(self) -> int:
        """How large the file may be."""
        return current_app.config[self.limit]

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - called by WTForms
        """Refuse a file that is too large, whatever else is said of it."""
        if not self.data:
            return
        size = self.data.seek(0, SEEK_END)
        self.data.seek(0)
        if size > self.most_bytes:
            raise StopValidation(
                gettext(
                    "The file is %(size)s MB. At most %(most)s MB can be sent.",
                    size=megabytes(size),
                    most=megabytes(self.most_bytes),
                )
            )


def _written(field: Any) -> bool:
    """Tell whether anything was filled in."""
    return any(one.strip() if isinstance(one, str) else one for one in field.raw_data or [])


def _said_once(field: Any) -> list[Any]:
    """Return the one thing to say of what cannot be read: how a day is written, otherwise what we ask for."""
    if isinstance(field, DateField) and _written(field):
        return [gettext("That is no day. Write it as 2026-11-23.")]
    return [*field.errors][-1:]


def ask_for_files_again(form: Form) -> None:
    """Say of each file that came with a refused form that it must be chosen again: browsers do not keep it."""
    for field in form:
        if isinstance(field, FileField) and field.data and form.errors and not field.errors:
            field.errors = [gettext("Choose the file again: it was not kept.")]


# What turns the direction of writing until something ends it: unseen, and it would turn the words behind it as well. Text in
# Arabic or Hebrew needs none of it.
_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def tidy(value: str | None) -> str | None:
    """Return text as NFC without blanks around it or what turns its direction; empty text stays empty."""
    return unicodedata.normalize("NFC", value).translate(_TURNING).strip() if isinstance(value, str) else value


def unix_line_ends(value: str | None) -> str | None:
    """Return text with the line ends that files have. Browsers send others, whatever was typed."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _row_with_control(field: StringField) -> int | None:
    """Return the first row, counted from 1, that holds a control character."""
    allowed = "\n\r\t" if isinstance(field, TextAreaField) else ""
    for row, line in enumerate((field.data or "").split("\n"), 1):
        if any(unicodedata.category(letter) == "Cc" and letter not in allowed for letter in line):
            return row
    return None


def submitted(form: Form) -> bool:
    """Say whether the form was sent and is valid. An invalid one is shown again, with status 422 (see `pages.page`)."""
    if request.method != "POST":
        return False
    return form.validate()


def required(message: Any) -> Any:
    """Return a validator that says in the reader's words what is missing, and ends the checks of the field.

    What the library says of an empty day, or of a choice that was not made, gives way to it.
    """

    def check(_form: Form, field: Any) -> None:
        if field.data is None or (isinstance(field.data, str) and not field.data.strip()) or field.data == []:
            if not _written(field):
                field.errors = []
            raise StopValidation(message)

    check.field_flags = {"required": True}  # ty: ignore[missing-attribute]
    return check
