"""Nodes that keep a journal: its files, all that a node holds, a load that knows what must be there, a small disk."""

import itertools
import os
import random
import threading
from collections import deque

from .process import Process
from .resp import Client, Error, encode
from .waiting import eventually, seconds

FAR = 4_102_444_800  # a time-out that does not pass while a test lasts: in the year 2100


def files_of(node):
    """The paths of its journal files, those of the first run first."""
    folder = data_of(node)
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".journal")]


def data_of(node):
    return os.path.join(node.folder, "data")


def contents(folder):
    """All files of a folder as {name: bytes}."""
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    return found


def overwrite(path, offset, data):
    """Puts other bytes in the place of those that stand there."""
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


def names(client):
    """All keys there are."""
    keys, cursor = [], b"0"
    while True:
        cursor, part = client("SCAN", cursor, "COUNT", 1000)
        keys += part
        if cursor == b"0":
            return keys


def dump(client, keys=None):
    """What those keys are, or all: {key: (value, time-out in ms; -1: none)}. A hash is a dictionary."""
    keys = names(client) if keys is None else keys
    hashes = {key for key, kind in zip(keys, client.pipeline([("TYPE", key) for key in keys])) if kind == "hash"}
    values = client.pipeline([("HGETALL" if key in hashes else "GET", key) for key in keys])
    times = client.pipeline([("PEXPIRETIME", key) for key in keys])
    return {key: (paired(value) if key in hashes else value, time) for key, value, time in zip(keys, values, times)}


def paired(reply):
    return dict(zip(reply[::2], reply[1::2]))


# ---- Load ----------------------------------------------------------------------------------------------------------
# What a key is: its value, and its time-out or -1. A value is None, bytes, a dictionary, or for a pair two of those.
_NOTHING = (None, -1)


class _Key:
    """A key of one writer. Its states: as of the last acknowledged command, and as of each one sent after that."""

    def __init__(self, name):
        self.name = name
        self.states = [_NOTHING]

    def next(self, rng, number):
        """The next command, what it makes of the key, and what its reply is to be."""
        value, time = self.states[-1]
        dice = rng.random()
        if value is not None and dice < 0.06:
            return ("DEL", self.name), _NOTHING, 1
        if dice < 0.14:
            at = FAR + number
            reply = 0 if value is None else 1
            return ("EXPIREAT", self.name, at), (_NOTHING if value is None else (value, at)), reply
        return self.write(rng, number, value, time)

    def reads(self):
        return [("GET", self.name), ("EXPIRETIME", self.name)]

    def found(self, replies):
        """The state that the replies to reads() show."""
        value, time = replies
        return value, (-1 if value is None else time)


class _Counter(_Key):
    def write(self, rng, number, value, time):
        if rng.random() < 0.3:
            return ("SET", self.name, number), (b"%d" % number, -1), "OK"
        count = int(value or 0) + 1
        return ("INCR", self.name), (b"%d" % count, time), count


class _Text(_Key):
    def write(self, rng, number, value, time):
        piece = b"%d," % number * rng.randrange(1, 6)
        if rng.random() < 0.1:
            return ("SET", self.name, piece), (piece, -1), "OK"
        text = (value or b"") + piece
        return ("APPEND", self.name, piece), (text, time), len(text)


class _Hash(_Key):
    def write(self, rng, number, value, time):
        fields, name = dict(value or {}), b"f%d" % rng.randrange(6)
        if rng.random() < 0.15:
            gone = fields.pop(name, None)
            return ("HDEL", self.name, name), ((fields, time) if fields else _NOTHING), int(gone is not None)
        reply = int(name not in fields)
        fields[name] = b"%d" % number
        return ("HSET", self.name, name, number), (fields, time), reply

    def reads(self):
        return [("HGETALL", self.name), ("EXPIRETIME", self.name)]

    def found(self, replies):
        return super().found((paired(replies[0]) or None, replies[1]))


class _Pair(_Key):
    """Two keys of one session that are always written together."""

    def next(self, rng, number):
        value = b"%d" % number
        return ("MSET", self.name + "/a", value, self.name + "/b", value), ((value, value), -1), "OK"

    def reads(self):
        return [("MGET", self.name + "/a", self.name + "/b")]

    def found(self, replies):
        return _NOTHING if replies[0] == [None, None] else (tuple(replies[0]), -1)


class _Page(_Key):
    """A string of some KiB, written anew each time."""

    def next(self, rng, number):
        value = b"%6d," % number * 150 * rng.randrange(1, 2 * self.kib)
        return ("SET", self.name, value), (value, -1), "OK"


class _Writer(threading.Thread):
    """One client and its keys. It ends with its connection, or with an error that leaves open what was done."""

    def __init__(self, keys, seed, address, load):
        super().__init__(daemon=True)
        self.keys, self.rng, self.address, self.load = keys, random.Random(seed), address, load
        self.in_flight = deque()
        self.acknowledged = 0
        self.over = threading.Event()
        self.wrong = None  # what must not have been

    def run(self):
        try:
            with Client(self.address, 20) as client:
                try:
                    while not self.over.is_set():
                        self.send(client)
                        self.take(client, 0 if self.load.pages else self.rng.choice((0, 30)))
                except TimeoutError:
                    raise
                except OSError:
                    pass
                self.take(client, 0)  # what was answered before the end is still to be read
        except TimeoutError as error:
            self.wrong = error
        except OSError:
            pass
        except Exception as error:  # the test shows it
            self.wrong = error

    def send(self, client):
        requests = []
        for _ in range(1 if self.load.pages else self.rng.randrange(1, 25)):
            key = self.rng.choice(self.keys)
            args, state, reply = key.next(self.rng, next(self.load.numbers))
            key.states.append(state)
            self.in_flight.append((key, args, state, reply))
            requests.append(encode(*args))
        client.send_raw(b"".join(requests))

    def take(self, client, left):
        """Reads replies until so many are not there yet."""
        while len(self.in_flight) > left:
            reply = client.read()
            key, args, state, wanted = self.in_flight.popleft()
            if isinstance(reply, Error) and reply.code in self.load.refusals:
                key.states.pop()  # it was not done, and nothing was sent after it
            elif isinstance(reply, Error) and reply.code in self.load.doubts:
                if not self.load.pages:
                    self.in_flight.clear()
                    self.over.set()
            else:
                assert reply == wanted, (reply, wanted, _short(args))
                while key.states[0] is not state:
                    key.states.pop(0)
                self.acknowledged += 1


class Load:
    """Some clients that write on keys of their own, and what must be there after an end however sudden.

    `name` makes the name of a key from a word for it. `pages`: instead of a pipeline of small writes, strings of about
    so many KiB, each sent when the one before was answered. A write that is answered with one of `refusals` was not
    done, one with one of `doubts` may have been; in a pipeline the latter ends its client.
    """

    def __init__(self, seed, clients=4, keys=24, name="{{{}}}".format, pages=0, refusals=(), doubts=()):
        self.rng = random.Random(seed)
        self.pages, self.refusals, self.doubts = pages, refusals, doubts
        kinds = [_Page] if pages else [_Counter, _Text, _Hash, _Pair]
        self.keys = [[kinds[i % len(kinds)](name(f"c{client}k{i}")) for i in range(keys)] for client in range(clients)]
        for key in itertools.chain(*self.keys):
            key.kib = pages
        self.numbers = itertools.count(1)
        self.writers = []

    def start(self, address):
        self.writers = [_Writer(keys, self.rng.random(), address, self) for keys in self.keys]
        for writer in self.writers:
            writer.start()

    def acknowledged(self):
        """How many writes each client has been told of since the start."""
        return [writer.acknowledged for writer in self.writers]

    def stop(self):
        """Ends the clients once everything is answered."""
        for writer in self.writers:
            writer.over.set()
        self.join()

    def join(self):
        """Waits for all clients to end, and says if one saw what must not be."""
        for writer in self.writers:
            writer.join(seconds(30))
            assert not writer.is_alive(), "a client does not end"
        wrong = [writer.wrong for writer in self.writers if writer.wrong]
        assert not wrong, wrong

    def wrong_keys(self, client):
        """Keys that are not as they must be, in words. What is there is known from now on."""
        wrong = []
        keys = [key for keys in self.keys for key in keys]
        replies = iter(client.pipeline([read for key in keys for read in key.reads()]))
        for key in keys:
            found = key.found([next(replies) for _ in key.reads()])
            if found not in key.states:
                wrong.append(f"{key.name}: {_short(found)}; acknowledged {_short(key.states[0])}, and sent after it "
                             f"{len(key.states) - 1} commands, the last one for {_short(key.states[-1])}")
            key.states = [found]
        return wrong[:5] + [f"and {len(wrong) - 5} more"] * (len(wrong) > 5)


def _short(state):
    text = repr(state)
    return text if len(text) < 300 else f"{text[:100]} ... {text[-100:]} ({len(text)} characters)"


# ---- A disk that can be full ---------------------------------------------------------------------------------------
class NoVolume(Exception):
    """This machine lets nobody make one."""


class Volume:
    """A small disk at a path. Only processes that are started through it see it there."""

    def __init__(self, path, size, log):
        os.makedirs(path, exist_ok=True)
        self.path = path
        root = os.geteuid() == 0
        script = 'mount -t tmpfs -o size="$1",mode=0700 none "$0" && echo mounted && exec sleep infinity'
        self._holder = Process(["unshare", *([] if root else ["-r"]), "-m", "sh", "-c", script, path, str(size)], log)
        eventually(lambda: "mounted" in self._holder.log() or not self._holder.running(), 10, "the disk is there")
        if not self._holder.running():
            raise NoVolume(self._holder.log().strip())
        self._enter = ["nsenter", "-t", str(self._holder.pid), *([] if root else ["-U", "--preserve-credentials"]),
                       "-m"]

    def start(self, node, *flags):
        """Starts a node that sees it."""
        command = self.entered(*node.command(*flags))
        node.process = Process(command, os.path.join(node.folder, "log"), cwd=node.folder)
        return node

    def entered(self, *command):
        """The command that runs another one where it is seen."""
        return [*self._enter, *command]

    def _inside(self, name):
        return f"/proc/{self._holder.pid}/root{self.path}/{name}"

    def _ballast(self):
        return self._inside("ballast")

    def remove(self, name):
        """A file of it."""
        os.unlink(self._inside(name))

    def fill(self):
        """Takes all the room that is left."""
        with open(self._ballast(), "ab", buffering=0) as file:
            for piece in (1 << 20, 1 << 12):
                try:
                    while file.write(bytes(piece)) == piece:
                        pass
                except OSError:
                    pass

    def empty(self):
        os.unlink(self._ballast())

    def close(self):
        self._holder.kill()
