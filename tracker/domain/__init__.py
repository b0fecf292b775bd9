"""The rules. Plain Python: no web, no database, no clock. `docs/domain.md` says the same in words."""
