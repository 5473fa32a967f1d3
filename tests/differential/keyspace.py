"""What SCAN, HSCAN, DBSIZE and RANDOMKEY say of the whole keyspace, once the servers are at rest."""

from harness.resp import Error
from harness.waiting import eventually

from .edges import PATTERNS

_STEPS_MAX = 100_000
_PATTERNS = [pattern for pattern in PATTERNS if pattern != b"**"]  # see rules.key_named_by_nothing


class Difference(Exception):
    """The two servers say different things of the same keys."""

    def __init__(self, command, redis, limpet):
        super().__init__(command)
        self.command = [part if isinstance(part, bytes) else str(part).encode() for part in command]
        self.redis, self.limpet = redis, limpet


def walk(client, name, *args):
    """All that SCAN or HSCAN gives from start to end; an error if that is the answer."""
    found, cursor = [], b"0"
    before = [args[0]] if name == "HSCAN" else []
    options = args[len(before):]
    for _ in range(_STEPS_MAX):
        reply = client(name, *before, cursor, *options)
        if isinstance(reply, Error):
            return reply
        cursor, part = reply
        found += part
        if cursor == b"0":
            return found
    return Error("ERR no end of it")


class Keyspace:
    """Asks both servers over connections of its own."""

    def __init__(self, pair, commands, rng):
        self._clients = [side.client() for side in pair.sides]
        self._commands = commands
        self._rng = rng

    def close(self):
        for client in self._clients:
            client.close()

    def differences(self):
        """Every check that finds the two apart, as a Difference."""
        keys = frozenset(walk(self._clients[0], "SCAN"))
        checks = [self._same(_as_set, "SCAN"), *[self._scan_with_options() for _ in range(3)]]
        checks += [self._hash(key) for key in self._hashes(keys)] if b"HSCAN" in self._commands else []
        checks.append(self._size(len(keys)))
        checks += [self._random_key(keys) for _ in range(3)] if b"RANDOMKEY" in self._commands else []
        yield from (check for check in checks if isinstance(check, Difference))

    def _same(self, shape, name, *args):
        redis, limpet = (walk(client, name, *args) for client in self._clients)
        redis, limpet = ((reply if isinstance(reply, Error) else shape(reply)) for reply in (redis, limpet))
        return redis if redis == limpet else Difference((name, *args), redis, limpet)

    def _scan_with_options(self):
        rng = self._rng
        options = rng.choice([(), ("COUNT", rng.choice((1, 7, 100, 10**6)))])
        options += rng.choice([(), ("MATCH", rng.choice(_PATTERNS))])
        options += rng.choice([(), ("TYPE", rng.choice(("hash", "string", "STRING", "list", "nosuch")))])
        return self._same(_as_set, "SCAN", *options)

    def _hashes(self, keys):
        hashes = sorted(walk(self._clients[0], "SCAN", "TYPE", "hash"))
        return [key for key in hashes if key in keys][:20]

    def _hash(self, key):
        count = self._rng.choice((1, 10, 1000))
        return self._same(_as_set_of_pairs, "HSCAN", key, "COUNT", count)

    def _size(self, count):
        """Keys whose time has passed may count until they are reclaimed, which takes a second or two."""
        redis, limpet = self._clients
        for client in (redis, limpet):
            try:
                eventually(lambda: client("DBSIZE") == count, 10, "DBSIZE")
            except AssertionError:
                return Difference(("DBSIZE",), redis("DBSIZE"), limpet("DBSIZE"))
        return count

    def _random_key(self, keys):
        limpet = self._clients[1]("RANDOMKEY")
        if limpet in keys or (limpet is None and not keys):
            return limpet
        return Difference(("RANDOMKEY",), self._clients[0]("RANDOMKEY"), limpet)


def _as_set(items):
    return frozenset(items)


def _as_set_of_pairs(items):
    return frozenset(zip(items[::2], items[1::2]))
