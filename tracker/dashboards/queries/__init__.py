"""What the overviews ask beyond `compliance.queries`: one module a screen, and the organisation they all choose from."""
