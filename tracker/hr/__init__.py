"""The HR system's roster: read, previewed, applied."""
