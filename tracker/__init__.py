"""Tracker keeps a municipality's promise that everyone who works there has the IT training the job needs."""
