"""What the journal costs, beside redis-server with a log or a dump of its own: CPU, throughput, starts, p99, disk."""

from tempfile import TemporaryDirectory

from ..journal import calm, cost, disk, loading, space

QUESTIONS = (disk.run, cost.interval, cost.always, loading.run, calm.run, space.run)


def run(bench):
    disk.must_be_a_disk(bench.folder)
    for question in QUESTIONS:
        with TemporaryDirectory(dir=bench.folder) as folder:  # gigabytes; none waits for the end
            yield from question(bench, folder)
