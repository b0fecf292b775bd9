"""How a request is served."""
