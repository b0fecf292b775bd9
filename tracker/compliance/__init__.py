"""The phase table: kept true to the facts, asked about days, explained."""
