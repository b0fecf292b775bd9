"""`tracker run`: the whole product on one machine, for trying it: web server and scheduler side by side."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from urllib.request import urlopen

WORKERS = 2
THREADS = 4
# How long a child may take to end what it is doing before it is killed.
PATIENCE_SECONDS = 20


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
        "--preload",
        "--log-level=warning",
    ]


def scheduler_command() -> list[str]:
    """Return the command that runs the scheduler."""
    return [sys.executable, "-m", "tracker.cli", "scheduler"]


def wait_for(port: int) -> None:
    """Return once the web server on this machine answers, or after a minute: then its own log says why not."""
    for _ in range(240):
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.25)


def signals_to_stop() -> list[int]:
    """Return a list that gets each signal to stop (SIGTERM, SIGINT) from now on.

    A handler may take no lock: the thread that it interrupts may hold it. That of a `threading.Event` is held for a moment by
    whoever waits for it, so a second signal that came close to the first would have us wait for ever.
    """
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: told.append(number))
    return told


def run_together(commands: list[list[str]], *, environment: Mapping[str, str], ready: Callable[[], None]) -> int:
    """Run commands side by side until one ends or we are told to stop (SIGINT, SIGTERM); then stop them all.

    `ready` is called once they have been started. Returns the exit status: 0 when we were told to stop, else that of
    whichever ended first, and 1 if that was by itself or by a signal: half a product must not look like a whole one.
    """
    told = signals_to_stop()
    # In sessions of their own, so that Ctrl+C reaches us alone and we stop them in good order.
    children = [subprocess.Popen(command, env=environment, start_new_session=True) for command in commands]  # noqa: S603
    ready()
    while not told and all(child.poll() is None for child in children):
        time.sleep(0.2)
    ended = [child.returncode for child in children if child.returncode is not None]
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    return 0 if told else max(1, *ended)
