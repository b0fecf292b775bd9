"""The requirement editor: drafts, what they would change, their publication; and the end of a requirement."""

from tracker.drafting.views import deciding, editor, lists  # noqa: F401  # Each adds its pages.
from tracker.drafting.views.blueprint import bp

__all__ = ["bp"]
