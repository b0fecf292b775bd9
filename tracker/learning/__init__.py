"""Taking courses, and what it ends in: completions and certificates."""
