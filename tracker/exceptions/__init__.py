"""Exemptions and extensions: granting, ending and listing them, and the requests for them."""
