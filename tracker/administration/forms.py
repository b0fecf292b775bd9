"""Forms of those who administer accounts."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import Length

from tracker.web.forms import Form, required


class GiveRoleForm(Form):
    """A role to give. What may be given is decided by the operation, which says why not."""

    role = SelectField(_l("Role to give"), [required(_l("Choose a role."))], choices=(), validate_choice=False)


class DeclineRoleForm(Form):
    """Why somebody does not get a role."""

    why = TextAreaField(
        _l("Why?"),
        [required(_l("Write why you decline it.")), Length(max=500, message=_l("Use at most %(max)d characters."))],
        description=_l("Who asked and who would have got the role can read it, and it stands in the journal."),
    )
