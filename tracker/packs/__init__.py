"""Packs: requirements and courses as plain files, which one municipality writes and another loads."""
