"""Load by redis-benchmark on a core of its own, and what it costs the server."""

import csv
from dataclasses import dataclass

from .children import finish, program
from .fault import Fault
from .resp import Connection, encode, info
from .sizes import CONNECTIONS, VALUE_BYTES

GENERATOR_CORE = "1"


@dataclass(frozen=True)
class Run:
    """One load of one server."""
    krps: float      # thousand requests a second
    cpu: float       # microseconds of the servers' CPU for each request
    p50: float       # milliseconds
    p99: float


def fill(peer, keys):
    """Sets the keys that redis-benchmark asks for with -r KEYS, so that every GET finds one."""
    value = b"x" * VALUE_BYTES
    with Connection(peer.port) as connection:
        connection.pipe((encode("SET", f"key:{i:012d}", value) for i in range(keys)), b"+OK\r\n")


def load(peer, command, pipeline, requests, keys, cores=GENERATOR_CORE):
    """GET or SET of random keys out of `keys`. An error reply ends it with a Fault."""
    before = peer.cpu_seconds()
    out = finish([program("redis-benchmark"), "-p", str(peer.port), "-c", str(CONNECTIONS), "-P", str(pipeline),
                  "-n", str(requests), "-r", str(keys), "-d", str(VALUE_BYTES), "-t", command.lower(), "--csv"], cores)
    cpu = peer.cpu_seconds() - before
    row = _last_row(out)
    return Run(float(row["rps"]) / 1000, cpu / requests * 1e6, float(row["p50_latency_ms"]),
               float(row["p99_latency_ms"]))


def _last_row(out):
    lines = out.splitlines()
    headings = [number for number, line in enumerate(lines) if line.startswith('"test"')]
    rows = list(csv.DictReader(lines[headings[-1]:])) if headings else []
    if not rows:
        raise Fault(f"redis-benchmark printed no figures: {out[-300:]!r}")
    return rows[-1]


def all_were_found(*peers):
    """A GET of a key that is not there costs less: such a run would not say what it claims."""
    for peer in peers:
        if misses := info(peer.port, "keyspace_misses"):
            raise Fault(f"{peer.name} was asked for {misses} keys that it did not have")
