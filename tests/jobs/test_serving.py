"""`tracker run` starts two processes, and leaves none behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

SLEEPS = [sys.executable, "-c", "import os, time; os.write(1, b'up\\n'); time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.write(1, b'up\\n'); time.sleep(60)",
]
FAILS = [sys.executable, "-c", "raise SystemExit(3)"]
ENDS = [sys.executable, "-c", "pass"]
IS_KILLED = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]


def run_together(commands):
    """Start a process that runs the commands; it is the leader of a process group of its own."""
    program = (
        "import os, sys\n"
        "from tracker import serving\n"
        "serving.PATIENCE_SECONDS = 1\n"
        f"sys.exit(serving.run_together({commands!r}, environment=os.environ, ready=lambda: os.write(1, b'ready\\n')))"
    )
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True)


def group_is_empty(process):
    for _ in range(50):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [SLEEPS, DEAF])
def test_told_to_stop_it_stops_both(number, second):
    process = run_together([SLEEPS, second])
    lines = [process.stdout.readline().strip() for _ in range(3)]
    assert sorted(lines) == ["ready", "up", "up"]
    process.send_signal(number)
    assert process.wait(20) == 0
    assert group_is_empty(process)
    process.stdout.close()


def test_told_many_times_at_once_it_stops():
    """As when a service manager tells all processes, and one of them passes it on: no signal may find a lock held."""
    process = run_together([SLEEPS, SLEEPS])
    assert sorted(process.stdout.readline().strip() for _ in range(3)) == ["ready", "up", "up"]
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert group_is_empty(process)
    process.stdout.close()


@pytest.mark.parametrize(("first", "status"), [(FAILS, 3), (ENDS, 1), (IS_KILLED, 1)])
def test_when_one_ends_it_stops_the_other_and_says_so(first, status):
    process = run_together([first, SLEEPS])
    assert process.wait(20) == status
    assert group_is_empty(process)
    process.stdout.close()
