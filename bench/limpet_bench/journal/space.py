"""How much disk the sessions take while they are written anew, again and again."""

import random
import statistics
import threading

from ..bulk import LIVE_BYTES, put
from ..fault import say
from ..table import Table, Target, cells
from .durable import bytes_on_disk, limpet, redis

PEAK = Target(2.5)
_GLANCE_SECONDS = 0.05


def run(bench, folder):
    count, turns = bench.sizes.journal.space_sessions, bench.sizes.journal.space_turns
    table = Table("Bytes on disk for each live byte",
                  f"Live are key, value and time-out: {LIVE_BYTES} bytes each of {count:,} sessions. They are written "
                  f"anew at random, {turns} times as many writes as sessions, as fast as the server takes them; "
                  "redis-server with `everysec`. One run.",
                  ("server", "median", "at the end", "most", "target", ""))
    for server, target in ((limpet(bench, f"{folder}/limpet", "interval"), PEAK),
                           (redis(bench, f"{folder}/redis", "everysec"), None)):
        say(f"journal: {count * turns:,} writes over {count:,} sessions of {server.name}")
        seen = _watched(server, count, turns)
        most = max(seen)
        table.add(server.name, statistics.median(seen), seen[-1], most, *cells(target, most))
    yield table


def _watched(server, count, turns):
    chance, seen, ended = random.Random(7), [], threading.Event()

    def look():
        while not ended.wait(_GLANCE_SECONDS):
            seen.append(bytes_on_disk(server.folder) / (count * LIVE_BYTES))

    with server:
        put(server, range(count))
        watch = threading.Thread(target=look)
        watch.start()
        try:
            put(server, (int(chance.random() * count) for _ in range(count * turns)))
            server.until(lambda: not server.is_copying(), "has copied its sessions")
        finally:
            ended.set()
            watch.join()
        seen.append(bytes_on_disk(server.folder) / (count * LIVE_BYTES))
    return seen
