"""What a process takes of the machine: memory, descriptors, time of a core."""

import os
import resource
import time

from .waiting import SLOWNESS, eventually

MIB = 1 << 20
# Sanitizers keep freed memory for a while, and shadows of all memory.
_SANITIZERS_KEEP = 1024 * MIB


def allowance(count):
    """So many bytes of growth on an ordinary build; more where a sanitizer holds memory of its own."""
    return count if SLOWNESS == 1 else 3 * count + _SANITIZERS_KEEP


def _status(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(field + ":"))


def resident(pid):
    """Bytes of memory that the process has now."""
    return _status(pid, "VmRSS")


def peak(pid):
    """The most bytes that it had since forget_peak()."""
    return _status(pid, "VmHWM")


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


class Growth:
    """How much more memory a process has than at the start: at the most, and now."""

    def __init__(self, pid):
        self.pid = pid
        forget_peak(pid)
        self.start = resident(pid)

    def most(self):
        return peak(self.pid) - self.start

    def now(self):
        return resident(self.pid) - self.start


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def core_seconds(pid):
    """Time of a core that the process has used so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def core_share(pid, over=1.0):
    """How much of one core the process takes, over so many seconds from now."""
    began, used = time.monotonic(), core_seconds(pid)
    eventually(lambda: time.monotonic() - began >= over, 2 * over, "the time of the measurement is over")
    return (core_seconds(pid) - used) / (time.monotonic() - began)


def room_for_descriptors(count):
    """Lets this process open so many files, or as many as it may; returns how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        soft = min(count, hard) if hard != resource.RLIM_INFINITY else count
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
