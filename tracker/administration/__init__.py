"""Those who administer accounts, and the journal as they read it."""
