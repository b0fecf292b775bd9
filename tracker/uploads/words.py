"""What became of a certificate, and why one is not taken, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.learning.operations import AlreadyCompletedError, CompletionInFutureError, CourseNotPublishedError
from tracker.uploads.files import FileProblem, UnusableFileError
from tracker.uploads.models import Outcome
from tracker.uploads.operations import (
    AlreadyClosedError,
    AlreadySentError,
    OwnCertificateError,
    TooEarlyError,
    TooManyError,
)

OUTCOMES: dict[Outcome | None, Any] = {
    None: _l("Waits to be checked"),
    Outcome.ACCEPTED: _l("Accepted"),
    Outcome.DECLINED: _l("Not accepted"),
    Outcome.WITHDRAWN: _l("Taken back"),
}

_FILE_PROBLEMS: dict[FileProblem, Any] = {
    FileProblem.EMPTY: _l("The file is empty."),
    FileProblem.UNKNOWN: _l("The file is neither a PDF nor a PNG or JPEG picture. Take a photo of the certificate."),
    FileProblem.BROKEN: _l("The file is damaged. Save it again, or take a photo of the certificate."),
    FileProblem.ACTIVE: _l(
        "The PDF has scripts, programs or other files in it. Print it to a new PDF, or take a photo of the certificate."
    ),
    FileProblem.TOO_DETAILED: _l("The picture has too many pixels, or none. Save it smaller."),
}

_REFUSALS: dict[type[Exception], Any] = {
    CompletionInFutureError: _l("That day has not come yet. Write the day it was completed."),
    TooEarlyError: _l("That is too long ago. Check the year."),
    AlreadySentError: _l("You have sent a certificate for this course already. It waits to be checked."),
    TooManyError: _l("You have sent many certificates in a day. Go on tomorrow, or talk to your manager."),
    AlreadyClosedError: _l("Somebody has decided about this already, or it was taken back. This is how it stands now."),
    OwnCertificateError: _l("Nobody checks their own certificate. Ask a colleague in HR, or your manager."),
    AlreadyCompletedError: _l(
        "The course is recorded as completed on that very day, proved as strongly. Say so, and that it is not needed."
    ),
    CourseNotPublishedError: _l("The course is not published."),
}

REFUSED = (*_REFUSALS, UnusableFileError)


def refusal(error: Exception) -> str:
    """Return why a certificate is not taken, or cannot be decided about."""
    if isinstance(error, UnusableFileError):
        return str(_FILE_PROBLEMS[error.problem])
    return str(_REFUSALS[type(error)])
