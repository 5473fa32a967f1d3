"""Many plain connections at once, that say what they are told and read only when they are told to."""

import socket

from .load import room_for_descriptors
from .waiting import seconds


def dial(address, timeout=10.0, receive_buffer=None):
    """One connected socket that never waits. A small receive buffer makes it a bad reader."""
    host, port = address.rsplit(":", 1)
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    stream.settimeout(seconds(timeout))
    if receive_buffer:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        stream.connect((host, int(port)))
    except OSError:
        stream.close()
        raise
    stream.setblocking(False)
    return stream


def push(stream, data):
    """Sends what the buffers take without waiting; returns how many bytes."""
    sent, view = 0, memoryview(data)
    try:
        while sent < len(data):
            sent += stream.send(view[sent:])
    except (BlockingIOError, ConnectionError):
        pass
    return sent


def taken(stream):
    """What has come, without waiting, and whether the other side has ended the connection."""
    parts = []
    try:
        while part := stream.recv(1 << 18):
            parts.append(part)
    except BlockingIOError:
        return b"".join(parts), False
    except ConnectionError:
        pass
    return b"".join(parts), True


class Crowd:
    """`count` connections to one address; for use in a with statement. Nothing is read before somebody asks for it."""

    def __init__(self, address, count, **kwargs):
        self.streams = []
        self._heard = [b""] * count
        self._ended = [False] * count
        try:
            for _ in range(count):
                self.streams.append(dial(address, **kwargs))
        except OSError:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __len__(self):
        return len(self.streams)

    def push(self, data):
        """Sends as much of `data` on every connection as goes without waiting; returns how much that was in all."""
        return sum(push(stream, data) for stream in self.streams)

    def answers(self):
        """What each connection has been sent so far."""
        for i, stream in enumerate(self.streams):
            if not self._ended[i]:
                part, self._ended[i] = taken(stream)
                self._heard[i] += part
        return self._heard

    def closed(self):
        """How many of the connections the other side has ended."""
        self.answers()
        return sum(self._ended)

    def close(self):
        for stream in self.streams:
            stream.close()
        self.streams = []


def crowd_size(wanted):
    """So many connections, or as many as this process, and a server with the same limit, may have."""
    return min(wanted, room_for_descriptors(wanted + 300) - 300)
