"""Sessions that move: how fast beside Redis Cluster, and what clients notice of it."""

from ..journal import disk
from ..moving import growing, loaded


def run(bench):
    disk.must_be_a_disk(bench.folder)
    yield from growing.run(bench)
    yield from loaded.run(bench)
