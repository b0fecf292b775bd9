"""Forms of roster imports."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileRequired
from wtforms import BooleanField, HiddenField, SelectMultipleField
from wtforms.validators import Length

from tracker.web.forms import FileField, Form


class UploadForm(Form):
    """A roster from the HR system."""

    file = FileField(
        _l("The HR system’s file"),
        [FileRequired(_l("Choose a file."))],
        description=_l("CSV or XLSX, one row per employment. Nothing changes until you have seen what would."),
    )


class ApplyForm(Form):
    """Go through with what was previewed."""

    expecting = HiddenField(validators=[Length(max=64)])
    # New numbers that are those of people we know; each is checked against what was previewed.
    same = SelectMultipleField(validate_choice=False)
    allow_large_change = BooleanField(_l("Yes, so much is meant to change"))
