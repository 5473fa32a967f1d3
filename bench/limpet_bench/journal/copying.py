"""Makes a server copy all of its sessions to disk, as it does by itself now and then."""

import itertools
import time

from ..bulk import put
from ..fault import Fault
from ..resp import ask
from .snapshots import Snapshots

_ENOUGH = 1_000_000  # writes, however few sessions there are: 16 MiB of journal are the least for a snapshot


def begin_snapshot(limpet, sessions):
    """Writes the same sessions again until their journal has grown so much that limpet begins a snapshot."""
    limpet.until(lambda: not limpet.is_copying(), "ends its snapshot")
    snapshots = Snapshots(limpet.folder)
    before = snapshots.newest()
    put(limpet, itertools.islice(itertools.cycle(range(sessions)), _ENOUGH + 2 * sessions),
        after_batch=lambda: snapshots.newest() > before)
    if snapshots.newest() == before:
        raise Fault("limpet began no snapshot, however much was written")


def snapshot_for_a_load(limpet, sizes):
    """The writes that provoked it must not be what the load notices: they get time to reach the disk."""
    begin_snapshot(limpet, sizes.paced_sessions)
    time.sleep(sizes.settle_seconds)


def rewrite_for_a_load(redis, _):
    reply = ask(redis.port, "BGREWRITEAOF")
    if not reply.startswith("+"):
        raise Fault(f"redis-server does not rewrite its log: {reply}")
