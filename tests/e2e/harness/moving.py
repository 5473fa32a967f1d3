"""Clusters whose file is edited while clients count on them."""

import itertools
import random
import signal
import threading
import time

from .resp import Client, Error, encode
from .waiting import SLOWNESS, eventually

# What says that nothing has happened.
_REFUSALS = {"CLUSTERDOWN", "TRYAGAIN", "LOADING", "BUSY", "MISCONF"}


def edit(cluster, epoch, names, reload=(), **kwargs):
    """Writes the file of a new epoch that lists these nodes, and has some nodes read it."""
    cluster.write(epoch=epoch, names=names, **kwargs)
    for name in reload:
        cluster[name].process.signal(signal.SIGHUP)
    for name in reload:
        eventually(lambda: cluster[name].status()["cluster"]["epoch"] == epoch, 10, f"{name} runs epoch {epoch}")


def here(node):
    return node.status()["here"]


def settled(cluster, names):
    """Every slot is held, by one of these nodes, and none is to move."""
    running = [node for node in cluster if node.process and node.process.running()]
    figures = {node.name: here(node) for node in running}
    busy = sum(f[key] for f in figures.values() for key in
               ("slots_to_give", "slots_given_now", "slots_received_now", "slots_held_by_nobody"))
    held = {name: f["slots"] for name, f in figures.items()}
    return busy == 0 and sum(held.values()) == 16384 and all(held[n] == 0 for n in held if n not in names)


def await_settled(cluster, names, within=60):
    eventually(lambda: settled(cluster, names), within, f"all slots are on {', '.join(names)}")


class _Counting(threading.Thread):
    """One client with keys of its own, each counted up by one again and again.

    It rests for three times as long as each batch took: the nodes shall have the processors, to move slots with them.
    """

    def __init__(self, address, name, keys, depth, batches, kept):
        super().__init__(daemon=True)
        self.address, self.depth, self.batches, self.kept = address, depth, batches, kept
        self.counts = {f"{{{name}-{i}}}:n": [0, 0] for i in range(keys)}  # acknowledged, in doubt
        self.over = threading.Event()
        self.errors, self.wrong = [], []
        self.replies = 0

    def run(self):
        rng = random.Random(str(sorted(self.counts)))
        keys = list(self.counts)
        client = None
        for number in itertools.count():
            if self.over.is_set():
                break
            if client and self.batches and number % self.batches == 0:
                client.close()
                client = None
            batch = [rng.choice(keys) for _ in range(self.depth)]
            done = 0
            began = time.monotonic()
            try:
                client = client or Client(self.address, 30)
                client.send_raw(b"".join(encode("INCR", key) for key in batch))
                for key in batch:
                    self.take(key, client.read())
                    done += 1
            except OSError as error:
                if client:
                    client.close()
                client = None
                self.errors.append(error)
                for key in batch[done:]:
                    self.counts[key][1] += 1
                self.over.wait(0.05)
            self.over.wait(3 * (time.monotonic() - began))
        if client:
            client.close()

    def may_be(self, value, acknowledged, in_doubt):
        return (acknowledged if self.kept else 0) <= value <= acknowledged + in_doubt

    def take(self, key, reply):
        self.replies += 1
        count = self.counts[key]
        if not isinstance(reply, Error):
            count[0] += 1
            if not self.may_be(reply, *count):
                self.wrong.append(f"{key}: {reply} after {count}")
            return
        self.errors.append(reply)
        if reply.code == "INDOUBT":
            count[1] += 1
        elif reply.code not in _REFUSALS:
            self.wrong.append(f"{key}: {reply}")


class Counters:
    """Clients that count, until stop(). `addresses`: where they connect, in turn, and again after so many `batches`.

    `name` tells their keys from those of others. Where sessions are not `kept`, counts may begin anew.
    """

    def __init__(self, addresses, clients=6, keys=40, depth=8, batches=None, name="c", kept=True):
        keys = keys if SLOWNESS == 1 else 10
        self.threads = [_Counting(addresses[i % len(addresses)], f"{name}{i}", keys, depth, batches, kept)
                        for i in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for thread in self.threads:
            thread.over.set()
        for thread in self.threads:
            thread.join(60)

    def replies(self):
        return sum(thread.replies for thread in self.threads)

    def await_more(self, count=200, within=30):
        """So many more commands are answered."""
        target = self.replies() + count
        eventually(lambda: self.replies() >= target, within, f"{count} more replies")

    @property
    def errors(self):
        return [error for thread in self.threads for error in thread.errors]

    def wrong(self, client):
        """What must not be, asked of this client: lost or doubled counts. REQUIRES: stopped."""
        found = [text for thread in self.threads for text in thread.wrong]
        for thread in self.threads:
            for key, (acknowledged, in_doubt) in thread.counts.items():
                value = int(client("GET", key) or 0)
                if not thread.may_be(value, acknowledged, in_doubt):
                    found.append(f"{key} is {value}; {acknowledged} acknowledged, {in_doubt} in doubt")
        return found
