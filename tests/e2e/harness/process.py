"""A child process with its output in a file. It cannot outlive the test: the kernel kills it if the test dies."""

import ctypes
import os
import pathlib
import signal
import subprocess

from .waiting import eventually, seconds

_BUILT = str(pathlib.Path(__file__).resolve().parents[3] / "build" / "release" / "bin")

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

# A test may be confined to one core and leave the others to the servers that it starts.
_CORES = {int(core) for core in os.environ.get("LIMPET_TEST_CORES", "").split(",") if core}

# What a sanitizer writes when it has found something.
_REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:",
            "ThreadSanitizer: ")


def die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if _CORES:
        os.sched_setaffinity(0, _CORES)


def binary(name):
    """The path of one of the programs under test."""
    return os.path.abspath(os.path.join(os.environ.get("LIMPET_BIN_DIR", _BUILT), name))


def clean_environment(**extra):
    """The environment without settings that were meant for somebody else's limpetd."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("LIMPET_")}
    env.update(extra)
    return env


def run(*command, within=30, stdin="", **kwargs):
    """Runs a program to its end, and returns it with .returncode, .stdout and .stderr as text."""
    return subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=seconds(within),
                          preexec_fn=die_with_parent, env=clean_environment(**kwargs.pop("env", {})), **kwargs)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Process:
    """A program that keeps running, with standard output and error going to `log`, or error elsewhere."""

    def __init__(self, command, log, env=None, cwd=None, stderr=None):
        self.command = command
        self.log_path = log
        self.stopped = False
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=stderr or out,
                                          cwd=cwd, preexec_fn=die_with_parent, env=clean_environment(**(env or {})))

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def signal(self, number):
        self.popen.send_signal(number)

    def freeze(self):
        """Stops the process where it stands, as a paused machine would. Returns when its last thread stands still."""
        self.signal(signal.SIGSTOP)
        eventually(lambda: os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG), 10, f"{self.pid} stands still")
        self.stopped = True

    def thaw(self):
        self.signal(signal.SIGCONT)
        self.stopped = False

    def kill(self):
        """Ends the process without giving it a chance to say anything."""
        if self.running():
            self.signal(signal.SIGKILL)
        self.popen.wait(seconds(10))

    def wait(self, within=10):
        """Waits for the process to end by itself, and returns its exit code."""
        return self.popen.wait(seconds(within))

    def terminate(self, within=10):
        """SIGTERM; returns the exit code."""
        if self.running():
            if self.stopped:
                self.thaw()
            self.signal(signal.SIGTERM)
        try:
            return self.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.command[0]} did not end within {seconds(within):g} s of SIGTERM") from None

    def eventually_logs(self, text, within=10):
        eventually(lambda: text in self.log(), within, f"{text!r} in {self.log_path}")

    def sanitizer_report(self):
        text = self.log()
        starts = [text.find(word) for word in _REPORTS if word in text]
        return text[max(0, min(starts) - 200):][:8000] if starts else ""
