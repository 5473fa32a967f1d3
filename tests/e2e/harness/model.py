"""What a correct server answers, for random commands over a few keys: a dictionary that speaks Redis."""

from .resp import Error, Status

_WRONGTYPE = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
_NOT_INTEGER = Error("ERR value is not an integer or out of range")


class Model:
    """run(command) gives the reply that is due; random_command(rng, keys) makes a command worth running."""

    def __init__(self):
        self.values = {}  # key -> bytes, or dict of bytes for a hash

    def run(self, command):
        return getattr(self, "_" + command[0].lower())(*command[1:])

    @staticmethod
    def random_command(rng, keys):
        key, other, third = (rng.choice(keys) for _ in range(3))
        value = rng.choice([str(rng.randrange(1000)), "x" * rng.randrange(1, 300)])
        field = f"f{rng.randrange(4)}"
        return rng.choice([
            ("SET", key, value), ("SET", key, value, "NX"), ("SET", key, value, "GET"), ("GET", key), ("GET", key),
            ("INCR", key), ("DECRBY", key, rng.randrange(9)), ("APPEND", key, value[:20]), ("STRLEN", key),
            ("DEL", key, other), ("EXISTS", key, other, third), ("TYPE", key), ("MGET", key, other, third),
            ("MSET", key, value, other, "1"), ("HSET", key, field, value), ("HGET", key, field), ("HLEN", key),
            ("HDEL", key, field), ("HINCRBY", key, field, 3), ("GETDEL", key), ("PING",), ("ECHO", value),
        ])

    def _string(self, key):
        value = self.values.get(key)
        return _WRONGTYPE if isinstance(value, dict) else value

    def _hash(self, key, create=False):
        value = self.values.get(key)
        if isinstance(value, bytes):
            return _WRONGTYPE
        return self.values.setdefault(key, {}) if create and value is None else value

    def _ping(self):
        return Status("PONG")

    def _echo(self, value):
        return value.encode()

    def _set(self, key, value, option=None):
        old = self._string(key)
        if option == "NX" and key in self.values:
            return None
        if option == "GET" and isinstance(old, Error):
            return old
        self.values[key] = value.encode()
        return old if option == "GET" else Status("OK")

    def _get(self, key):
        return self._string(key)

    def _getdel(self, key):
        old = self._string(key)
        if isinstance(old, bytes):
            del self.values[key]
        return old

    def _incr(self, key):
        return self._add(key, 1)

    def _decrby(self, key, amount):
        return self._add(key, -amount)

    def _add(self, key, amount):
        old = self._string(key)
        if isinstance(old, Error):
            return old
        number = _integer(old or b"0")
        if number is None:
            return _NOT_INTEGER
        self.values[key] = b"%d" % (number + amount)
        return number + amount

    def _append(self, key, tail):
        old = self._string(key)
        if isinstance(old, Error):
            return old
        self.values[key] = (old or b"") + tail.encode()
        return len(self.values[key])

    def _strlen(self, key):
        old = self._string(key)
        return old if isinstance(old, Error) else len(old or b"")

    def _del(self, *keys):
        return sum(self.values.pop(key, None) is not None for key in keys)

    def _exists(self, *keys):
        return sum(key in self.values for key in keys)

    def _type(self, key):
        value = self.values.get(key)
        return Status("none" if value is None else "hash" if isinstance(value, dict) else "string")

    def _mget(self, *keys):
        return [None if isinstance(v := self._string(key), Error) else v for key in keys]

    def _mset(self, *pairs):
        for key, value in zip(pairs[::2], pairs[1::2]):
            self.values[key] = value.encode()
        return Status("OK")

    def _hset(self, key, field, value):
        fields = self._hash(key, create=True)
        if isinstance(fields, Error):
            return fields
        new = field not in fields
        fields[field] = value.encode()
        return int(new)

    def _hget(self, key, field):
        fields = self._hash(key)
        return fields if isinstance(fields, Error) else (fields or {}).get(field)

    def _hlen(self, key):
        fields = self._hash(key)
        return fields if isinstance(fields, Error) else len(fields or {})

    def _hdel(self, key, field):
        fields = self._hash(key)
        if isinstance(fields, Error):
            return fields
        removed = (fields or {}).pop(field, None) is not None
        if removed and not fields:
            del self.values[key]
        return int(removed)

    def _hincrby(self, key, field, amount):
        fields = self._hash(key)
        if isinstance(fields, Error):
            return fields
        number = _integer((fields or {}).get(field, b"0"))
        if number is None:
            return Error("ERR hash value is not an integer")
        self._hash(key, create=True)[field] = b"%d" % (number + amount)
        return number + amount


def _integer(text):
    """The number that a string is, by Redis' strict rule: no signs, zeros or spaces that need not be there."""
    try:
        number = int(text)
    except ValueError:
        return None
    return number if b"%d" % number == text else None
