"""A node kills itself at each moment of a hand-over that has a name (LIMPET_KILL_AT), and is started again.

The moments are those that limpetd names: a new one is tested without a word here.
"""

import signal
import unittest

from harness.filled import MovingCase
from harness.moving import Counters, await_settled
from harness.process import binary, run
from harness.resp import Error
from harness.waiting import eventually

NAMES = ["n1", "n2", "n3"]
# What moves is n3's share: few slots, so that each of many moves is over soon; many more than check_all() counts to.
WEIGHTS = {"n1": 1.0, "n2": 1.0, "n3": 0.05}
ALLOWED = {"CLUSTERDOWN", "TRYAGAIN", "LOADING", "INDOUBT"}

# What only comes once the source has died after its commit, and the target asks. So both of them die, one after the
# other, or the source twice.
FATE = {"hears-ask", "answers-committed", "asks-fate", "hears-committed"}


def moments():
    """All that there are, as the error of a wrong name lists them."""
    told = run(binary("limpetd"), "--check-config", env={"LIMPET_KILL_AT": "?"})
    assert told.returncode == 1, told
    return told.stderr.split("there are ")[1].strip().split(", ")


class KillPoints(MovingCase):
    def begin(self, mode):
        self.nodes = self.cluster(start=False, flags=["--durability", mode])
        self.epoch, self.kept = 1, mode != "none"
        self.nodes.write(weights=WEIGHTS)
        self.nodes.start()
        self.fill(self.nodes["n2"])

    def move(self):
        """n3 gives its slots to the others, or with the next cluster file they give them back; nothing else moves."""
        self.epoch += 1
        states = {} if self.epoch % 2 else {"n3": "down"}
        self.nodes.write(epoch=self.epoch, weights=WEIGHTS, states=states)
        for node in self.nodes:
            if node.process.running():
                node.process.signal(signal.SIGHUP)

    def await_file(self):
        eventually(lambda: all(n.status()["cluster"]["epoch"] == self.epoch for n in self.nodes), 10, "one file")

    def start(self, name, moment=None):
        self.nodes[name].start(env={"LIMPET_KILL_AT": moment} if moment else {})

    def restart(self, moment_of):
        await_settled(self.nodes, NAMES)
        for name in moment_of:
            self.assertEqual(self.nodes[name].process.terminate(), 0)
        for name, moment in moment_of.items():
            self.start(name, moment)
        for name in moment_of:
            self.nodes[name].await_ready()
        self.nodes.await_links()
        await_settled(self.nodes, NAMES)

    def await_dead(self, moment):
        """The node that has killed itself."""
        dead = eventually(lambda: next((n for n in NAMES if not self.nodes[n].process.running()), None), 20,
                          f"a node gets to {moment}")
        self.assertEqual(self.nodes[dead].process.wait(), -signal.SIGKILL, f"{dead} at {moment}")
        return dead

    def die(self, giver, first, moment):
        """Slots move, and nodes die: the one that gives at the first moment, if there is one, and whoever gets to the
        other. Returns which."""
        self.move()
        if not first:
            return [self.await_dead(moment)]
        self.assertEqual(self.await_dead(first), giver)
        self.start(giver, moment)
        return [giver, self.await_dead(moment)]

    def check_moment(self, moment, time):
        if moment in FATE and self.epoch % 2:
            self.restart({"n1": None, "n3": None})
            self.move()  # so that what is given next all goes to one node
            self.await_file()
        giver, taker = ("n3", "n1") if self.epoch % 2 else ("n1", "n3")
        # Whoever of the two gets there dies; the other one never does.
        first = f"asks-grant:{time}" if moment in FATE else None
        at = moment if first else f"{moment}:{time}"
        self.restart({giver: first or at, taker: at})
        self.counters = Counters([self.nodes[name].client for name in NAMES], clients=3, name=moment, kept=self.kept)
        with self.counters:
            self.counters.await_more(30)
            dead = self.die(giver, first, at)
            self.counters.await_more(30)
            self.start(dead[-1])
            self.await_file()
            await_settled(self.nodes, NAMES)
            self.counters.await_more(30)
        self.assertEqual(self.counters.wrong(self.client(self.nodes["n2"])), [])
        for thread in self.counters.threads:
            codes = {error.code if isinstance(error, Error) else "broken" for error in thread.errors}
            at_dead = any(thread.address == self.nodes[name].client for name in dead)
            self.assertLessEqual(codes, ALLOWED | {"broken"} if at_dead else ALLOWED)

    def check_all(self, mode, names):
        self.begin(mode)
        for number, moment in enumerate(names):
            time = 1 + number % 4 * 3
            try:
                self.check_moment(moment, time)
            except (AssertionError, OSError) as error:
                raise AssertionError(f"{moment}:{time}, durability {mode}") from error
        if self.kept:
            self.expect_filled(self.nodes["n2"])

    def test_a_node_that_dies_at_any_moment_of_a_hand_over_loses_nothing_and_doubles_nothing(self):
        self.check_all("interval", moments())

    def test_nor_does_one_that_answers_only_what_is_synced(self):
        self.check_all("always", ["appends-ceded", "answers-prepared", "hears-grant", "drops-copy"])

    def test_without_a_journal_slots_find_their_owner_all_the_same(self):
        self.check_all("none", ["syncs-promise", "asks-grant", "appends-own"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
