"""Run the benchmarks: `python -m benchmarks [name…] [--database sqlite|postgresql] [--size small|full]`."""

import pkgutil
from importlib import import_module

import click

import benchmarks
from benchmarks.bench import Bench, empty_database, heading, peak_memory

NAMES = sorted(
    module.name
    for module in pkgutil.iter_modules(benchmarks.__path__)
    if module.name not in {"__main__", "bench", "municipality"}
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--database", "kind", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@click.option("--size", type=click.Choice(["small", "full"]), default="small", show_default=True)
def main(names: tuple[str, ...], kind: str, size: str) -> None:
    """Measure the named benchmarks, or all of them."""
    print(f"{kind}, {size}\n{heading()}")
    for name in names or NAMES:
        print(name, flush=True)
        with empty_database(kind) as database:
            import_module(f"benchmarks.{name}").run(Bench(database, full=size == "full"))
    print(f"most memory held: {peak_memory()} MiB")


if __name__ == "__main__":  # Not in the processes that a rebuild starts.
    main()
