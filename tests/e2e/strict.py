#!/usr/bin/env python3
"""How long a bystander waits while others attack its node, measured as strictly as a machine allows.

    python3 -B strict.py [--rounds 5] [--control] [FILE...]

Runs the tests with hostile clients several times, for itself alone, and prints for each attack the medians of the
bystander's p99 before and during it, [least-greatest]. The attackers have one core; the servers may use all; the
bystander goes before everybody else if it may (as root), so that what it waits for is the server. A claim holds if the
median during the attack is within three times that before or 5 ms; exits 1 if one does not. With --control the
bystander has a node of its own, so that all it notices is the machine's doing.
"""

import argparse
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

FLOOR_MS = 5.0
FILES = ["test_hostile_memory.py", "test_hostile_clients.py", "test_hostile_limits.py", "test_hostile_peers.py"]


def run_round(files, figures, control):
    cores = sorted(os.sched_getaffinity(0))
    env = dict(os.environ, LIMPET_HOSTILE_FIGURES=figures, LIMPET_TEST_CORES=",".join(map(str, cores)))
    if control:
        env["LIMPET_HOSTILE_CONTROL"] = "1"
    for file in files:
        done = subprocess.run([sys.executable, "-B", file], env=env, capture_output=True, text=True, check=False,
                              cwd=pathlib.Path(__file__).parent,
                              preexec_fn=lambda: os.sched_setaffinity(0, {cores[-1]}))
        if done.returncode != 0:
            sys.exit(f"{file} failed:\n{done.stderr[-4000:]}")


def summary(values):
    return f"{statistics.median(values):.1f} [{min(values):.1f}-{max(values):.1f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--control", action="store_true")
    parser.add_argument("files", nargs="*", default=FILES)
    asked = parser.parse_args()

    figures = collections.defaultdict(lambda: ([], []))
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "figures")
        for _ in range(asked.rounds):
            run_round(asked.files, str(path), asked.control)
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            before, during = figures[line["claim"].rsplit(".", 1)[-1]]
            before.append(1000 * line["before"]["p99"])
            during.append(1000 * line["during"]["p99"])

    broken = 0
    print("| attack | p99 before, ms | p99 during, ms | bound | |\n|---|---|---|---|---|")
    for claim, (before, during) in figures.items():
        limit = max(3 * statistics.median(before), FLOOR_MS)
        held = statistics.median(during) <= limit
        broken += not held
        name = claim.removeprefix("test_").replace("_", " ")
        print(f"| {name} | {summary(before)} | {summary(during)} | {limit:.1f} | {'ok' if held else 'missed'} |")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
