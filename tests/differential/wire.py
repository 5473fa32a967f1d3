"""RESP as bytes: requests written, replies cut apart without being understood, and shown to people."""

from itertools import islice

_LINES = frozenset(b"+-:_#,(")
_BULKS = frozenset(b"$=!")
_PAIRS = frozenset(b"%|")


def encode(args):
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        parts.append(b"$%d\r\n%s\r\n" % (len(arg), arg))
    return b"".join(parts)


def encode_inline(args):
    """The same as a line of text, every argument in quotes."""
    return b" ".join(_quoted(arg) for arg in args) + b"\r\n"


def _quoted(arg):
    return b'"' + b"".join(b"%c" % c if 32 < c < 127 and c not in b'"\\' else b"\\x%02x" % c for c in arg) + b'"'


def end_of(data, start):
    """Where the reply ends that begins at `start`. Raises ValueError if it is not whole, or is no reply."""
    due = 1
    while due:
        due -= 1
        end = data.index(b"\r\n", start)
        kind = data[start]
        if kind in _LINES:
            start = end + 2
        elif kind in _BULKS:
            size = int(data[start + 1:end])
            start = end + 2 if size < 0 else end + size + 4
        elif kind in b"*~>%|":
            count = max(0, int(data[start + 1:end]))
            due += 2 * count if kind in _PAIRS else count
            start = end + 2
        else:
            raise ValueError(f"no reply: {bytes(data[start:start + 60])!r}")
    if start > len(data):
        raise ValueError("the reply is not whole")
    return start


def split(data):
    """All replies in `data`, each as its bytes."""
    replies, start, size = [], 0, len(data)
    while start < size:
        kind = data[start]
        if kind in _LINES:
            end = data.index(b"\r\n", start) + 2
        else:
            end = end_of(data, start)
        replies.append(data[start:end])
        start = end
    return replies


def elements(reply):
    """The elements of an aggregate, each as its bytes; of a map its keys and values in turn. None: no aggregate."""
    if reply[:1] not in (b"*", b"~", b">", b"%") or reply.startswith(b"*-1"):
        return None
    return split(reply[reply.index(b"\r\n") + 2:])


def pairs(items):
    return list(zip(islice(items, 0, None, 2), islice(items, 1, None, 2)))


def text_of(bulk):
    """What a bulk string says; None if the reply is none."""
    if not bulk.startswith(b"$") or bulk.startswith(b"$-1"):
        return None
    return bulk[bulk.index(b"\r\n") + 2:-2]


def integer_of(reply):
    return int(reply[1:-2]) if reply.startswith(b":") else None


def count_whole(data):
    """How many whole replies `data` begins with."""
    count = start = 0
    try:
        while start < len(data):
            start = end_of(data, start)
            count += 1
    except ValueError:
        pass
    return count


def show(reply, most=200, start=0):
    """A reply as it came, readable on one line."""
    text = "".join(_shown(c) for c in reply[start:start + most])
    if len(reply) <= most:
        return text
    return f"{'... ' if start else ''}{text}... ({len(reply)} bytes)"


def show_both(a, b):
    """Two replies, from shortly before they part."""
    parting = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    start = max(0, parting - 60) if parting > 120 else 0
    return show(a, start=start), show(b, start=start)


def show_command(args, most=120):
    """A command as redis-cli takes it."""
    return " ".join(_show_arg(arg, most) for arg in args)


def _show_arg(arg, most):
    if arg and all(c in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:{}.-+_*?" for c in arg[:most]):
        text = arg[:most].decode()
    else:
        text = '"' + "".join('\\"' if c == 34 else _shown(c) for c in arg[:most]) + '"'
    return text if len(arg) <= most else f"{text}...({len(arg)} bytes)"


def _shown(c):
    if c in b"\r\n\t\\":
        return {13: "\\r", 10: "\\n", 9: "\\t", 92: "\\\\"}[c]
    return chr(c) if 32 <= c < 127 else f"\\x{c:02x}"
