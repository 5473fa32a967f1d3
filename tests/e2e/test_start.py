"""How a node starts, what it says when it cannot, and how it goes to the background."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from harness.case import E2E
from harness.ports import free_address
from harness.process import Process, alive, binary, clean_environment, die_with_parent, run
from harness.resp import Client
from harness.waiting import eventually, seconds


class Alone(unittest.TestCase):
    """limpetd without a cluster file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="limpet-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.address = free_address()

    def limpetd(self, *flags, **kwargs):
        """Runs limpetd to its end."""
        return run(binary("limpetd"), *flags, cwd=self.folder, **kwargs)

    def start(self, *flags, env=None):
        process = Process([binary("limpetd"), "--listen", self.address, *flags], os.path.join(self.folder, "log"),
                          cwd=self.folder, env=env)
        self.addCleanup(process.kill)
        return process

    def answers(self):
        with Client(self.address) as client:
            return client("PING") == "PONG"

    def test_one_node_runs_without_a_file_and_says_when_it_is_ready(self):
        process = self.start()
        process.eventually_logs("eady")
        self.assertTrue(self.answers())  # ready means ready
        self.assertIn(self.address, process.log())
        self.assertLessEqual(len(process.log().splitlines()), 12, "a short start-up")
        with Client(self.address) as client:
            self.assertEqual(client("SET", "u1", "hello"), "OK")
            self.assertEqual(client("GET", "u1"), b"hello")
        self.assertEqual(process.terminate(), 0)
        self.assertEqual(process.sanitizer_report(), "")

    def test_what_concerns_a_cluster_is_refused_and_reload_reads_the_settings(self):
        process = self.start()
        process.eventually_logs("eady")
        def ask(*words):
            done = run(binary("limpet"), "-s", self.address, "cluster", *words)
            return done.stdout + done.stderr
        self.assertEqual(ask("reload"), "no setting has changed\n")
        self.assertIn("in no cluster", ask("drain", "limpet"))
        self.assertIn("in no cluster", ask("claim", "limpet", "--yes"))
        self.assertEqual(process.terminate(), 0)

    def test_a_log_may_be_json_in_a_file(self):
        log = os.path.join(self.folder, "limpetd.json")
        process = self.start("--log-file", log, "--log-format", "json")
        eventually(self.answers, 10, "limpetd answers")
        self.assertEqual(process.terminate(), 0)
        with open(log, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertTrue(lines)
        self.assertEqual(len({tuple(line) for line in lines}), 1, "all lines have the same fields")

    def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(self):
        config = os.path.join(self.folder, "one.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write('epoch = 1\n[cluster]\nname = "x"\n[[node]]\nname = "a"\n'
                       f'client = "{self.address}"\n[server]\nmax_clients = 111\n')

        def max_clients(*flags, **env):
            done = self.limpetd("--config", config, "--node", "a", "--print-config", *flags, env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
            return next(line for line in done.stdout.splitlines() if "max_clients" in line or "max-clients" in line)
        self.assertIn("111", max_clients())
        self.assertIn("222", max_clients(LIMPET_MAX_CLIENTS="222"))
        self.assertIn("333", max_clients("--max-clients", "333", LIMPET_MAX_CLIENTS="222"))

    def test_a_port_in_use_is_named_with_what_to_do(self):
        first = self.start()
        eventually(self.answers, 10, "limpetd answers")
        done = self.limpetd("--listen", self.address)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(self.address, done.stderr)
        self.assertIn("in use", done.stderr)
        self.assertIn("--listen", done.stderr)
        self.assertTrue(first.running() and self.answers())

    def test_in_the_background_it_leaves_a_pid_file_and_takes_it_away(self):
        pid_file, log = os.path.join(self.folder, "limpetd.pid"), os.path.join(self.folder, "limpetd.log")
        done = self.limpetd("--listen", self.address, "--daemonize", "--pid-file", pid_file, "--log-file", log)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(pid_file, encoding="utf-8") as file:
            pid = int(file.read())
        self.addCleanup(lambda: alive(pid) and os.kill(pid, signal.SIGKILL))
        self.assertTrue(self.answers(), "ready when the starting command returns")
        with Client(self.address) as client:
            self.assertEqual(client.info("server")["process_id"], str(pid))
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not alive(pid), 10, "the daemon ends")
        self.assertFalse(os.path.exists(pid_file))

    def test_a_daemon_that_cannot_start_says_so_to_whoever_started_it(self):
        self.start()
        eventually(self.answers, 10, "limpetd answers")
        pid_file = os.path.join(self.folder, "second.pid")
        done = self.limpetd("--listen", self.address, "--daemonize", "--pid-file", pid_file)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("in use", done.stderr)
        self.assertFalse(os.path.exists(pid_file))

    def test_in_the_background_it_needs_none_of_the_standard_descriptors(self):
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            pid_file, log = os.path.join(self.folder, "closed.pid"), os.path.join(self.folder, "closed.log")
            code = self.run_without(closed, "--daemonize", "--pid-file", pid_file, "--log-file", log)
            self.assertEqual(code, 0, closed)
            with open(pid_file, encoding="utf-8") as file:
                pid = int(file.read())
            self.addCleanup(lambda pid=pid: alive(pid) and os.kill(pid, signal.SIGKILL))
            self.assertTrue(self.answers())
            os.kill(pid, signal.SIGTERM)
            eventually(lambda: not alive(pid), 10, "the daemon ends")
            with open(log, encoding="utf-8") as file:
                self.assertRegex(file.read(), "ready: (.|\n)*stopped\n$")
            os.unlink(log)

    def run_without(self, closed, *flags):
        """Runs limpetd with these descriptors closed, and returns its exit code."""
        closing = " ".join(f"{number}>&-" if number else "0<&-" for number in closed)
        command = ["sh", "-c", f'exec "$0" "$@" {closing}', binary("limpetd"), "--listen", self.address, *flags]
        process = Process(command, os.path.join(self.folder, "out"), cwd=self.folder)
        self.addCleanup(process.kill)
        return process.wait()

    def test_a_signal_that_comes_while_it_reads_its_file_waits_until_it_has_started(self):
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if compiler is None:
            self.skipTest("there is no C compiler")
        library, config = os.path.join(self.folder, "early.so"), os.path.join(self.folder, "early.toml")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness", "early_signal.c")
        done = run(compiler, "-std=gnu11", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'epoch = 1\n[cluster]\nname = "x"\ndurability = "none"\n[[node]]\nname = "a"\n'
                       f'client = "{self.address}"\n')
        asan = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
        process = Process([binary("limpetd"), "--config", config], os.path.join(self.folder, "log"), cwd=self.folder,
                          env={"LD_PRELOAD": library, "ASAN_OPTIONS": asan})
        self.addCleanup(process.kill)
        process.eventually_logs("reload: ")
        self.assertTrue(self.answers())
        process.kill()  # by SIGKILL: each reload opens the file, and so is followed by another

    def test_a_log_that_nobody_reads_does_not_keep_it_from_ending(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
        process = subprocess.Popen([binary("limpetd"), "--listen", self.address], stderr=writer, cwd=self.folder,
                                   env=clean_environment(), preexec_fn=die_with_parent)
        os.close(writer)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        eventually(self.answers, 10, "limpetd answers")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(seconds(5)), 0)

    def test_a_supervisor_is_told_that_it_is_ready_reloads_and_stops(self):
        path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            heard.bind(path)
            heard.settimeout(seconds(10))
            process = self.start(env={"NOTIFY_SOCKET": path})

            def states():
                return [line.split("=", 1)[0] for line in heard.recv(4096).decode().splitlines()]
            self.assertEqual(states(), ["READY", "MAINPID"])
            process.signal(signal.SIGHUP)
            self.assertEqual(states(), ["RELOADING", "MONOTONIC_USEC"])
            self.assertEqual(states(), ["READY", "MAINPID"])
            process.signal(signal.SIGTERM)
            self.assertEqual(states(), ["STOPPING"])
            self.assertEqual(process.wait(), 0)

    def test_an_empty_value_is_refused_and_starts_nothing(self):
        for flags in (("--data-dir=", "--check-config"), ("--data-dir", "", "--check-config")):
            done = self.limpetd(*flags)
            self.assertEqual(done.returncode, 1)
            self.assertIn("--data-dir is empty", done.stderr)

    def test_a_flag_that_does_not_exist_is_an_error(self):
        done = self.limpetd("--liste", self.address)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--listen", done.stderr)

    def test_version_is_one_line(self):
        done = self.limpetd("--version")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(done.stdout.strip().splitlines()), 1)
        self.assertIn("limpet", done.stdout)


class ClusterFiles(E2E):
    def setUp(self):
        self.nodes = self.cluster(start=False)

    def fails(self, *flags):
        done = run(binary("limpetd"), *flags)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_an_unknown_node_name_is_answered_with_the_known_ones(self):
        told = self.fails("--config", self.nodes.config, "--node", "n9")
        for word in ("n9", "n1", "n2", "n3", self.nodes.config):
            self.assertIn(word, told)

    def test_a_file_that_cannot_be_read_is_named(self):
        told = self.fails("--config", "/no/such/file.toml", "--node", "n1")
        self.assertIn("/no/such/file.toml", told)
        self.assertIn("No such file", told)

    def test_what_is_wrong_in_a_file_is_told_by_line_and_column(self):
        good = self.nodes.text()
        for bad, line in ((good.replace("[cluster]", "[cluster"), 3), (good.replace("durability", "durabilty"), 5),
                          (good.replace('name = "n2"', 'name = "n1"'), 14), (good + "epoch = two\n", None)):
            with open(self.nodes.config, "w", encoding="utf-8") as file:
                file.write(bad)
            for extra in ((), ("--check-config",)):
                told = self.fails("--config", self.nodes.config, "--node", "n1", *extra)
                self.assertRegex(told, r"cluster\.toml:%s:\d+: " % (line or r"\d+"))

    def test_check_config_accepts_a_good_file_and_starts_nothing(self):
        done = run(binary("limpetd"), "--config", self.nodes.config, "--node", "n1", "--check-config")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_not_built_yet_is_refused_and_not_ignored(self):
        good = self.nodes.text()
        for bad in (good.replace('durability = "none"', 'durability = "none"\nfollowers = 1'),
                    good.replace('name = "n3"', 'name = "n3"\ndirect = "127.0.0.1:7901"')):
            with open(self.nodes.config, "w", encoding="utf-8") as file:
                file.write(bad)
            self.assertRegex(self.fails("--config", self.nodes.config, "--node", "n1"), r"cluster\.toml:\d+:\d+: ")

    def test_all_ports_in_use_are_told_with_the_setting_to_change(self):
        self.nodes.start("n1")
        told = self.fails("--config", self.nodes.config, "--node", "n1")
        self.assertIn("in use", told)
        self.assertTrue(any(address in told for address in (self.nodes["n1"].client, self.nodes["n1"].peer,
                                                            self.nodes["n1"].admin)), told)

    def test_limpet_plan_counts_what_an_edit_would_move(self):
        after = os.path.join(self.nodes.folder, "after.toml")
        self.nodes.write(after, epoch=2, names=["n1", "n2"])
        done = run(binary("limpet"), "plan", self.nodes.config, after, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = json.loads(done.stdout)
        self.assertEqual({n["name"] for n in plan["before"]}, {"n1", "n2", "n3"})
        self.assertEqual({n["name"]: n["slots"] for n in plan["after"] if n["slots"]}.keys(), {"n1", "n2"})
        for side in ("before", "after"):
            self.assertEqual(sum(n["slots"] for n in plan[side]), 16384)
        least = next(n["slots"] for n in plan["before"] if n["name"] == "n3")
        self.assertTrue(least <= plan["moved_slots"] <= 1.1 * least, plan)


if __name__ == "__main__":
    unittest.main(verbosity=2)
