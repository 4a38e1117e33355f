"""How fast and how small: `python -m benchmarks.throughput|first_audio|memory|startup|longform`,
`benchmarks.frames` for GPUs, `benchmarks.server` for other programs.

Each prints a table and a last line of JSON, and writes the same into `benchmarks/results/`, from
which `python -m benchmarks.readme` makes README's table. Quality is `evaluation`'s business.
"""
