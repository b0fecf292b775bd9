"""Languages: Swedish and English, both complete; dates and times in words; Swedish sorting."""

from datetime import date, datetime
from typing import Any

from flask import g, has_request_context, request
from flask_babel import Babel, force_locale, format_date, format_datetime, get_locale, gettext, ngettext
from flask_babel import format_decimal as babel_decimal

LOCALES = ("sv", "en")

babel = Babel()


def choose_locale() -> str:
    """Return the language for this request: the viewer's, else the cookie's, else the browser's, else Swedish."""
    if not has_request_context():
        return "sv"
    if (viewer := g.get("viewer")) is not None:
        return viewer.locale
    if (chosen := request.cookies.get("locale")) in LOCALES:
        return chosen
    return request.accept_languages.best_match(LOCALES) or "sv"


def translated(message: str, locale: str) -> str:
    """Return a message in a given language, whoever is asking."""
    with force_locale(locale):
        return gettext(message)


def in_language(texts: dict[str, str]) -> str:
    """Return the text in the present language, else in Swedish, else in whichever there is."""
    return texts.get(str(get_locale())[:2]) or texts.get("sv") or next(iter(texts.values()), "")


def short_date(day: date | None) -> str:
    """Return a day as "12 mars", with the year where it is not the year of the day shown ("12 mars 2025")."""
    if day is None:
        return "–"
    today: date | None = g.get("today")
    pattern = "d MMMM" if today is not None and day.year == today.year else "d MMMM y"
    return format_date(day, format=pattern)


def date_range(starts_on: date, ends_on: date | None) -> str:
    """Return "12 mars 2025 – 3 april", "sedan 12 mars", or of what has not begun "från 12 mars"."""
    if ends_on is None:
        today: date | None = g.get("today")
        begun = today is None or starts_on <= today
        day = short_date(starts_on)
        return gettext("since %(day)s", day=day) if begun else gettext("from %(day)s", day=day)
    return short_date(starts_on) if starts_on == ends_on else f"{short_date(starts_on)} – {short_date(ends_on)}"


def instant(moment: datetime | None) -> str:
    """Return an instant as wall-clock time, "23 november 2026 08:15"."""
    if moment is None:
        return "–"
    return format_datetime(moment, format="d MMMM y HH:mm")


def days_away(day: date | None, today: date | None = None) -> str:
    """Return how far off a day is, in words: "om 3 dagar", "i dag", "för 12 dagar sedan"."""
    if day is None:
        return "–"
    number = (day - (today or g.today)).days
    near = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
    return near.get(number) or (_ahead(number) if number > 0 else _ago(-number))


_DAYS_A_MONTH = 30.44
_DAYS_A_YEAR = 365.25


def _ahead(days: int) -> str:
    if days < 60:
        return ngettext("in %(num)d day", "in %(num)d days", days)
    if days < 24 * _DAYS_A_MONTH:
        return ngettext("in %(num)d month", "in %(num)d months", round(days / _DAYS_A_MONTH))
    return ngettext("in %(num)d year", "in %(num)d years", round(days / _DAYS_A_YEAR))


def _ago(days: int) -> str:
    if days < 60:
        return ngettext("%(num)d day ago", "%(num)d days ago", days)
    if days < 24 * _DAYS_A_MONTH:
        return ngettext("%(num)d month ago", "%(num)d months ago", round(days / _DAYS_A_MONTH))
    return ngettext("%(num)d year ago", "%(num)d years ago", round(days / _DAYS_A_YEAR))


def percent(share: float | None) -> str:
    """Return a share such as 0.873 as "87 %", rounded down so that only everyone is 100 %; "–" for none."""
    return "–" if share is None else gettext("%(number)s %%", number=int(share * 100 + 1e-9))


def number(value: float) -> str:
    """Return a number as written in the present language: 3 405 or 3,405."""
    return babel_decimal(value)


def megabytes(size: int) -> str:
    """Return a number of bytes as megabytes, such as "2,5"."""
    return babel_decimal(round(size / 1024 / 1024, 1) or 0.1)


FILTERS: dict[str, Any] = {
    "date": short_date,
    "daterange": date_range,
    "instant": instant,
    "days_away": days_away,
    "percent": percent,
    "number": number,
    "megabytes": megabytes,
    "in_language": in_language,
}
