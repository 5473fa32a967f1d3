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

# Whose hardware address it is: nobody's.
_NOBODY = "02:00:00:00:00:01"

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class NoHosts(Exception):
    """This machine lets nobody make them."""


def _ip(*words, inside=()):
    done = run(*inside, "ip", *words)
    if done.returncode != 0:
        raise NoHosts(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _unshare():
    """A network of its own; for who is not root, as root of a space of users of its own."""
    if _libc.unshare(_CLONE_NEWNET) == 0:
        return
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        raise NoHosts(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    except OSError as error:
        raise NoHosts(f"no users of its own: {error}") from None


def enter_own_network():
    """Takes this process out of the machine's network, for good, into one with nothing but itself."""
    _unshare()
    try:
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "switch", "type", "bridge")
        _ip("address", "add", f"{HERE}/24", "dev", "switch")
        _ip("link", "set", "switch", "up")
    except FileNotFoundError as error:
        raise NoHosts(str(error)) from None


def live_on(node, address):
    """Gives a node addresses there."""
    node.client, node.peer, node.admin = (f"{address}:{at.rsplit(':', 1)[1]}"
                                          for at in (node.client, node.peer, node.admin))


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

    def lose(self, other):
        """What this host sends to the other one disappears without a word; what comes from there still arrives."""
        _ip("neighbour", "replace", other.address, "lladdr", _NOBODY, "nud", "permanent", "dev", "eth0",
            inside=self._enter)

    def find(self, other):
        """It arrives again."""
        _ip("neighbour", "delete", other.address, "dev", "eth0", inside=self._enter)

    def close(self):
        self._holder.kill()
