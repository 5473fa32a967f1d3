"""As much of the Redis protocol as it takes to ask a server something and to fill it."""

import itertools
import socket

from .fault import Fault

_BATCH = 1000


def encode(*words):
    out = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        out.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(out)


class Connection:
    def __init__(self, port, within=60):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=within)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _receive(self, count):
        parts, missing = [], count
        while missing > 0:
            data = self._socket.recv(min(missing, 1 << 18))
            if not data:
                raise ConnectionError("closed by the server")
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def _line(self):
        line = b""
        while not line.endswith(b"\r\n"):
            line += self._receive(1)
        return line[:-2].decode()

    def ask(self, *words):
        """One command; its reply as text: a line with its sign in front, or a string as it is."""
        self._socket.sendall(encode(*words))
        line = self._line()
        if not line.startswith("$") or line == "$-1":
            return line
        return self._receive(int(line[1:]) + 2)[:-2].decode()

    def pipe(self, requests, reply):
        """Sends requests, which are bytes, by the thousand. Each must be answered by `reply`."""
        self.pipe_batches(((b"".join(batch), len(batch)) for batch in _batches(requests)), reply)

    def pipe_batches(self, batches, reply):
        """The same for requests that stand together already: bytes, and how many requests they are. While the server
        works on one batch, the next one is made."""
        waiting = 0
        for requests, count in batches:
            self._socket.sendall(requests)
            self._expect(reply, waiting)
            waiting = count
        self._expect(reply, waiting)

    def _expect(self, reply, count):
        try:
            answer = self._receive(len(reply) * count)
        except TimeoutError:
            raise Fault("a server answers too slowly, or other than expected") from None
        if answer != reply * count:
            raise Fault(f"a server answers {answer[:200]!r} where {reply!r} was expected")


def _batches(requests):
    requests = iter(requests)
    while batch := list(itertools.islice(requests, _BATCH)):
        yield batch


def ask(port, *words, within=10):
    with Connection(port, within) as connection:
        return connection.ask(*words)


def info(port, field):
    """A number from INFO."""
    for line in ask(port, "INFO").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value)
    raise Fault(f"INFO has no field {field}")
