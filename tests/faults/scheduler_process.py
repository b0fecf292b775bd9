"""A scheduler process as an operator starts it, but on another day, and in more of a hurry.

`python -m tests.faults.scheduler_process 2026-11-23T09:00:00+00:00 [hang]`: with "hang" it stops in the middle of
deciding on mails, its transaction open, until it is killed.
"""

import sys
import time
from datetime import datetime

import time_machine

from tracker import scheduler
from tracker.cli import main
from tracker.reminders import operations

if __name__ == "__main__":
    scheduler.TICK_SECONDS = 0.2
    if "hang" in sys.argv:
        enqueue, decided = operations.enqueue, []

        def enqueue_two_then_hang(*arguments, **named):
            decided.append(enqueue(*arguments, **named))
            if len(decided) == 2:
                print("hanging", flush=True)
                time.sleep(600)
            return decided[-1]

        operations.enqueue = enqueue_two_then_hang
    time_machine.travel(datetime.fromisoformat(sys.argv[1])).start()
    main(["scheduler"])
