"""Forms of the organisation."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from tracker.organisation.models import UnitKind
from tracker.organisation.queries import Tree
from tracker.organisation.words import KINDS
from tracker.web.forms import Form, required


class UnitForm(Form):
    """A unit's name, kind and place, from a day."""

    name = StringField(_l("Name"), [required(_l("Write the unit’s name.")), Length(max=200)])
    kind = SelectField(
        _l("Kind"), choices=[SelectChoice(kind.value, words) for kind, words in KINDS.items()], coerce=UnitKind
    )
    parent = SelectField(_l("Lies below"), choices=[])
    from_day = DateField(
        _l("From"),
        [required(_l("Write a date such as 2026-12-01."))],
        description=_l("Everything before that day stays as it was."),
    )

    def offer_parents(self, tree: Tree, top: str) -> None:
        """Offer every unit of the tree as the one above, and the top."""
        self.parent.choices = [SelectChoice("", top), *unit_choices(tree)]


class NewUnitForm(UnitForm):
    """A unit that is new."""

    code = StringField(
        _l("Code"),
        [Optional(), Length(max=60)],
        description=_l("The HR system’s code. With it, the next roster knows the unit."),
    )


def unit_choices(tree: Tree) -> list[SelectChoice]:
    """Return every unit of a tree, in order, indented by depth. Those that share a name are told apart by their codes."""
    names = tree.names()
    return [SelectChoice(node.public_id, "\u2003" * depth + names[node.id]) for node, depth in tree.in_order()]
