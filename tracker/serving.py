"""`tracker run`: the whole product on one machine, for trying it: tables, demo, web server and scheduler."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

WORKERS = 2
THREADS = 4


def web_command(host: str, port: int) -> list[str]:
    """Return the command that serves the pages."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "tracker.wsgi:app",
        f"--bind={host}:{port}",
        f"--workers={os.environ.get('WEB_CONCURRENCY', WORKERS)}",
        "--worker-class=gthread",
        f"--threads={THREADS}",
        "--no-control-socket",
        "--log-level=warning",
    ]


def scheduler_command() -> list[str]:
    """Return the command that runs the scheduler."""
    return [sys.executable, "-m", "tracker.cli", "scheduler"]


def run_together(commands: list[list[str]], *, ready: Callable[[], None]) -> int:
    """Run commands side by side until one ends or we are told to stop; then stop them all. Returns the exit status.

    `ready` is called once they have been started.
    """
    children = [subprocess.Popen(command) for command in commands]  # noqa: S603

    def stop(_number: int, _frame: FrameType | None) -> None:
        for child in children:
            child.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ready()
    status = 0
    # Whichever ends first takes the others with it: half a product must not look like a whole one.
    pid, waited = os.wait()
    status = os.waitstatus_to_exitcode(waited)
    for child in children:
        if child.pid == pid:
            child.returncode = status
        else:
            child.send_signal(signal.SIGTERM)
    for child in children:
        child.wait(timeout=20)
    return max(0, status)
