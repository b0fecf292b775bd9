"""Which notices are called for, and sending them."""
