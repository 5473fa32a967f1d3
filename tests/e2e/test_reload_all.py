"""An edit is taken by all nodes or by none: `limpet cluster reload --all` asks first. Old files are named."""

import os
import unittest

from harness.case import E2E
from harness.process import binary, run

ALL = ["n1", "n2", "n3"]
ALL_DONE, REFUSED, NOT_WHOLE = 0, 1, 5


class ReloadCase(E2E):
    def own_files(self, **kwargs):
        """Three nodes, each with a cluster file of its own, all of them alike."""
        cluster = self.cluster(start=False, **kwargs)
        for name in ALL:
            cluster.give_own_file(name)
        return cluster.start()

    def hand_out(self, cluster, *names, **kwargs):
        for name in names or ALL:
            cluster.give_own_file(name, **kwargs)

    def reload(self, cluster, *words, node="n1"):
        done = run(binary("limpet"), "-s", cluster[node].client, "cluster", "reload", *words)
        return done.returncode, done.stdout, done.stderr

    def epochs(self, cluster, names=ALL):
        return [cluster[name].status()["cluster"]["epoch"] for name in names]


class ReloadAll(ReloadCase):
    def test_an_edit_that_all_would_take_is_taken_and_then_runs_already(self):
        cluster = self.own_files()
        self.hand_out(cluster, epoch=2, weights={"n1": 1.0, "n2": 1.0, "n3": 2.0})
        code, out, err = self.reload(cluster, "--all", "--dry-run")
        self.assertEqual((code, err), (ALL_DONE, ""))
        self.assertRegex(out, r"(?m)^n2: would take: cluster file, epoch 1 to 2$")
        self.assertEqual(self.epochs(cluster), [1, 1, 1])
        code, out, _ = self.reload(cluster, "--all")
        self.assertEqual(code, ALL_DONE, out)
        self.assertEqual(out.splitlines(), [f"{name}: in force: cluster file, epoch 1 to 2" for name in ALL])
        code, out, _ = self.reload(cluster, "--all")
        self.assertEqual(code, ALL_DONE, out)
        self.assertEqual(out.splitlines(), [f"{name}: already runs epoch 2; no setting has changed" for name in ALL])

    def refused(self, cluster, expected, *words, epochs=(1, 1, 1)):
        code, out, err = self.reload(cluster, "--all", *words)
        self.assertEqual(code, REFUSED, out)
        self.assertRegex(out, expected)
        self.assertIn("nothing was changed on any node", err)
        self.assertEqual(self.epochs(cluster), list(epochs))

    def test_one_node_that_would_refuse_keeps_the_edit_from_all(self):
        cluster = self.own_files()
        # Its own address changed, which only it refuses.
        self.hand_out(cluster, epoch=2, peers={"n2": "127.0.0.1:1"})
        path = cluster["n2"].config
        for words in ([], ["--dry-run"]):
            self.refused(cluster, rf"(?m)^n2: {path}: the addresses of node n2 itself changed", *words)
        # A mistake in one file.
        self.hand_out(cluster, epoch=2)
        with open(path, "a", encoding="utf-8") as file:
            file.write("[[node\n")
        self.refused(cluster, rf"(?m)^n2: {path}:\d+:\d+: ")
        self.assertEqual(self.reload(cluster, node="n2")[0], REFUSED)

    def test_files_that_differ_are_named_and_none_is_taken(self):
        cluster = self.own_files()
        config = {name: cluster[name].config for name in ALL}
        self.hand_out(cluster, "n1", epoch=2)
        self.refused(cluster, rf"(?m)^n3: {config['n3']} has epoch 1, and {config['n1']} of n1 has 2; give all")
        self.hand_out(cluster, epoch=2)
        self.hand_out(cluster, "n3", epoch=2, weights={"n1": 1.0, "n2": 1.0, "n3": 2.0})
        self.refused(cluster, rf"(?m)^n3: {config['n3']} has epoch 2 as {config['n1']} of n1, but other content \(")
        self.hand_out(cluster, epoch=6)
        self.assertEqual(self.reload(cluster, "--all")[0], ALL_DONE)
        self.hand_out(cluster, "n3", epoch=2)
        self.refused(cluster, rf"(?m)^n3: {config['n3']} has epoch 2, older than 6 in force", epochs=(6, 6, 6))
        self.hand_out(cluster, "n3", epoch=6, weights={"n1": 1.0, "n2": 1.0, "n3": 2.0})
        self.refused(cluster, rf"(?m)^n3: {config['n3']} has epoch 6, but epoch 6 is in force with other content",
                     epochs=(6, 6, 6))

    def test_what_is_not_in_force_everywhere_is_no_success(self):
        cluster = self.own_files()
        cluster["n3"].process.kill()
        self.hand_out(cluster, epoch=2)
        code, out, _ = self.reload(cluster, "--all")
        self.assertEqual(code, NOT_WHOLE, out)
        self.assertRegex(out, r"(?m)^n3: CLUSTERDOWN ")
        self.assertEqual(self.epochs(cluster, ["n1", "n2"]), [2, 2])
        cluster.server = {"tcp_keepalive": "77s"}
        self.hand_out(cluster, "n1", epoch=2)
        code, out, _ = self.reload(cluster)
        self.assertEqual(code, NOT_WHOLE, out)
        self.assertRegex(out, "takes a restart: tcp-keepalive")


class StaleStart(ReloadCase):
    def stopped_at_epoch_6(self):
        cluster = self.own_files()
        self.hand_out(cluster, epoch=6)
        self.assertEqual(self.reload(cluster, "--all")[0], ALL_DONE)
        cluster["n3"].process.terminate()
        return cluster

    def look(self, node, *words):
        done = run(*node.command(), *words)
        return done.returncode, done.stdout, done.stderr

    def test_a_start_with_an_older_file_says_so_on_the_terminal_and_a_reload_does_as_well(self):
        cluster = self.stopped_at_epoch_6()
        node = cluster["n3"]
        self.hand_out(cluster, "n3", epoch=2)
        expected = (rf"{node.config} has epoch 2, but this node has run epoch 6 already, which is kept in "
                    rf"{node.folder}/data/\d+\.titles")
        code, _, err = self.look(node, "--check-config")
        self.assertEqual(code, 1)
        self.assertRegex(err, expected)
        pid_file = os.path.join(node.folder, "pid")
        code, _, err = self.look(node, "--daemonize", "--pid-file", pid_file, "--log-file",
                                 os.path.join(node.folder, "its.log"))
        self.assertEqual(code, 0, err)
        with open(pid_file, encoding="utf-8") as file:
            pid = int(file.read())
        self.addCleanup(os.kill, pid, 9)
        self.assertRegex(err, expected)
        code, out, err = self.reload(cluster, node="n3")
        self.assertEqual((code, out), (REFUSED, ""))
        self.assertIn(f"{node.config} has epoch 2, older than 6 in force", err)
        self.hand_out(cluster, "n3", epoch=6)
        self.assertEqual(self.reload(cluster, node="n3")[1], "already runs epoch 6; no setting has changed\n")

    def test_a_start_with_other_content_of_the_same_epoch_is_refused_with_both_paths(self):
        cluster = self.stopped_at_epoch_6()
        node = cluster["n3"]
        self.hand_out(cluster, "n3", epoch=6, weights={"n1": 1.0, "n2": 1.0, "n3": 2.0})
        expected = (rf"{node.config} has epoch 6, but epoch 6 is in force with other content; .* is kept in "
                    rf"{node.folder}/data")
        for words in (["--check-config"], ["--daemonize", "--log-file", os.path.join(node.folder, "its.log")]):
            code, _, err = self.look(node, *words)
            self.assertEqual(code, 1)
            self.assertRegex(err, expected)

    def test_check_config_of_the_newest_file_beside_a_node_that_runs_is_in_order(self):
        cluster = self.own_files()
        self.assertEqual(self.look(cluster["n1"], "--check-config")[::2], (0, ""))


if __name__ == "__main__":
    unittest.main()
