"""Computing in other processes: they are there for as long as the one that started them."""

import subprocess
import sys

STARTING = """
import multiprocessing
import time

from tracker.compliance.computing import end_with_parent


def work():
    end_with_parent()
    print("working", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=work).start()
"""


def test_they_end_with_the_process_that_started_them_even_if_it_is_killed(tmp_path):
    script = tmp_path / "starting.py"
    script.write_text(STARTING)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout.readline() == "working\n"
        started.kill()
        # What it started writes to the same pipe, which ends when both have ended.
        assert started.communicate(timeout=60) == ("", None)
