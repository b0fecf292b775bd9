"""Courses, versions, modules: what can be learnt."""
