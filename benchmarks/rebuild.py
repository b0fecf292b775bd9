"""Computing everybody's phases anew: the command itself, in a process of its own, in small and in large."""

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import delete, insert, select

from benchmarks.bench import Bench, seconds
from benchmarks.municipality import Invented, invent
from tracker.compliance.computing import PEOPLE_AT_A_TIME
from tracker.compliance.models import Phase


def run(bench: Bench) -> None:
    """Measure `tracker rebuild` of some people and of ten times as many, and how much memory each of its processes takes.

    The floor is to insert the phases that came out of it.
    """
    for people in (10_000, 100_000) if bench.full else (500, 5_000):
        invented = invent(bench.database, people=people)
        memory = []
        fresh = seconds(lambda invented=invented, memory=memory: memory.append(_rebuild(bench, invented)))
        again = seconds(lambda invented=invented: _rebuild(bench, invented))
        floor = _bare_insert(bench, invented)
        bench.report(f"{people:,} people × 10 requirements, from nothing", fresh, floor)
        bench.report("… again, nothing to change", again, floor)
        print(f"  … at most {memory[0]} MiB in one of its processes")


def _rebuild(bench: Bench, invented: Invented) -> int:
    """Run the command, and return the most memory that it or a process of its held, in MiB."""
    command = [sys.executable, "-c", _RUN, str(Path(sys.executable).with_name("tracker")), "rebuild"]
    environment = os.environ | {"DATABASE_URL": bench.database.url}
    told = subprocess.check_output([*command, "--municipality", invented.slug], env=environment, text=True)
    return int(told.split()[-1]) // 1024


_RUN = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A process between: what a process starts counts as large as itself until then, and the benchmark is large."""


def _bare_insert(bench: Bench, invented: Invented) -> float:
    """Return how long it takes to insert the phases that are there, knowing them: they are taken out and put back."""
    columns = [getattr(Phase, column.key) for column in Phase.__table__.columns]
    spent = 0.0
    with bench.database.bound(invented.municipality_id) as session:
        for start in range(0, len(invented.people), PEOPLE_AT_A_TIME):
            theirs = Phase.person_id.in_(invented.people[start : start + PEOPLE_AT_A_TIME])
            rows = [dict(row) for row in session.execute(select(*columns).where(theirs)).mappings()]
            session.execute(delete(Phase).where(theirs), execution_options={"synchronize_session": False})
            spent += seconds(lambda rows=rows: session.connection().execute(insert(Phase), rows))
        return spent + seconds(session.commit)
