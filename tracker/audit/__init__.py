"""The journal: who did what, chained so that a change shows."""
