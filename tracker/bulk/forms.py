"""Forms of batches: what is to be done, and for whom."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from tracker.accounts.forms import refuse
from tracker.web.forms import FileField, Form, required

_LENGTH = Length(max=500, message=_l("Use at most %(max)d characters."))


class ListForm(Form):
    """A list, pasted or as a file."""

    pasted = TextAreaField(
        _l("Paste the list"),
        description=_l("One person a row: employee number or e-mail address, and if you like a note."),
    )
    file = FileField(
        _l("Or choose a file"),
        description=_l("CSV or XLSX, with headings such as Anstnr and Anteckning, or none."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that there is one list."""
        valid = super().validate(extra_validators=extra_validators)
        if self.pasted.data and self.file.data:
            refuse(self.file, gettext("Paste the list or choose a file, not both."))
            return False
        if not self.pasted.data and not self.file.data:
            refuse(self.pasted, gettext("Paste a list or choose a file."))
            return False
        return valid


class RequirementListForm(ListForm):
    """Decide about a requirement for everyone on the list. Requirements are passed in as choices."""

    requirement = SelectField(_l("Requirement"), [required(_l("Choose the requirement."))])
    reason = TextAreaField(
        _l("Reason"),
        [required(_l("Write why.")), _LENGTH],
        description=_l("Everyone on the list can read it. Write nothing about health or family."),
    )


class DatedListForm(RequirementListForm):
    """Assign a requirement, or exempt from it."""

    starts_on = DateField(_l("First day"), [required(_l("Choose the first day."))])
    ends_on = DateField(_l("Last day"), [Optional()], description=_l("Leave it empty if it is until further notice."))


class ExtensionListForm(RequirementListForm):
    """Give more time for a requirement."""

    due_on = DateField(_l("New due date"), [required(_l("Choose the new due date."))])


class CompletionListForm(ListForm):
    """Record that everyone on the list completed a course. Courses are passed in as choices."""

    course = SelectField(_l("Course"), [required(_l("Choose the course."))])
    completed_on = DateField(
        _l("Completed on"),
        [Optional()],
        description=_l("For rows that say no day. Leave it empty if every row says one."),
    )
    signer = StringField(
        _l("Who signed the attendance list?"),
        [required(_l("Write who signed the list.")), Length(max=200, message=_l("Use at most %(max)d characters."))],
        description=_l(
            "Name, employee number or e-mail address: the trainer or whoever saw it. Nobody signs for themself."
        ),
    )

    def __init__(self, *args: Any, **fields: Any) -> None:
        """Say that a row may have a day of its own, as in the list of no other act."""
        super().__init__(*args, **fields)
        self.pasted.description = _l(
            "One person a row: employee number or e-mail address, and if you like a day and a note."
        )
        self.file.description = _l("CSV or XLSX, with headings such as Anstnr, Datum and Anteckning, or none.")


class ApplyForm(Form):
    """Do what was previewed."""

    leave_out = BooleanField(_l("Yes, leave out the rows that cannot be done"))


class UndoForm(Form):
    """Why a batch is undone."""

    why = TextAreaField(
        _l("Why"), [required(_l("Write why.")), _LENGTH], description=_l("Everyone on the list can read it.")
    )
