"""The words of the exports, in the language of whoever takes them."""

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from tracker.clock import local_time
from tracker.compliance.queries import Workplace
from tracker.compliance.words import STATES
from tracker.exports.files import Value
from tracker.exports.operations import Content, Wording
from tracker.exports.queries import Asked, Employee, Taught
from tracker.i18n import in_language
from tracker.learning.forms import EVIDENCE_LABELS
from tracker.naming import shown_name
from tracker.permissions import Viewer


def wording(content: Content, viewer: Viewer, *, timezone: str) -> Wording:
    """Return an export's words: its sheet's name, its header, and how a person's rows become cells."""
    person = (_("Employee number"), _("Name"), _("Unit"), _("Unit code"), _("Position"))
    words = _Words(viewer, timezone)
    if content is Content.STANDING:
        return Wording(
            sheet=_("Standing"),
            header=(*person, _("Requirement"), _("State"), _("Since"), _("Due"), _("Valid until"), _("Legal basis")),
            cells=words.standing,
        )
    return Wording(
        sheet=_("Completions"),
        header=(
            *person,
            _("Course code"),
            _("Course"),
            _("Version"),
            _("Completed on"),
            _("Evidence"),
            _("Recorded"),
            _("Certificate"),
        ),
        cells=words.completions,
    )


class _Words:
    """Turns rows into cells. Each word is looked up once, not once a row: there may be a million."""

    def __init__(self, viewer: Viewer, timezone: str) -> None:
        self.viewer = viewer
        self.timezone = timezone
        self.protected = _("Protected identity")
        self.states = {state: str(word) for state, word in STATES.items()}
        self.evidence = {evidence: str(word) for evidence, word in EVIDENCE_LABELS.items()}
        self.titles: dict[int, str] = {}

    def standing(self, employee: Employee) -> Iterator[Sequence[Value]]:
        who = self._who(employee)
        for asked, state, since, due_on, valid_until in employee.rows:
            title = self._title(asked)
            yield (*who, title, self.states[state], since, due_on, valid_until, asked.legal_basis)

    def completions(self, employee: Employee) -> Iterator[Sequence[Value]]:
        who = self._who(employee)
        for taught, completed_on, evidence, recorded_at, certificate in employee.rows:
            recorded = local_time(recorded_at, self.timezone)
            course = (taught.code, self._title(taught), taught.number)
            yield (*who, *course, completed_on, self.evidence[evidence], recorded, certificate)

    def _title(self, version: Asked | Taught) -> str:
        if version.id not in self.titles:
            self.titles[version.id] = in_language(version.titles)
        return self.titles[version.id]

    def _who(self, employee: Employee) -> tuple[str, ...]:
        name = shown_name(employee.person, self.viewer, protected=self.protected)
        return (employee.person.employee_number, name, *_where(employee.workplaces))


def _where(places: list[Workplace]) -> tuple[str, str, str]:
    """Return units, their codes and positions; who has several employments has several of each."""
    return (
        ", ".join(place.unit_name for place in places),
        ", ".join(place.unit_code or "" for place in places),
        ", ".join(place.position_title for place in places),
    )
