"""Organisational units as a tree, and positions."""
