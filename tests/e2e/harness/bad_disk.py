"""A disk that fails or hangs when it is told to: see bad_disk.c. The program under test is the real one."""

import os
import pathlib
import shutil

from .journal import data_of
from .process import Process, run

_SOURCE = str(pathlib.Path(__file__).with_name("bad_disk.c"))


class NoBadDisk(Exception):
    """It cannot be made here."""


class BadDisk:
    """The disk of one node. Good until it gets an order: "CALL WORD DEED"."""

    def __init__(self, node):
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if compiler is None:
            raise NoBadDisk("there is no C compiler")
        self.node = node
        self._library, self._orders, self._calls = (os.path.join(node.folder, name) for name in
                                                    ("bad_disk.so", "orders", "calls"))
        # A sanitizer of its own would come before that of the program, which wants to be the first.
        done = run(compiler, "-std=gnu11", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", self._library, _SOURCE,
                   "-ldl", "-lpthread")
        if done.returncode != 0:
            raise NoBadDisk(done.stderr.strip())

    def start(self, *flags):
        """Starts the node on it."""
        # AddressSanitizer would refuse to run behind another library; it works behind this one.
        asan = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
        node = self.node
        env = {"LD_PRELOAD": self._library, "ASAN_OPTIONS": asan, "BAD_DISK_FOLDER": os.path.realpath(data_of(node)),
               "BAD_DISK_ORDERS": self._orders, "BAD_DISK_CALLS": self._calls}
        node.process = Process(node.command(*flags), os.path.join(node.folder, "log"), env=env, cwd=node.folder)
        return node

    def order(self, *orders):
        """From now on these orders hold, and no others."""
        fresh = self._orders + ".new"
        with open(fresh, "w", encoding="utf-8") as file:
            file.writelines(f"{order}\n" for order in orders)
        os.replace(fresh, self._orders)

    def heal(self):
        self.order()

    def syncs(self):
        """What came of the syncs of each file so far: {name: ["good", ...]}."""
        found = {}
        if os.path.exists(self._calls):
            with open(self._calls, encoding="utf-8") as file:
                for line in file:
                    path, deed = line.rsplit(" ", 1)
                    found.setdefault(os.path.basename(path), []).append(deed.strip())
        return found
