"""Instructions per request in user space: the one figure that a busy machine does not change."""

import os
import re

from ..children import program
from ..fault import Fault, say
from ..generator import fill, load
from ..servers import limpet, redis
from ..table import Table, Target, cells

TARGETS = {("GET", 16): Target(1000), ("SET", 16): Target(1500)}
ROWS = [(command, pipeline) for command in ("GET", "SET") for pipeline in (1, 16)]
SERVERS = {"limpet": limpet, "redis": redis}


def run(bench):
    table = Table("Instructions per request", "In user space, counted by callgrind: the difference of a long and a "
                  "short run, so that the start, the filling and the end cancel out.",
                  ("command", "P", "limpet", "redis", "ratio", "target for limpet", ""))
    for row in ROWS:
        ours, theirs = (_per_request(bench, name, *row) for name in SERVERS)
        table.add(*row, ours, theirs, f"{ours / theirs:.2f}", *cells(TARGETS.get(row), ours))
    yield table


def _per_request(bench, name, command, pipeline):
    say(f"instructions: {name}, {command} {pipeline}")
    short, long = bench.sizes.callgrind_requests
    spent = {requests: _instructions(bench, name, command, pipeline, requests) for requests in (short, long)}
    return float(spent[long] - spent[short]) / (long - short)


def _instructions(bench, name, command, pipeline, requests):
    """Of a whole life of the server: start, filling, so many requests, end."""
    out = os.path.join(bench.folder, f"callgrind-{name}-{command}-{pipeline}-{requests}")
    wrapper = (program("valgrind"), "--tool=callgrind", "--instr-atstart=yes", f"--callgrind-out-file={out}")
    with SERVERS[name](bench, wrapper=wrapper) as server:
        fill(server, bench.sizes.callgrind_keys)
        load(server, command, pipeline, requests, bench.sizes.callgrind_keys)
    with open(out, encoding="utf-8", errors="replace") as file:
        total = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M)
    os.remove(out)
    if not total:
        raise Fault(f"callgrind wrote no total for {name}")
    return int(total.group(1))
