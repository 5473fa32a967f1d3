"""A small Redis client over a plain socket. It reads RESP2 and RESP3 and hides nothing: errors come back as values."""

import socket

from .waiting import seconds


class Error(str):
    """An error reply, without its leading '-'."""

    @property
    def code(self):
        return self.split(" ", 1)[0]


class Status(str):
    """A simple string: what came after '+'."""


class Push(list):
    """A RESP3 push message."""


class Closed(ConnectionError):
    """The other side closed the connection where a reply was due."""


def encode(*args):
    """A request as a RESP array."""
    out = [b"*%d\r\n" % len(args)]
    for arg in args:
        data = arg if isinstance(arg, bytes) else str(arg).encode()
        out.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(out)


class Client:
    """One connection. client("SET", "k", "v") sends a command and returns its reply."""

    def __init__(self, address, timeout=10.0):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=seconds(timeout))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def __call__(self, *args):
        self.send(*args)
        return self.read()

    def send(self, *args):
        self.send_raw(encode(*args))

    def send_raw(self, data):
        self.socket.sendall(data)

    def pipeline(self, commands):
        """Sends all commands, then reads all replies. For more than the buffers hold, use a thread to send."""
        self.send_raw(b"".join(encode(*command) for command in commands))
        return [self.read() for _ in commands]

    def info(self, section="everything"):
        """INFO as a dictionary of all its fields."""
        text = self("INFO", section)
        return dict(line.split(":", 1) for line in text.decode().splitlines() if ":" in line)

    def at_end(self):
        """True once the other side has closed and everything before was read."""
        try:
            return not self.buffer and self.socket.recv(1, socket.MSG_PEEK) == b""
        except ConnectionError:
            return True

    def read(self):
        """The next reply."""
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return Status(rest.decode())
        if kind == b"-":
            return Error(rest.decode(errors="replace"))
        if kind in b":(":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._bytes(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        return self._read_resp3(kind, rest)

    def _read_resp3(self, kind, rest):
        if kind == b"_":
            return None
        if kind == b"#":
            return rest == b"t"
        if kind == b",":
            return float(rest)
        if kind == b"=":
            return self._bytes(int(rest))[4:]
        if kind == b"!":
            return Error(self._bytes(int(rest)).decode(errors="replace"))
        if kind == b"%":
            return {_hashable(self.read()): self.read() for _ in range(int(rest))}
        if kind == b"~":
            return [self.read() for _ in range(int(rest))]
        if kind == b">":
            return Push(self.read() for _ in range(int(rest)))
        raise AssertionError(f"not a reply: {kind + rest!r}")

    def _more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise Closed(f"closed after {bytes(self.buffer[:200])!r}")
        self.buffer += data

    def _line(self):
        searched = 0
        while (end := self.buffer.find(b"\r\n", searched)) < 0:
            searched = max(0, len(self.buffer) - 1)
            self._more()
        line = bytes(self.buffer[:end])
        del self.buffer[:end + 2]
        return line

    def _bytes(self, count):
        while len(self.buffer) < count + 2:
            self._more()
        data = bytes(self.buffer[:count])
        if self.buffer[count:count + 2] != b"\r\n":
            raise AssertionError(f"a bulk string of {count} bytes does not end where it says")
        del self.buffer[:count + 2]
        return data


def _hashable(key):
    return key.decode() if isinstance(key, bytes) else key
