"""Forms of merges."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from tracker.web.forms import Form, required


class MergeForm(Form):
    """Make two persons one."""

    reason = TextAreaField(
        _l("How do you know that they are the same person?"),
        [required(_l("Write how you know.")), Length(max=500)],
        description=_l("It is kept with the merge."),
    )


class UndoForm(Form):
    """Make one person two again."""

    why = TextAreaField(_l("Why is the merge undone?"), [required(_l("Write why.")), Length(max=500)])


class OtherForm(Form):
    """Who the other record of a person is."""

    number = StringField(
        _l("The other’s employee number"), [required(_l("Write the employee number.")), Length(max=40)]
    )
