"""Programs that are started here. None outlives the script: the kernel kills them if it dies, however it dies."""

import ctypes
import os
import re
import shutil
import signal
import subprocess

from .fault import Fault

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _environment():
    """Without settings that were meant for somebody else's limpetd."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LIMPET_")}


def program(name):
    """The path of an installed program, also where the PATH leaves out the folders for servers."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")
    if not path:
        raise Fault(f"{name} is not installed")
    return path


def _on(cores, command):
    return ["taskset", "-c", cores, *command] if cores else list(command)


# A session of their own: Ctrl-C at the terminal reaches the script alone, which then ends them in its own order.
_OPTIONS = {"preexec_fn": _die_with_parent, "start_new_session": True}


def finish(command, cores=None, within=300, **options):
    """Runs a program to its end on those cores, and returns its standard output."""
    try:
        done = subprocess.run(_on(cores, command), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=within, env=_environment(), **_OPTIONS, **options)
    except subprocess.TimeoutExpired:
        raise Fault(f"{os.path.basename(command[0])} did not end within {within} s") from None
    if done.returncode != 0:
        raise Fault(f"{' '.join(command)} ended with {done.returncode}: {(done.stderr or done.stdout)[-500:].strip()}")
    return done.stdout


class Child:
    """A program that keeps running on those cores, with its output in a file of `folder`."""

    def __init__(self, name, command, folder, cores=None, stdin=subprocess.DEVNULL):
        self.name = name
        self._log = os.path.join(folder, name.replace(" ", "-") + ".log")
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(_on(cores, command), stdin=stdin, stdout=log, stderr=log, cwd=folder,
                                            env=_environment(), **_OPTIONS)

    def log(self):
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def must_run(self):
        if self.process.poll() is not None:
            raise Fault(f"{self.name} ended with {self.process.returncode}: {self.log()[-1000:].strip()}")

    def cpu_seconds(self):
        """User and system time of all its threads, and of the processes it forked that have ended."""
        self.must_run()
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stat:
            fields = re.sub(r"^.*\) ", "", stat.read()).split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        """Exact, unlike VmRSS, to which each thread adds only now and then."""
        self.must_run()
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="utf-8") as rollup:
            return int(re.search(r"^Rss:\s+(\d+) kB", rollup.read(), re.M).group(1)) * 1024

    def kill(self):
        """Without a word, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self, within=20):
        if self.process.stdin:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(within)
            raise Fault(f"{self.name} did not end within {within} s of SIGTERM") from None


def cpu_seconds(children):
    return sum(child.cpu_seconds() for child in children)
