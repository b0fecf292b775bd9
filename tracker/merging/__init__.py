"""Two records of one person: found, merged into one, and taken apart again if that was a mistake."""
