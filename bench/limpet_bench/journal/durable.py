"""Servers with a data directory that outlives them: they are killed and started on it again."""

import os
import time
from pathlib import Path

from ..children import Child, program
from ..fault import Fault
from ..ports import free_port
from ..resp import info
from ..servers import SERVER_CORE
from .snapshots import Snapshots

_GLANCE_SECONDS = 0.005  # between two looks at whether a server has loaded


class Durable:
    """One server on one core. `with` starts it, waits until it has loaded all, and kills it at the end."""

    def __init__(self, bench, name, folder, command, is_copying):
        self.name, self.folder, self.port = name, Path(folder), free_port()
        self.is_copying = is_copying  # is it writing all of its sessions anew?
        self._bench, self._command = bench, command
        self._child = None
        self._began = None
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def start(self):
        """Returns at once, before it answers."""
        self._began = time.monotonic()
        self._child = Child(self.name, self._command(self), self._bench.folder, SERVER_CORE)

    def age(self):
        """Seconds since it was started."""
        return time.monotonic() - self._began

    def until(self, condition, what, within=300):
        """Calls `condition` until it returns something true, and returns that; refused connections are not yet."""
        deadline = time.monotonic() + within
        while True:
            self._child.must_run()
            try:
                if found := condition():
                    return found
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise Fault(f"not within {within} s: {self.name} {what}")
            time.sleep(_GLANCE_SECONDS)

    def has_loaded(self):
        """Seconds from its start until all was there: a node that answers earlier says `loading:1` until then."""
        self.until(lambda: info(self.port, "loading") == 0, "has loaded everything")
        return self.age()

    def kill(self):
        if self._child:
            self._child.kill()
            self._child = None

    def stop(self):
        child, self._child = self._child, None
        child.stop()

    def __enter__(self):
        self.start()
        try:
            self.has_loaded()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        self.kill()

    def cpu_seconds(self):
        return self._child.cpu_seconds()


def limpet(bench, folder, durability, name="limpet"):
    def command(server):
        return [bench.binary("limpetd"), "--listen", f"127.0.0.1:{server.port}", "--shards", "1",
                "--durability", durability, *(["--data-dir", str(server.folder)] if durability != "none" else [])]
    return Durable(bench, name, folder, command, Snapshots(folder).running)


def redis(bench, folder, appendfsync=None):
    """With a log of all writes, which it rewrites as it does by default; or without, and then SAVE is up to others."""
    def command(server):
        log = ["--appendonly", "yes", "--appendfsync", appendfsync] if appendfsync else ["--appendonly", "no"]
        return [program("redis-server"), "--port", str(server.port), "--bind", "127.0.0.1", "--save", "",
                "--protected-mode", "no", "--dir", str(server.folder), *log]
    return Durable(bench, "redis", folder, command, lambda: any(Path(folder).glob("temp-rewriteaof*")))


def bytes_on_disk(folder):
    """As du counts them. Files come and go meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_blocks * 512
            except FileNotFoundError:
                continue
    return total
