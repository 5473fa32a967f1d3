"""Hosts with a network of their own, all on this machine: enter_own_network() once, then Host.

The test itself, and what it starts without a Host, is the host 10.99.0.1. Nothing of this is seen by anybody else, and
all of it is gone when the test's process is.
"""

import ctypes
import itertools
import os

from .process import Process, run
from .waiting import eventually

HERE = "10.99.0.1"

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class NoHosts(Exception):
    """This machine lets nobody make them."""


def _ip(*words, inside=()):
    done = run(*inside, "ip", *words)
    if done.returncode != 0:
        raise NoHosts(f"ip {' '.join(words)}: {done.stderr.strip()}")


def enter_own_network():
    """Takes this process out of the machine's network, for good, into one with nothing but itself."""
    if _libc.unshare(_CLONE_NEWNET) != 0:
        raise NoHosts(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    try:
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "switch", "type", "bridge")
        _ip("address", "add", f"{HERE}/24", "dev", "switch")
        _ip("link", "set", "switch", "up")
    except FileNotFoundError as error:
        raise NoHosts(str(error)) from None


class Host:
    """A host with a name and an address, on which nodes can be started."""

    _numbers = itertools.count(2)

    def __init__(self, name, folder):
        number = next(self._numbers)
        self.address = f"10.99.0.{number}"
        script = 'hostname "$0" && echo there && exec sleep infinity'
        self._holder = Process(["unshare", "-n", "-u", "sh", "-c", script, name], os.path.join(folder, name + ".log"))
        eventually(lambda: "there" in self._holder.log() or not self._holder.running(), 10, f"{name} is there")
        if not self._holder.running():
            raise NoHosts(self._holder.log().strip())
        pid = str(self._holder.pid)
        self._enter = ["nsenter", "-t", pid, "-n", "-u"]
        _ip("link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", pid)
        _ip("link", "set", f"port{number}", "master", "switch", "up")
        _ip("link", "set", "lo", "up", inside=self._enter)
        _ip("address", "add", f"{self.address}/24", "dev", "eth0", inside=self._enter)
        _ip("link", "set", "eth0", "up", inside=self._enter)

    def start(self, node, *flags):
        """Starts a node on this host; it has to have addresses of it."""
        log = os.path.join(node.folder, "log")
        node.process = Process([*self._enter, *node.command(*flags)], log, cwd=node.folder)
        return node

    def close(self):
        self._holder.kill()
