"""The pages of learning: the player, tests, signing, certificates, and what others record."""

from tracker.learning.views import certificates, player, reading, recording, signing, tests  # noqa: F401  # Each adds its pages.
from tracker.learning.views.blueprint import bp

__all__ = ["bp"]
