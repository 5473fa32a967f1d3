"""Free ports on loopback, below the range from which the kernel takes ports for outgoing connections."""

import itertools
import os
import socket

from .fault import Fault

_FIRST, _LAST = 17000, 20000
_candidates = itertools.islice(itertools.cycle(range(_FIRST, _LAST)), os.getpid() * 20 % (_LAST - _FIRST), None)


def free_port():
    for port in itertools.islice(_candidates, _LAST - _FIRST):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise Fault(f"no free port from {_FIRST} to {_LAST}")
