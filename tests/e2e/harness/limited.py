"""Programs that may open few files: from their start, or from now on."""

import ctypes
import os
import pathlib
import resource
import sys

from .load import descriptors
from .process import Process

_PR_CAPBSET_DROP, _CAP_SYS_RESOURCE = 24, 24


def start_limited(node, files, *flags):
    """Starts a node that may open so many files, and cannot raise that."""
    launcher = [sys.executable, "-B", "-m", __name__, str(files)]
    node.process = Process(launcher + node.command(*flags), os.path.join(node.folder, "log"), cwd=node.folder,
                           env={"PYTHONPATH": str(pathlib.Path(__file__).parents[1])})
    return node


def leave_descriptors(pid, count):
    """From now on the process may open this many files more; returns a function that takes the limit away again."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (descriptors(pid) + count, hard))
    return lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def _launch(files, command):
    # Else root would raise the limit again.
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_SYS_RESOURCE, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.execv(command[0], command)


if __name__ == "__main__":
    _launch(int(sys.argv[1]), sys.argv[2:])
