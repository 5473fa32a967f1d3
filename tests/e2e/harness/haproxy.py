"""HAProxy in front of a cluster, with the configuration that limpet ships, on ports of the test's own."""

import os
import pathlib
import re

from .ports import free_address
from .process import Process
from .resp import Client
from .waiting import eventually

SHIPPED = pathlib.Path(__file__).resolve().parents[3] / "config" / "haproxy.cfg"


class HAProxy:
    def __init__(self, cluster, drains=False):
        """`drains`: with the lines switched on that a comment of the configuration names for it."""
        self.address = free_address()
        text = SHIPPED.read_text(encoding="utf-8").replace("127.0.0.1:7600", self.address)
        if drains:
            text = re.sub(r"^    option redis-check\n", "", text, flags=re.M)
            text = re.sub(r"^    server .*\n", "", text, flags=re.M)
            text, switched = re.subn(r"^    #   (option|http-check|server)", r"    \1", text, flags=re.M)
            assert switched == 5, switched
            text = text.replace("inter 1s", "inter 200ms")
        for i, node in enumerate(cluster, 1):
            text = text.replace(f"127.0.0.1:760{i}", node.client)
            text = text.replace(f"127.0.0.1:780{i}", node.admin)
            text = re.sub(rf"\bport 780{i}\b", "port " + node.admin.rsplit(":", 1)[1], text)
        config = os.path.join(cluster.folder, "haproxy.cfg")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        self.process = Process(["haproxy", "-db", "-f", config], os.path.join(cluster.folder, "haproxy.log"))

    def await_ready(self, within=20):
        def answers():
            if not self.process.running():
                raise RuntimeError(f"HAProxy ended at its start:\n{self.process.log()[-2000:]}")
            with self.connect() as client:
                return client("PING") == "PONG"
        eventually(answers, within, "HAProxy passes clients on")
        return self

    def connect(self, timeout=10.0):
        return Client(self.address, timeout)

    def close(self):
        self.process.kill()
