"""Networks between the nodes of a cluster that lose, one way or both, what one node sends to another.

Hosts with networks of their own lose packets, as a switch would. Where nobody may make such hosts, proxies between the
nodes lose bytes. Clients reach every node all the time.
"""

import itertools
import os

from .hosts import HERE, Host, NoHosts, enter_own_network, live_on
from .proxy import Proxy
from .waiting import eventually


class _Hosts:
    def __init__(self, cluster, stack):
        self.cluster, self.hosts, self.lost = cluster, {}, set()
        for node in cluster:
            host = self.hosts[node.name] = Host(node.name, cluster.folder)
            stack.callback(host.close)
            live_on(node, host.address)

    def write(self, **kwargs):
        self.cluster.write(**kwargs)

    def start(self, node):
        self.hosts[node.name].start(node, "--protected-mode", "no")

    def lose(self, sender, receiver):
        self.hosts[sender].lose(self.hosts[receiver])
        self.lost.add((sender, receiver))

    def heal(self):
        for sender, receiver in self.lost:
            self.hosts[sender].find(self.hosts[receiver])
        self.lost.clear()


class _Proxies:
    def __init__(self, cluster, stack):
        self.cluster, self.proxies = cluster, {}
        for dials, takes in itertools.permutations(cluster.nodes, 2):
            proxy = self.proxies[dials, takes] = Proxy(cluster[takes].peer)
            stack.callback(proxy.close)

    def write(self, **kwargs):
        for name in self.cluster.nodes:
            peers = {takes: proxy.address for (dials, takes), proxy in self.proxies.items() if dials == name}
            self.cluster.give_own_file(name, peers=peers, **kwargs)

    def start(self, node):
        node.start()

    def lose(self, sender, receiver):
        self.proxies[sender, receiver].mute()
        self.proxies[receiver, sender].swallow()

    def heal(self):
        for proxy in self.proxies.values():
            if proxy.muting or proxy.swallowing:
                proxy.cut()  # first: no link may go on behind a hole in its bytes
            proxy.heal()


def choose():
    """The best there is on this machine, or what LIMPET_E2E_NETWORK says (proxies), and says so. Once in a process."""
    way, why = _Hosts, f"hosts around {HERE}, with networks of their own"
    try:
        if os.environ.get("LIMPET_E2E_NETWORK") == "proxies":
            raise NoHosts("LIMPET_E2E_NETWORK says so")
        enter_own_network()
    except NoHosts as error:
        way, why = _Proxies, f"proxies: {error}"
    print(f"the network between the nodes: {why}", flush=True)
    return way


def link_state(node, other):
    """Of the links of all shards of a node to another one: the worst, as /status has it."""
    return next(n["link"] for n in node.status()["nodes"] if n["name"] == other)["state"]


def await_links(nodes, pairs, up):
    """Both nodes of each pair have noticed."""
    for one, other in pairs:
        for near, far in ((one, other), (other, one)):
            eventually(lambda: (link_state(nodes[near], far) == "up") == up, 20,
                       f"{near} has {'a' if up else 'no'} link to {far}")
