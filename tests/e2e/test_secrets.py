"""Secrets and passwords are changed node by node, and the files that hold them may have been made with any editor."""

import os
import signal
import subprocess
import threading
import unittest

from harness.case import E2E
from harness.ports import free_address
from harness.process import binary, clean_environment, die_with_parent, run
from harness.resp import Closed
from harness.waiting import eventually, seconds


class Writer(threading.Thread):
    """Counts one key up on one node after the other, through n1, until it is told to stop; keeps what went wrong."""

    def __init__(self, nodes, password):
        super().__init__(daemon=True)
        self.client = nodes["n1"].connect()
        self.client("AUTH", password)
        self.keys = [nodes.key_of(name, "count") for name in ("n1", "n2", "n3")]
        self.rounds = 0
        self.wrong = []
        self.done = threading.Event()
        self.start()

    def run(self):
        while not self.done.wait(0.002):
            self.rounds += 1
            for key in self.keys:
                try:
                    reply = self.client("INCR", key)
                except (OSError, Closed) as error:
                    reply = error
                if reply != self.rounds:
                    self.wrong.append(reply)
                    return

    def stop(self):
        self.done.set()
        self.join(seconds(20))
        return self.wrong


class Rotation(E2E):
    def setUp(self):
        self.nodes = self.cluster(secret="old secret", password="old password")

    def write(self, secrets, passwords):
        self.nodes.write_file("secret_file", "".join(line + "\n" for line in secrets))
        self.nodes.write_file("password_file", "".join(line + "\n" for line in passwords))

    def hang_up(self, name):
        process = self.nodes[name].process
        seen = len(process.log())
        process.signal(signal.SIGHUP)
        eventually(lambda: "the cluster's secret: in force" in process.log()[seen:], 5, f"{name} has read the files")

    def may_enter(self, name, password):
        """On each shard: connections are dealt out to them in turn."""
        return [self.client(self.nodes[name])("AUTH", password) == "OK" for _ in range(4)]

    def restart(self, name):
        self.assertEqual(self.nodes[name].process.terminate(), 0)
        self.nodes[name].start().await_ready()

    def test_it_is_changed_node_by_node_under_a_client_and_none_is_cut_off(self):
        writer = Writer(self.nodes, "old password")
        self.write(["new secret", "old secret"], ["new password", "old password"])
        for name in ("n1", "n2", "n3"):
            self.hang_up(name)
        for name in ("n1", "n2", "n3"):
            eventually(lambda n=name: all(self.may_enter(n, "new password")), 5, "the new password is accepted")
            self.assertTrue(all(self.may_enter(name, "old password")), "and so is the old one")
        self.write(["new secret"], ["new password"])
        for name in ("n1", "n2", "n3"):
            self.hang_up(name)
        self.assertEqual(writer.stop(), [], self.nodes.logs())
        self.assertGreater(writer.rounds, 10)
        for name in ("n1", "n2", "n3"):
            eventually(lambda n=name: not any(self.may_enter(n, "old password")), 5, "the old password is refused")
            self.assertTrue(all(self.may_enter(name, "new password")))

    def test_nodes_that_are_restarted_in_the_middle_of_it_find_each_other(self):
        self.write(["new secret", "old secret"], ["old password"])
        self.restart("n2")  # knows both; the others the old one
        self.nodes.await_links()
        self.hang_up("n1")
        self.hang_up("n3")
        self.write(["new secret"], ["old password"])
        self.restart("n1")  # knows the new one; the others both
        self.nodes.await_links()

    def test_a_node_with_another_secret_is_cut_off_until_it_reads_the_right_one(self):
        self.write(["wrong secret"], ["old password"])
        self.assertEqual(self.nodes["n3"].process.terminate(), 0)
        self.nodes["n3"].start()

        def link_of_n1():
            return next(node["link"] for node in self.nodes["n1"].status()["nodes"] if node["name"] == "n3")
        eventually(lambda: "secret" in (link_of_n1()["last_error"] or ""), 10, "n1 says why n3 is out of reach")
        self.write(["old secret"], ["old password"])
        self.nodes["n3"].process.signal(signal.SIGHUP)
        self.nodes["n3"].await_ready()
        self.nodes.await_links()


class Files(E2E):
    """What is wrong with a file is named, whatever it is."""

    def check(self, *flags, env=None):
        return run(binary("limpetd"), "--check-config", *flags, env=env or {})

    def path(self, name, data):
        path = os.path.join(self.nodes.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o600)
        return path

    def setUp(self):
        self.nodes = self.cluster(start=False, nodes=1)

    def test_of_a_secret_or_password(self):
        for data, said in ((b"\xff\xfeo\0n\0e\0", "f:1: this is UTF-16"), (b"one\0", "f:1: a NUL byte"),
                           (b"", "f: empty"), (b"a\nb\nc\n", "f:3: a third secret")):
            done = self.check("--secret-file", self.path("f", data))
            self.assertEqual(done.returncode, 1, data)
            self.assertIn(said, done.stderr)
        for data, said in ((b"\xef\xbb\xbfone\r\n", "f:1: begins with a byte order mark"),
                           (b"one \n", "f:1: begins or ends"),
                           (b"\none\n", "f:1: blank"), (b"p\xe4ss\n", "f:1: byte 0xe4 is no UTF-8")):
            done = self.check("--secret-file", self.path("f", data))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(said, done.stderr)

    def test_of_a_cluster_file(self):
        text = self.nodes.text()
        for data, said in ((text.encode("utf-16"), "f:1:1: this is UTF-16"),
                           (text.encode("utf-16-le"), "f:1:2: a NUL byte"),
                           (text.encode() + b"# caf\xe9\n", ": byte 0xe9 is no UTF-8")):
            done = self.check("--config", self.path("f", data))
            self.assertEqual(done.returncode, 1, data)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.check("--config", self.path("f", b"\xef\xbb\xbf" + text.encode())).returncode, 0)

    def test_what_is_no_file_is_named_as_what_it_is(self):
        pipe = os.path.join(self.nodes.folder, "pipe")
        os.mkfifo(pipe)
        for path, said in ((pipe, "it is a pipe, and not a file"), (self.nodes.folder, "Is a directory"),
                           ("/dev/null", "it is a device, and not a file")):
            for flag in ("--config", "--secret-file", "--password-file"):
                done = self.check(flag, path)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr)

    def test_a_password_alone_is_refused_with_its_line_and_what_to_add(self):
        password = self.path("password", b"sesame\n")
        self.nodes.write(files={"password_file": password})
        for flags in ((), ("--node", "n1")):
            done = self.check("--config", self.nodes.config, *flags)
            self.assertEqual(done.returncode, 1)
            self.assertIn("cluster.toml:6: a password, but no secret between nodes", done.stderr)
            self.assertIn("add secret_file", done.stderr)
        started = run(binary("limpetd"), "--config", self.nodes.config, "--node", "n1")
        self.assertEqual(started.returncode, 1)
        self.assertIn("a password, but no secret", started.stderr)
        self.assertEqual(self.check("--config", self.nodes.config, "--trust-peer-port").returncode, 0)

    def test_what_people_hand_in_reaches_no_terminal_as_it_is(self):
        evil = "n9\r\x1b[2Jall is well"
        config = ["--config", self.nodes.config]
        nowhere = f"{self.nodes.config}/{evil}"  # under a file nobody makes a directory
        for command, env in ((["limpetd", "--check-config", *config], {"LIMPET_NODE": evil}),
                             (["limpetd", "--config", nowhere], {}),
                             (["limpetd", *config, "--node", "n1", "--secret-file", nowhere], {}),
                             (["limpetd", f"--{evil}"], {}),
                             (["limpetd", "--listen", evil], {}),
                             (["limpetd", "--listen", free_address(), "--log-file", nowhere], {}),
                             (["limpetd", "--listen", free_address(), "--data-dir", nowhere], {}),
                             (["limpet", "plan", nowhere, self.nodes.config], {}),
                             (["limpet", "journal", "verify", nowhere], {}),
                             (["limpet", "-s", evil, "PING"], {}),
                             (["limpet", "-a", nowhere, "PING"], {}),
                             (["limpet", f"--{evil}"], {})):
            # As bytes: text would make a line end of a CR.
            done = subprocess.run([binary(command[0]), *command[1:]], stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=seconds(20), env=clean_environment(**env), check=False,
                                  preexec_fn=die_with_parent)
            self.assertNotEqual(done.returncode, 0, command)
            self.assertTrue(done.stderr, command)
            for byte in b"\r", b"\x1b":
                self.assertNotIn(byte, done.stdout + done.stderr, command)


if __name__ == "__main__":
    unittest.main(verbosity=2)
