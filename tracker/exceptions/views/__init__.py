"""The pages of exemptions, extensions and assignments: granting, ending, listing, asking and answering."""

from tracker.exceptions.views import asking, ending, granting, lists  # noqa: F401  # Each adds its pages.
from tracker.exceptions.views.blueprint import bp

__all__ = ["bp"]
