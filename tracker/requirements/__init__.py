"""Who must have which course, by when, how often."""
