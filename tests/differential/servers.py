"""The servers: redis-server and limpet on loopback, and asking both at once."""

import os
import select
import shutil
import socket
import tempfile
import time

from harness.cluster import Cluster
from harness.ports import free_port
from harness.process import Process
from harness.resp import Client
from harness.waiting import eventually, seconds

from .edges import TAGS
from .wire import encode, split

ANSWER_SECONDS = 30
MODES = {"single": 1, "cluster": 3}
NO_REDIS = "redis-server is not installed; there is nothing to compare with"


def redis_installed():
    return shutil.which("redis-server") is not None


class Redis:
    """A redis-server that keeps nothing, with limpet's bounds: one database and values of 32 MiB."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="limpet-differential-")
        self.address = f"127.0.0.1:{free_port()}"
        self.process = Process(
            ["redis-server", "--port", self.address.rsplit(":", 1)[1], "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self.folder, "--databases", "1", "--proto-max-bulk-len", "32mb"],
            os.path.join(self.folder, "log"))
        eventually(lambda: Client(self.address).close() is None, 10, "redis-server answers")

    def close(self):
        self.process.terminate()
        shutil.rmtree(self.folder, ignore_errors=True)


class Pair:
    """Redis and limpet, fresh and empty, and a connection to each."""

    def __init__(self, mode):
        self._turn, self._marker = 0, b""
        self.sides = ()
        self.redis = Redis()
        self.cluster = Cluster(nodes=MODES[mode])
        try:
            self.cluster.start()
            self.entry = self._entry()
        except BaseException:
            self.close()
            raise
        self.sides = (Side("redis", self.redis.address), Side("limpet", self.entry.client))

    def _entry(self):
        """The node that owns the fewest sessions, so that nearly every command is forwarded."""
        names = list(self.cluster.nodes)
        if len(names) == 1:
            return self.cluster[names[0]]
        owners = [self.cluster.owner_of(f"a:{{{tag.decode()}}}") for tag in TAGS]
        entry = min(names, key=owners.count)
        assert owners.count(entry) <= len(TAGS) // 4, f"{entry} owns too many of the sessions: {owners}"
        return self.cluster[entry]

    def limpet_commands(self):
        """The names of limpet's commands, in capitals."""
        with self.entry.connect() as client:
            return {name.upper() for name in client("COMMAND", "LIST")}

    def empty(self):
        """Forgets all keys, and all that the connections were told."""
        replies = self.ask([[b"RESET"], [b"FLUSHALL"]])
        assert replies == [[b"+RESET\r\n", b"+OK\r\n"]] * 2, replies

    def ask(self, commands):
        """Sends the same commands to both, and returns the replies of each."""
        self.send(b"".join(map(encode, commands)))
        return [split(data) for data in self.receive()]

    def send(self, payload):
        self._turn += 1
        self._marker = b"marker-%012d" % self._turn
        for side in self.sides:
            side.send(payload + encode([b"ECHO", self._marker]))

    def receive(self):
        """All that the servers answered to what was sent last. Raises Lost if one does not answer to the end."""
        end = b"$%d\r\n%s\r\n" % (len(self._marker), self._marker)
        deadline = time.monotonic() + seconds(ANSWER_SECONDS)
        while waiting := [side for side in self.sides if not side.has_answered(end)]:
            rest = deadline - time.monotonic()
            if rest <= 0:
                raise Lost(waiting[0], f"no answer within {seconds(ANSWER_SECONDS):g} s")
            _serve(waiting, rest)
        return [side.take(end) for side in self.sides]

    def close(self):
        for side in self.sides:
            side.close()
        self.cluster.close()
        self.redis.close()


class Lost(Exception):
    """A server closed the connection, or does not answer any more."""

    def __init__(self, side, what):
        super().__init__(f"{side.name}: {what}")
        self.side = side
        self.answered = bytes(side.answer)


class Side:
    """A connection to one server, that is written and read whenever it can be."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=seconds(10))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.unsent = memoryview(b"")
        self.answer = bytearray()

    def close(self):
        self.socket.close()

    def client(self):
        """A connection more, which waits for each reply."""
        return Client(self.address, ANSWER_SECONDS)

    def send(self, payload):
        self.unsent = memoryview(payload)
        self.push()

    def push(self):
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent):]
        except BlockingIOError:
            pass
        except OSError as error:
            raise Lost(self, f"the connection ended: {error}") from None

    def pull(self):
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError as error:
            raise Lost(self, f"the connection ended: {error}") from None
        if not data:
            raise Lost(self, "the connection was closed")
        self.answer += data

    def has_answered(self, end):
        return not self.unsent and self.answer.endswith(end)

    def take(self, end):
        data = bytes(self.answer[:-len(end)])
        self.answer.clear()
        return data


def _serve(sides, within):
    """Waits until something can be read or written, and does it."""
    reading = [side.socket for side in sides]
    writing = [side.socket for side in sides if side.unsent]
    readable, writable, _ = select.select(reading, writing, [], within)
    for side in sides:
        if side.socket in writable:
            side.push()
        if side.socket in readable:
            side.pull()
