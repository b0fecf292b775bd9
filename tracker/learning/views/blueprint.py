"""The blueprint that the pages of learning are added to."""

from typing import Any

from flask import Blueprint

from tracker.domain.evidence import Evidence
from tracker.learning.forms import EVIDENCE_LABELS

bp = Blueprint("learning", __name__)


@bp.app_template_filter("evidence")
def evidence_in_words(evidence: Evidence) -> Any:
    """Return what proves a completion, in the reader's words."""
    return EVIDENCE_LABELS[evidence]
