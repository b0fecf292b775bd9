"""Home, team, person, municipality, coordination, search."""
