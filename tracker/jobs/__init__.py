"""What the scheduler remembers: the lease and the ledger of runs."""
