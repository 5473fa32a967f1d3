"""What is damaged on the disk is named, and costs the slots that it may concern."""

import os
import random
import re
import unittest

from harness.journal import contents, data_of, files_of, overwrite
from harness.journaled import Journal
from harness.resp import Error
from harness.waiting import eventually


class Damaged(Journal):
    """Bytes that are not as they were written are never taken for something else."""

    def setUp(self):
        self.node = self.kept(flags=("--shards", "1"))
        self.written = 0
        self.write(self.client(self.node))

    def write(self, client, count=100):
        for _ in range(count):  # one after the other: each is a write of its own
            self.assertEqual(client("SET", f"k{self.written}", f"value {self.written}"), "OK")
            self.written += 1

    def keys_held(self, client):
        return [i for i in range(self.written) if client("GET", f"k{i}") == b"value %d" % i]

    def damaged_start(self, *flags):
        """Starts the node on damaged files. Returns a client, and what the log says."""
        seen = len(self.node.process.log())
        client = self.start(self.node, *flags)
        self.loaded(client)
        return client, self.node.process.log()[seen:]

    def loaded(self, client):
        eventually(lambda: client.info()["loading"] == "0", 10, "all slots are loaded")

    def assertServedOrRefused(self, client):
        """Every key is as it was, or its slot is refused. Returns how many are refused."""
        refused = 0
        for i in range(self.written):
            reply = client("GET", f"k{i}")
            if isinstance(reply, Error):
                self.assertError(reply, "MISCONF", "damaged on the disk of this node and not served")
                self.assertError(client("SET", f"k{i}", "new"), "MISCONF")
                refused += 1
            else:
                self.assertEqual(reply, b"value %d" % i)
        return refused

    def test_a_byte_that_changed_is_named_by_the_log_and_costs_the_slots_that_it_may_concern(self):
        self.assertEqual(self.node.process.terminate(15), 0)
        file = files_of(self.node)[-1]
        good = contents(data_of(self.node))[os.path.basename(file)]
        rng = random.Random(1)
        for at in (0, 30, 64, len(good) // 2, *[rng.randrange(len(good) // 2) for _ in range(4)]):
            overwrite(file, at, bytes([good[at] ^ 1 << rng.randrange(8)]))
            client, told = self.damaged_start()
            named = [int(offset) for offset in re.findall(re.escape(file) + r", offset (\d+)", told)]
            self.assertTrue(any(at - 64 <= offset <= at for offset in named), (at, told))
            self.assertIn("start once with --repair", told)
            self.assertGreater(self.assertServedOrRefused(client), 0)
            self.assertEqual(self.node.process.terminate(15), 0)
            overwrite(file, at, good[at:at + 1])
        client = self.start(self.node)
        self.loaded(client)
        self.assertEqual(len(self.keys_held(client)), self.written)

    def test_damage_shows_in_readyz_info_metrics_and_wide_commands(self):
        self.assertEqual(self.node.process.terminate(15), 0)
        file = files_of(self.node)[-1]
        overwrite(file, os.path.getsize(file) // 2, b"\0")
        client, _ = self.damaged_start()
        slots = int(client.info()["limpet_slots_damaged"])
        self.assertGreater(slots, 0)
        status, _, text = self.node.get("/readyz")
        self.assertEqual(status, 200)
        self.assertIn(f"{slots} slots are damaged", text)
        self.assertIn(f"\nlimpet_slots_damaged {slots}\n", self.node.get("/metrics")[2])
        self.assertError(client("DBSIZE"), "MISCONF", f"{slots} slots are damaged")

    def test_a_repair_says_what_it_drops_serves_the_rest_and_the_next_start_is_sound(self):
        self.assertEqual(self.node.process.terminate(15), 0)
        file = files_of(self.node)[-1]
        overwrite(file, os.path.getsize(file) // 2, b"\0")
        client, told = self.damaged_start("--repair")
        self.assertIn(file, told)
        self.assertRegex(told, r"--repair: \d+ slots are served with what can be read of them")
        held = self.keys_held(client)
        self.assertEqual(len(held), self.written - 1, "one change was in the damaged place")
        self.assertEqual(client("SET", "after", "the repair"), "OK")
        eventually(lambda: not os.path.exists(file), 10, "the damaged file has been replaced by a snapshot")
        client, told = self.stopped_and_started(self.node), self.node.process.log()
        self.loaded(client)
        self.assertEqual(self.keys_held(client), held)
        self.assertEqual(client("GET", "after"), b"the repair")
        self.assertEqual(client.info()["limpet_slots_damaged"], "0")

    def test_an_end_that_was_being_written_is_cut_off_with_a_warning(self):
        for cut in (1, 5, 35):
            self.node.process.kill()
            file = files_of(self.node)[-1]
            os.truncate(file, os.path.getsize(file) - cut)
            seen = len(self.node.process.log())
            client = self.start(self.node)
            told = self.node.process.log()[seen:]
            self.assertIn(file, told)
            self.assertIn("cut off", told)
            held = self.keys_held(client)
            lost = sorted(set(range(self.written)) - set(held))
            self.assertIn(lost, ([], [self.written - 1]))
            client.pipeline([("SET", f"k{i}", f"value {i}") for i in lost])
            self.write(client)
        self.assertEqual(len(self.keys_held(self.stopped_and_started(self.node))), self.written)

    def test_a_file_that_was_only_made_is_left_out(self):
        self.node.process.kill()
        for size in (0, 20):
            with open(os.path.join(data_of(self.node), f"0000000077-000-000000{size:02}.journal"), "wb") as file:
                file.write(bytes(size))
        self.assertEqual(len(self.keys_held(self.start(self.node))), self.written)

    def test_a_missing_file_is_noticed_where_later_changes_build_on_it(self):
        first = files_of(self.node)[0]
        self.write(self.killed_and_started(self.node))
        self.stopped_and_started(self.node).pipeline([("APPEND", f"k{i}", "!") for i in range(self.written)])
        self.assertEqual(self.node.process.terminate(15), 0)
        os.rename(first, first + ".away")
        client, told = self.damaged_start()
        self.assertRegex(told, r"(?i)slot \d+|missing", "the log says what is wrong")
        refused = [i for i in range(self.written) if isinstance(client("GET", f"k{i}"), Error)]
        self.assertEqual(len(refused), 100, "those that the file had")
        self.assertEqual(self.node.process.terminate(15), 0)
        os.rename(first + ".away", first)
        client = self.start(self.node)
        self.loaded(client)
        self.assertEqual(client("GET", "k1"), b"value 1!")


if __name__ == "__main__":
    unittest.main(verbosity=2)
