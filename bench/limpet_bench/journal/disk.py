"""What the disk gives, without any server: the figures of the others are to be read beside it."""

import os
import statistics
import time

from ..fault import Fault, say
from ..table import Table

_CHUNK, _APPEND = 1 << 20, 4096


def must_be_a_disk(folder):
    """In memory every target would be reached, and none would mean anything."""
    device = os.stat(folder).st_dev
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for mount in mounts:
            words = mount.split()
            if words[2] == f"{os.major(device)}:{os.minor(device)}" and words[words.index("-") + 1] == "tmpfs":
                raise Fault(f"{folder} is in memory: name a folder on a disk in TMPDIR")


def run(bench, folder):
    table = Table("The disk itself", "The file system that both servers' data are on. One thread.",
                  ("what", "unit", "median", "least", "greatest"))
    sizes = bench.sizes.journal
    kinds = {(f"{sizes.disk_bytes >> 20} MiB written in a row, one fdatasync at the end", "MB/s"):
             lambda path: _sequential(path, sizes.disk_bytes),
             ("appends of 4 KiB, an fdatasync each", "each second"): lambda path: _appends(path, sizes.disk_seconds)}
    for (what, unit), measure in kinds.items():
        say(f"journal: the disk, {what}")
        seen = [measure(os.path.join(folder, "file")) for _ in range(bench.rounds)]
        table.add(what, unit, statistics.median(seen), min(seen), max(seen))
    yield table


def _fresh(path):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _sequential(path, size):
    data, file = os.urandom(_CHUNK), _fresh(path)
    try:
        began = time.monotonic()
        for offset in range(0, size, _CHUNK):
            os.pwrite(file, data, offset)
        os.fdatasync(file)
        return size / (time.monotonic() - began) / 1e6
    finally:
        os.close(file)
        os.remove(path)


def _appends(path, seconds):
    data, file, count = os.urandom(_APPEND), _fresh(path), 0
    try:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            os.pwrite(file, data, count * _APPEND)
            os.fdatasync(file)
            count += 1
        return count / (time.monotonic() - began)
    finally:
        os.close(file)
        os.remove(path)
