"""Forms of packs."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileRequired
from wtforms import HiddenField
from wtforms.validators import Length

from tracker.web.forms import FileField, Form


class SendForm(Form):
    """A pack as a zip."""

    file = FileField(
        _l("The pack"),
        [FileRequired(_l("Choose a file."))],
        description=_l("A zip that another municipality has exported. Nothing changes until you have seen what would."),
    )


class LoadForm(Form):
    """Go through with what was looked at: the fingerprint of the plan."""

    expecting = HiddenField(validators=[Length(max=64)])
