"""Peers that are known by name, and a name server that does not answer, is slow, or says something else by now.

The output says how long it took until links were up.
"""

import itertools
import time
import unittest

from harness.case import E2E
from harness.hosts import NoHosts, enter_own_network
from harness.names import NameServer, add_address, check_mounts, live_by_name, start_by_name
from harness.partitions import link_state
from harness.waiting import eventually, seconds


def setUpModule():
    global server
    try:
        enter_own_network()
        check_mounts()
        server = NameServer()
    except NoHosts as error:
        raise unittest.SkipTest(f"nobody may make networks here: {error}") from None


def tearDownModule():
    server.close()


class Names(E2E):
    _numbers = itertools.count(20)

    def begin(self, *started, nodes=2, options="timeout:5 attempts:2"):
        """A cluster by name. Those that are to be started are, and are ready."""
        self.options = options
        self.nodes = self.cluster(start=False, nodes=nodes)
        for node in self.nodes:
            address = self.new_address()
            live_by_name(node, address)
            server.set(node.name, address)
        self.nodes.write()
        self.start(*started)

    def new_address(self):
        address = f"10.99.0.{next(self._numbers)}"
        add_address(address)
        return address

    def start(self, *names):
        for name in names:
            start_by_name(self.nodes[name], options=self.options)
        for name in names:
            self.nodes[name].await_ready(within=40)
        self.began = time.monotonic()

    def links_up(self, *pairs, within, what):
        """How long it takes until these links are up, from the start of the last nodes on."""
        for near, far in pairs:
            eventually(lambda: link_state(self.nodes[near], far) == "up", within, f"{near} has a link to {far}")
        took = time.monotonic() - self.began
        print(f"{what}: {took:.2f} s", flush=True)
        self.assertLess(took, seconds(within))

    def test_a_dead_peer_whose_name_gets_no_answer_cuts_nobody_off_from_the_others(self):
        self.begin(nodes=3)
        server.silence("n3")
        self.start("n1", "n2")
        self.links_up(("n1", "n2"), ("n2", "n1"), within=3, what="the name of a third node gets no answer")
        self.nodes["n2"].process.kill()
        eventually(lambda: link_state(self.nodes["n1"], "n2") != "up", 10, "n1 has noticed")
        self.start("n2")
        self.links_up(("n1", "n2"), ("n2", "n1"), within=5, what="the same, and a node has been restarted")

    def test_a_node_is_found_where_it_was_while_no_name_gets_an_answer(self):
        self.begin("n1", "n2", options="timeout:1 attempts:2")
        self.links_up(("n1", "n2"), ("n2", "n1"), within=3, what="every name gets an answer")
        server.silence("n1", "n2")
        self.nodes["n2"].process.kill()
        eventually(lambda: link_state(self.nodes["n1"], "n2") != "up", 10, "n1 has noticed")
        self.start("n2")
        self.links_up(("n1", "n2"), within=5, what="no name gets an answer, to a node that was reached before")
        self.assertNotEqual(link_state(self.nodes["n2"], "n1"), "up")
        self.began = time.monotonic()
        server.set("n1", self.nodes["n1"].address)
        self.links_up(("n2", "n1"), within=6, what="names get answers again")

    def test_names_that_take_long_take_as_long_and_no_longer(self):
        for delay, within in ((0.7, 4), (5, 9)):
            self.begin(options="timeout:10 attempts:1")
            server.set("n2", self.nodes["n2"].address, delay=delay)
            self.start("n1", "n2")
            self.links_up(("n1", "n2"), within=within, what=f"a name takes {delay} s")

    def test_all_addresses_of_a_name_are_tried(self):
        self.begin()
        server.set("n2", self.new_address(), self.nodes["n2"].address)  # nobody listens at the first
        server.set("n1", self.nodes["n1"].address, self.new_address())
        self.start("n1", "n2")
        self.links_up(("n1", "n2"), ("n2", "n1"), within=3, what="names of two addresses, of which one refuses")

    def test_a_node_that_moves_to_another_address_is_found_there(self):
        self.begin("n1", "n2")
        self.links_up(("n1", "n2"), within=3, what="before it moves")
        node = self.nodes["n2"]
        self.assertEqual(node.process.terminate(), 0)
        node.address = self.new_address()
        server.set("n2", node.address)
        self.start("n2")
        self.links_up(("n1", "n2"), within=5, what="a node that has moved")


if __name__ == "__main__":
    unittest.main(verbosity=2)
