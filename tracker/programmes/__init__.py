"""Onboarding: the introduction programme, and how each new hire's introduction goes."""
