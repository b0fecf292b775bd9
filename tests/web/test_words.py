"""How days are said, and that what a table is noted with can be seen."""

from datetime import date

import pytest
from flask import g, render_template_string

from tracker.i18n import date_range

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "said"),
    [
        (date(2026, 11, 23), None, "sedan 23 november"),
        (date(2025, 3, 12), None, "sedan 12 mars 2025"),
        (date(2026, 11, 24), None, "från 24 november"),
        (date(2026, 12, 1), date(2027, 1, 2), "1 december – 2 januari 2027"),
        (date(2026, 12, 1), date(2026, 12, 1), "1 december"),
    ],
)
def test_what_has_no_end_is_since_a_day_or_from_one_to_come(app, starts_on, ends_on, said):
    with app.test_request_context():
        g.today = TODAY
        assert date_range(starts_on, ends_on) == said


@pytest.mark.parametrize(("note", "hidden"), [('note="Om den"', False), ("note=none", True)])
def test_a_tables_note_is_seen_also_where_its_caption_is_only_heard(app, note, hidden):
    with app.test_request_context():
        shown = render_template_string(
            "{% from '_macros/tables.html' import table %}{% call table('Enheter', caption_hidden=true, "
            + note
            + ") %}{% endcall %}"
        )
    assert ('<caption id="table-enheter-caption" class="visually-hidden">' in shown) is hidden
    assert '<span class="visually-hidden">Enheter</span>' in shown
    assert ('<span class="caption-note">Om den</span>' in shown) is not hidden
