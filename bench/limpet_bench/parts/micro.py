"""Single calls, without a server: parser, slot of a key, store, ring, by Google Benchmark."""

import json
import os

from ..built import built
from ..children import finish
from ..fault import say
from ..servers import SERVER_CORE
from ..table import Table

PROGRAMS = ("micro_bench", "store_bench")
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6}


def run(bench):
    folder = built(*PROGRAMS)
    table = Table("Single calls", "Nanoseconds of one core, medians of the repetitions. `find_ahead` is `find` with "
                  "the memory of sixteen keys fetched at once, for each key.", ("call", "ns", "each, of several"))
    for name in PROGRAMS:
        say(f"micro: {name}")
        for call, spent, each in _measured(bench, folder / name):
            table.add(call, spent, each)
    yield table


def _measured(bench, program):
    told = finish([os.fspath(program), "--benchmark_format=json",
                   f"--benchmark_repetitions={bench.rounds}", f"--benchmark_min_time={bench.sizes.micro_seconds}",
                   "--benchmark_report_aggregates_only=true"],
                  cores=SERVER_CORE, within=1800)
    for one in json.loads(told)["benchmarks"]:
        if one.get("aggregate_name", "median") == "median":  # a single repetition stands for itself
            each = 1e9 / one["items_per_second"] if "items_per_second" in one else None
            yield one["run_name"], one["cpu_time"] * NANOSECONDS[one["time_unit"]], each
