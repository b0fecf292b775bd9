"""Persons and the facts about their work."""
