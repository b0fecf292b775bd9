"""`python -m tracker.cli`, where no `tracker` command is on the path."""

from tracker.cli import main

main()
