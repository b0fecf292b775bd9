"""The tenant: one municipality, one employer."""
