"""Makers of commands that concern the connection or the server, and of commands that there are not."""

from .edges import COMMAND_NAMES, INTEGERS, NO_INTEGERS
from .wire import encode


def _ping(d):
    return [b"PING", *[d.value() for _ in range(d.below(3))]]


def _echo(d):
    return [b"ECHO", d.value()]


def _select(d):
    return [b"SELECT", b"0" if d.chance(0.5) else d.pick(INTEGERS[1:] + NO_INTEGERS)]


def _hello(d):
    if d.chance(0.7):
        return [b"HELLO", d.pick((b"2", b"3"))]
    options = d.pick((
        (), (b"4",), (b"1",), (b"",), (b"abc",), (b"-3",), (b"03",), (b"3", b"FOO"), (b"3", b"SETNAME"),
        (b"2", b"SETNAME", b"name"), (b"3", b"SETNAME", b"two words"), (b"3", b"AUTH"), (b"3", b"AUTH", b"default"),
        (b"3", b"AUTH", b"default", b"x"), (b"2", b"auth", b"nobody", b"x"), (b"SETNAME", b"x"), (b"9" * 20,),
        (b"2", b"SETNAME", b"a", b"SETNAME", b"b"), (b"2", b"SETNAME", b"")))
    return [b"HELLO", *options]


def _auth(d):
    words = ((b"x",), (b"default", b"x"), (b"nobody", b"x"), (b"",), (b"default", b""), (b"a", b"b", b"c"))
    return [b"AUTH", *d.pick(words)]


def _client(d):
    name = d.pick((b"name", b"", b"two words", b"new\nline", b"\x00", b"\xff", b"~", b"n" * 200))
    return [b"CLIENT", *d.pick((
        (d.case(b"SETNAME"), name), (d.case(b"SETNAME"), name), (d.case(b"GETNAME"),), (b"GETNAME",), (b"FOO",), (b"",),
        (b"FOO", b"bar", b"baz"), (b"REPLY", b"FOO"), (b"REPLY", b""), (b"KILL", b"nobody"), (b"KILL", b"ID", b"0"),
        (b"KILL", b"ID", b"abc"), (b"KILL", b"ID", b"999999999"), (b"KILL", b"FOO", b"bar"), (b"LIST", b"FOO"),
        (b"LIST", b"TYPE", b"foo"), (b"LIST", b"ID", b"abc"), (b"NO-EVICT", b"FOO"), (b"NO-EVICT", b"on"),
        (b"GETNAME", b"x")))]


def _unknown(d):
    return [d.pick(COMMAND_NAMES), *[d.value() for _ in range(d.below(4))]]


def _containers(d):
    name = d.pick((b"CONFIG", b"COMMAND", b"CLIENT", b"OBJECT", b"MEMORY"))
    subcommand = d.pick((b"FOO", b"foo bar", b"", b"\x00", b"GE\r\nT", b"x" * 300))
    return [name, subcommand, *d.pick(((), (b"a",), (b"a", b"b")))]


def _about_commands(d):
    return [b"COMMAND", *d.pick((
        (b"INFO", d.case(d.pick(d.names))), (b"INFO", b"nosuch"), (b"INFO", b"nosuch", d.pick(d.names)),
        (b"GETKEYS", *d.data_command()), (b"GETKEYS", *d.data_command()), (b"GETKEYSANDFLAGS", *d.data_command()),
        (b"GETKEYS", b"nosuch", b"x"), (b"GETKEYS", b"PING", b"x"), (b"GETKEYS", b"GET"), (b"GETKEYS",)))]


def _too_few_or_many(d):
    return list(d.pick((
        (b"ECHO",), (b"ECHO", b"a", b"b"), (b"AUTH",), (b"SELECT",), (b"SELECT", b"0", b"0"), (b"RESET", b"x"),
        (b"TIME", b"x"), (b"DBSIZE", b"x"), (b"READONLY", b"x"), (b"ASKING", b"x"), (b"CLUSTER",), (b"OBJECT",),
        (b"MEMORY",), (b"CLIENT",), (b"CLIENT", b"SETNAME"), (b"CLIENT", b"KILL"), (b"CLIENT", b"REPLY"),
        (b"CLIENT", b"ID", b"x"), (b"CONFIG",), (b"CONFIG", b"GET"), (b"CONFIG", b"SET", b"x"),
        (b"CONFIG", b"RESETSTAT", b"x"), (b"COMMAND", b"COUNT", b"x"), (b"COMMAND", b"LIST", b"x"))))


OTHER_COMMANDS = [
    (6, _ping), (4, _echo), (2, _select), (3, _hello), (1, _auth), (4, _client), (8, _unknown), (3, _containers),
    (3, _about_commands), (3, _too_few_or_many), (0.5, lambda d: [b"RESET"]),
]

_PING = [b"PING"]


def together(d):
    """Several requests that are answered by one reply: what they are, for people, and their bytes."""
    key = d.key()
    quiet = d.pick((
        [b"SET", key, d.value()], [b"INCR", key], [b"APPEND", key, b"x"], [b"HSET", key, b"f", b"v"], [b"GET"]))
    skip, off, on = ([b"CLIENT", b"REPLY", word] for word in (b"SKIP", b"OFF", b"ON"))
    return d.pick((
        ([b"*0", b"then", b"PING"], b"*0\r\n" + encode(_PING)),
        ([b"*-1", b"then", b"PING"], b"*-1\r\n" + encode(_PING)),
        ([b"an", b"empty", b"line", b"then", b"PING"], b"\r\n" + encode(_PING)),
        ([b"spaces", b"then", b"PING"], b"   \r\n" + encode(_PING)),
        ([b"PING", b"ended", b"by", b"LF"], b"PING\n"),
        ([b"ECHO", b"in", b"single", b"quotes"], b"ECHO 'a \\'b\\' \"c\"'\r\n"),
        ([*skip, b"then", *quiet, b"then", b"PING"], encode(skip) + encode(quiet) + encode(_PING)),
        ([*off, b"then", *quiet, b"then", *on], encode(off) + encode(quiet) + encode(on))))
