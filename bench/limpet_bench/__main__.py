"""Runs the parts that were asked for, and writes their tables. Called by scripts/bench, which explains it."""

import argparse
import os
import signal
import sys
import tempfile
import time

from .bench import Bench
from .children import finish, program
from .fault import Fault, say
from .parts import PARTS
from .sizes import FULL, QUICK
from .table import MISSED, OK


def main():
    given = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        return _run(given)
    except Fault as fault:
        say(f"bench: {fault}")
        return 1
    except KeyboardInterrupt:
        say("bench: interrupted; everything that was started has ended")
        return 130


def _arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="limpet beside its peers, as ratios.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="of " + ", ".join(PARTS) + "; without any, all")
    parser.add_argument("--rounds", type=int, help="how often the peers take turns; their medians count")
    parser.add_argument("--quick", action="store_true", help="small counts, to see that everything works")
    parser.add_argument("--markdown", metavar="FILE", help="write the tables to a file as well")
    parser.add_argument("--bin", metavar="DIR", required=True, help="where limpetd and limpet are")
    given = parser.parse_intermixed_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"there is no part '{unknown[0]}'; there are {', '.join(PARTS)}")
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds is at least 1")
    return given


def _run(given):
    sizes = QUICK if given.quick else FULL
    with tempfile.TemporaryDirectory(prefix="limpet-bench-") as folder:
        bench = Bench(os.path.abspath(given.bin), folder, sizes, given.rounds or sizes.rounds)
        _needs(bench)
        written, verdicts, failed = [_heading(bench, given.quick)], {OK: 0, MISSED: 0}, []
        print(written[0], flush=True)
        for part in given.parts or PARTS:
            try:
                for table in PARTS[part].run(bench):
                    written.append(table.markdown())
                    print(written[-1], flush=True)
                    for verdict in verdicts:
                        verdicts[verdict] += table.count(verdict)
            except (Fault, OSError) as fault:
                failed.append(part)
                written.append(f"The part {part} failed: {fault}\n")
                print(written[-1], flush=True)
            _write(given.markdown, written)
    print(f"{verdicts[OK]} targets reached, {verdicts[MISSED]} missed; parts that failed:", *(failed or ["none"]))
    return 1 if failed else 0


def _needs(bench):
    if not {0, 1} <= os.sched_getaffinity(0):
        raise Fault("cores 0 and 1 are needed: one for the servers, one for what loads them")
    for name in ("limpetd", "limpet"):
        if not os.access(bench.binary(name), os.X_OK):
            raise Fault(f"there is no {name} in {bench.binaries}")


def _heading(bench, quick):
    """Which programs, which machine, how often: without them figures cannot be read."""
    version = finish([bench.binary("limpetd"), "--version"]).strip()
    peer = finish([program("redis-server"), "--version"]).split("v=")[1].split()[0]
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    text = (f"{version}, redis-server {peer}; {os.cpu_count()} cores ({models[0] if models else 'unknown'}), Linux "
            f"{os.uname().release}; {bench.rounds} rounds; {time.strftime('%Y-%m-%d')}.\n\n"
            "Figures are medians of the rounds. A ratio is the median of the rounds' own ratios, [least–greatest].\n")
    return "**A quick run: these figures mean nothing.**\n\n" + text if quick else text


def _write(path, written):
    if path:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(written))


sys.exit(main())
