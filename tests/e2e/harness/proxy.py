"""A TCP proxy that loses what it is told to lose: for putting between two nodes, or a client and a node."""

import socket
import threading

from .ports import free_address


class Proxy:
    """Passes bytes between whoever connects to .address and `target`.

    cut(): every connection is broken; new ones pass.      refuse(): broken, and new ones are closed at once.
    swallow(): what `target` answers disappears, what it is told still arrives, until heal() or cut().
    mute(): the other way round: what it is told disappears.
    """

    def __init__(self, target, address=None):
        self.target = target
        self.address = address or free_address()
        self.heal()
        self._lock = threading.Lock()
        self._pairs = set()
        host, port = self.address.rsplit(":", 1)
        self._listener = socket.create_server((host, int(port)), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    def heal(self):
        self.refusing = self.swallowing = self.muting = False

    def swallow(self):
        self.swallowing = True

    def mute(self):
        self.muting = True

    def refuse(self):
        self.refusing = True
        self.cut()

    def cut(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _shut(end)

    def close(self):
        self.refusing = True
        _shut(self._listener)
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                near.close()
                continue
            try:
                host, port = self.target.rsplit(":", 1)
                far = socket.create_connection((host, int(port)), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.add((near, far))
            threading.Thread(target=self._serve, args=(near, far), daemon=True).start()

    def _serve(self, near, far):
        answers = threading.Thread(target=self._pump, args=(far, near, True), daemon=True)
        answers.start()
        self._pump(near, far, False)
        answers.join()
        with self._lock:
            self._pairs.discard((near, far))
        near.close()
        far.close()

    def _pump(self, source, sink, answers):
        try:
            while data := source.recv(1 << 16):
                if not (self.swallowing if answers else self.muting):
                    sink.sendall(data)
        except OSError:
            pass
        finally:
            _shut(source)
            _shut(sink)


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
