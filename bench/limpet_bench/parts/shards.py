"""Two shards against one: what it costs that half of the requests arrive at the wrong one."""

from ..generator import all_were_found, fill, load
from ..rounds import take_turns
from ..servers import limpet
from ..table import Table, Target

CPU = {1: Target(1.4), 16: Target(1.3)}
BOTH_CORES = "0,1"


def run(bench):
    sizes = bench.sizes
    rows = [(command, pipeline) for command in ("GET", "SET") for pipeline in CPU]
    with limpet(bench, "two shards", 2, BOTH_CORES) as two, limpet(bench, "one shard", 1, BOTH_CORES) as one:
        for peer in (two, one):
            fill(peer, sizes.keys)
        samples = take_turns("shards", bench.rounds, rows, (two, one), lambda peer, command, pipeline: load(
            peer, command, pipeline, sizes.requests[pipeline], sizes.keys, cores=None))
        all_were_found(two, one)
    yield _table(samples, rows)


def _table(samples, rows):
    table = Table("Two shards against one", "Microseconds of the server's CPU per request. Server and generator share "
                  "two cores, so throughput would say nothing.",
                  ("command", "P", "two shards", "one shard", "ratio", "target", ""))
    for row in rows:
        ratio = samples.ratio(row, "two shards", "one shard", "cpu")
        table.add(*row, samples.median(row, "two shards", "cpu"), samples.median(row, "one shard", "cpu"), ratio,
                  *CPU[row[1]].cells(ratio))
    return table
