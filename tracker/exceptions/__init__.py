"""Exemptions, extensions and assignments: granting, ending and listing them, and the requests for them."""
