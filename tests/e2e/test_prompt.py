"""`limpet` at a terminal: its own tools, Tab, Ctrl-C, what it says of passwords and of the wrong port."""

import os
import pty
import select
import subprocess
import time
import unittest

from harness.case import E2E
from harness.process import binary, run
from harness.waiting import seconds

CTRL_C, CTRL_D, UP, TAB = b"\x03", b"\x04", b"\x1b[A", b"\t"


class Terminal:
    """limpet with a person in front of it."""

    def __init__(self, home, *words, env=None):
        self.fd, inner = pty.openpty()
        self.text = ""
        self.popen = subprocess.Popen([binary("limpet"), *words], stdin=inner, stdout=inner, stderr=inner,
                                      start_new_session=True, preexec_fn=lambda: self.take_terminal(inner),
                                      env={"HOME": home, "TERM": "xterm", "LC_ALL": "C.UTF-8",
                                           "PATH": os.environ["PATH"], **(env or {})})
        os.close(inner)

    @staticmethod
    def take_terminal(inner):
        import fcntl
        import termios
        fcntl.ioctl(inner, termios.TIOCSCTTY, 0)

    def send(self, data):
        os.write(self.fd, data if isinstance(data, bytes) else data.encode())

    def expect(self, wanted, within=10):
        """Reads until `wanted` stands in what came after the last thing that was expected."""
        end = time.monotonic() + seconds(within)
        while wanted not in self.text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"no {wanted!r} in {self.text!r}")
            try:
                part = os.read(self.fd, 65536)
            except OSError:  # it has ended
                part = b""
            if not part:
                raise AssertionError(f"it ended; no {wanted!r} in {self.text!r}")
            self.text += part.decode(errors="replace")
        before, self.text = self.text.split(wanted, 1)
        return before

    def type(self, line, wanted):
        """A line, and what is to be answered; then the prompt."""
        self.send(line + "\n")
        before = self.expect(wanted)
        self.expect("> ")
        return before

    def end(self):
        self.send(CTRL_D)
        return self.popen.wait(seconds(10))

    def close(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        os.close(self.fd)


class Prompt(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster()

    def terminal(self, *words, node="n1", env=None):
        home = self.nodes.folder
        terminal = Terminal(home, "-s", self.nodes[node].client, *words, env=env)
        self.addCleanup(terminal.close)
        terminal.expect("> ")
        return terminal

    def test_tools_of_limpet_work_inside(self):
        terminal = self.terminal()
        owner = self.nodes.owner_of("cart:{u42}")
        terminal.type("where cart:{u42}", f"owner: {owner} at {self.nodes[owner].client}")
        terminal.type("cluster status", "the same on all nodes that answer")
        terminal.type("follow", "settled")
        terminal.type("cluster follow", "settled")
        terminal.type("cluster reload --dry-run", "already runs epoch 1")
        terminal.type("status", "did you mean limpet cluster status?")
        terminal.type("plan", "OLD is required")
        terminal.type("SET k v", "OK")
        self.assertEqual(terminal.end(), 0)

    def test_tab_knows_commands_tools_and_what_follows_them(self):
        terminal = self.terminal()
        for typed, wanted in ((b"cluster keys" + TAB + b"k", "(integer) "), (b"whe" + TAB + b"k", "owner: "),
                              (b"cluster fol" + TAB, "settled")):
            terminal.send(typed + b"\n")
            terminal.expect(wanted)
            terminal.expect("> ")
        self.assertEqual(terminal.end(), 0)

    def test_lines_that_are_pasted_are_carried_out_one_after_the_other(self):
        terminal = self.terminal()
        terminal.send("SET pasted 'ein Käse'\nSTRLEN pasted\nECHO three\n")
        for wanted in ("OK", "(integer) 9", '"three"'):
            terminal.expect(wanted)
            terminal.expect("> ")
        self.assertEqual(terminal.end(), 0)

    def test_ctrl_c_drops_the_line_and_loses_no_history(self):
        terminal = self.terminal()
        terminal.type("SET dropped 1", "OK")
        terminal.send("SET dropped 2")
        terminal.expect("SET dropped 2")
        terminal.send(CTRL_C)
        terminal.expect("^C")
        terminal.expect("> ")
        terminal.type("GET dropped", '"1"')
        terminal.send(UP)
        terminal.expect("GET dropped")
        terminal.send(b"\n")
        terminal.expect('"1"')
        terminal.popen.kill()
        terminal.popen.wait()
        again = self.terminal()
        again.send(UP)
        again.expect("GET dropped")
        again.send(CTRL_C)
        again.expect("> ")
        self.assertEqual(again.end(), 0)

    def test_ctrl_c_ends_follow_and_not_limpet(self):
        cluster = self.cluster(start=False)
        for name in ("n1", "n2"):
            cluster[name].start().await_ready()
        terminal = Terminal(cluster.folder, "-s", cluster["n1"].client)
        self.addCleanup(terminal.close)
        terminal.expect("> ")
        terminal.send("follow\n")
        terminal.expect("n3")  # is waited for
        terminal.send(CTRL_C)
        terminal.expect("nobody watches it any more")
        terminal.expect("> ")
        terminal.type("PING", "PONG")
        self.assertEqual(terminal.end(), 0)


class Hints(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster(nodes=2, password="open sesame")

    def limpet(self, address, *words, env=None):
        done = run(binary("limpet"), "-s", address, *words, env=env or {})
        return done.returncode, done.stdout, done.stderr

    def test_without_the_password_limpet_says_how_to_give_it(self):
        address = self.nodes["n1"].client
        for words in (["GET", "k"], ["cluster", "status"], ["where", "k"], ["cluster", "reload", "--all"],
                      ["cluster", "drain", "n2"]):
            code, out, err = self.limpet(address, *words)
            self.assertEqual(code, 1, words)
            self.assertIn("--password-file FILE (-a)", err, words)
            self.assertIn("NOAUTH", out + err)
        done = run(binary("limpet"), "-s", address, stdin="GET k\n" * 100)
        self.assertEqual((done.returncode, done.stderr.count("--password-file FILE (-a)")), (1, 1))
        terminal = Terminal(self.nodes.folder, "-s", address)
        self.addCleanup(terminal.close)
        terminal.expect("> ")
        terminal.type("GET k", "Type AUTH PASSWORD, or start limpet with --password-file FILE")

    def test_the_wrong_port_is_told_what_it_is(self):
        node = self.nodes["n1"]
        code, _, err = self.limpet(node.admin, "PING")
        self.assertEqual(code, 2)
        self.assertIn(f"{node.admin} is an HTTP port", err)
        for words in (["PING"], ["cluster", "status"]):
            code, out, err = self.limpet(node.peer, *words)
            self.assertEqual(code, 1)
            self.assertIn("this is a peer port, for the nodes of a limpet cluster alone", out + err)

    def test_status_as_json(self):
        import json
        env = self.nodes.client_env()
        code, out, _ = self.limpet(self.nodes["n1"].client, "cluster", "status", "--json", env=env)
        self.assertEqual(code, 0, out)
        status = json.loads(out)
        self.assertTrue(status["whole"])
        self.assertEqual([node["name"] for node in status["nodes"]], ["n1", "n2"])
        self.assertEqual(sum(node["slots"] for node in status["nodes"]), 16384)
        self.nodes["n2"].process.freeze()
        self.addCleanup(self.nodes["n2"].process.thaw)
        code, out, _ = self.limpet(self.nodes["n1"].client, "cluster", "status", "--json", env=env)
        self.assertEqual((code, json.loads(out)["whole"]), (5, False))


if __name__ == "__main__":
    unittest.main()
