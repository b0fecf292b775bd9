"""Sign-in: accounts, roles, sessions, one-time links."""
