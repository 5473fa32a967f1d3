"""Free ports on loopback. Tests that run at the same time do not get the same ones."""

import fcntl
import os
import socket
import tempfile

# Below the range from which the kernel takes ports for outgoing connections.
_FIRST, _LAST, _BLOCK = 21000, 31000, 50

_lock = None  # held until this process ends
_next = 0


def _take_block():
    global _lock, _next
    folder = os.path.join(tempfile.gettempdir(), "limpet-e2e-ports")
    os.makedirs(folder, exist_ok=True)
    blocks = (_LAST - _FIRST) // _BLOCK
    for i in range(blocks):
        block = (os.getpid() + i) % blocks
        handle = os.open(os.path.join(folder, str(block)), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            continue
        if _lock is not None:
            os.close(_lock)
        _lock, _next = handle, _FIRST + block * _BLOCK
        return
    raise RuntimeError("no free block of ports")


def free_port():
    """A port that nobody listens on, and that no other test is given."""
    global _next
    while True:
        if _lock is None or (_next - _FIRST) % _BLOCK == _BLOCK - 1:
            _take_block()
        port = _next
        _next += 1
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def free_address():
    return f"127.0.0.1:{free_port()}"
