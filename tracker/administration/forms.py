"""Forms of those who administer accounts."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from tracker.web.forms import Form, required


class GiveRoleForm(Form):
    """A role to give. What may be given is decided by the operation, which says why not."""

    role = SelectField(_l("Role to give"), [required(_l("Choose a role."))], choices=(), validate_choice=False)
