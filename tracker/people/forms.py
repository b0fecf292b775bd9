"""Forms about people."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import Length, Optional, Regexp, ValidationError

from tracker.domain.roster_numbers import PersonDetails
from tracker.domain.roster_rows import EMAIL, LONGEST_EMAIL, LONGEST_NAME, LONGEST_NUMBER
from tracker.web.forms import Form, required


class DetailsForm(Form):
    """What a person is called, and how they are reached."""

    given_name = StringField(_l("Given name"), [Length(max=LONGEST_NAME)])
    family_name = StringField(_l("Family name"), [Length(max=LONGEST_NAME)])
    employee_number = StringField(
        _l("Employee number"), [required(_l("Write the employee number.")), Length(max=LONGEST_NUMBER)]
    )
    email = StringField(
        _l("E-mail"),
        [
            Optional(),
            Length(max=LONGEST_EMAIL),
            Regexp(f"^(?:{EMAIL.pattern})$", message=_l("Write an address such as anna@kommun.example.")),
        ],
    )
    protected_identity = BooleanField(
        _l("Protected identity"), description=_l("The name is then shown to nobody but the person.")
    )
    passes_number_on = BooleanField(_l("Yes, the number is this person’s now"))

    def __init__(self, before: PersonDetails, *, hides: bool) -> None:
        """Show what it is now; where the form `hides` names and address, what is left empty stays as it is."""
        self.before, self.hides = before, hides
        shown = {
            "given_name": before.given_name,
            "family_name": before.family_name,
            "email": before.email,
        }
        super().__init__(
            employee_number=before.employee_number,
            protected_identity=before.protected,
            **({} if hides else shown),
        )

    def validate_given_name(self, field: StringField) -> None:
        """Refuse a person without a given name."""
        if not self.hides and not field.data:
            raise ValidationError(_l("Write the given name."))

    def validate_family_name(self, field: StringField) -> None:
        """Refuse a person without a family name."""
        if not self.hides and not field.data:
            raise ValidationError(_l("Write the family name."))

    @property
    def details(self) -> PersonDetails:
        """What was written, once the form is valid."""
        kept = self.before if self.hides else PersonDetails("", "", "", None, protected=False)
        return PersonDetails(
            self.employee_number.data or "",
            self.given_name.data or kept.given_name,
            self.family_name.data or kept.family_name,
            self.email.data or kept.email,
            self.protected_identity.data,
        )
