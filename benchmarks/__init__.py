"""What claims of performance rest on.

`python -m benchmarks` runs them all; `python -m benchmarks refresh --database postgresql --size full` runs one as big as
it gets. Each measures what the product does, and in the same run a *floor*: the least that any program would have to do
for the same result, such as inserting the same rows and nothing else. The ratio says what the product's rules cost, and
hardly depends on the machine.

A benchmark is a module here with a function `run(bench: Bench) -> None` that calls `bench.measure(…)`.
"""
