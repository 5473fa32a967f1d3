"""Arguments where programs go wrong: numbers at their bounds and badly written ones, odd bytes, odd keys, times."""

INTEGERS = [b"%d" % n for n in (
    0, 1, -1, 7, 10, 100, 9999, 10000, 2**31 - 1, -2**31, 2**32, 2**53, 2**62, -2**62, 2**63 - 2, 2**63 - 1, 2**63,
    -2**63, -2**63 + 1, -2**63 - 1, 2**64 - 1, 2**64, -2**64, 10**19, 10**40)]

NO_INTEGERS = [
    b"", b" ", b" 1", b"1 ", b"\t1", b"1\n", b"+1", b"+0", b"-0", b"00", b"01", b"-01", b"0009", b"1.0", b"1.", b"1e3",
    b"0x10", b"1_000", b"1,000", b"--1", b"-", b"+", b"1\x00", b"\x001", b"1\r\n", b"\xd9\xa1", b"abc", b"9" * 300,
    b"0" * 40 + b"1"]

FLOATS = [
    b"0", b"0.1", b"0.5", b"-0.0", b"3.0e3", b"1e15", b"1e17", b"1e18", b"1e21", b"1e-5", b"1e-17", b"1e-18", b"5e-18",
    b"1e308", b"1e309", b"1.7976931348623157e308", b"5e-324", b"1e4931", b"1.18973149535723176502e4932", b"1e4932",
    b"1e5000", b"-1e4932", b"1e-4931", b"1e-4951", b"1e-5000", b"0.30000000000000004",
    b"3.14159265358979323846264338327950288", b"12345678901234567890.12345678901234567890",
    b"99999999999999999.99999999999999999", b"0.1" + b"0" * 60, b"0." + b"0" * 60 + b"1", b"1" + b"0" * 60,
    b"9223372036854775807", b"-9223372036854775808", b"18446744073709551617", b"+1.5", b".5", b"-.5", b"1.", b"0x10",
    b"0x1p3", b"0x1.8p-2", b"0X1P+4", b"0x.8", b"1E2", b"1e+2", b"007.50"]

NO_FLOATS = [
    b"inf", b"-inf", b"+inf", b"INF", b"infinity", b"-Infinity", b"nan", b"-nan", b"NAN", b"nan(123)", b"0x", b"0xg",
    b".", b"1e", b"1e+", b"e5", b"", b" ", b" 1.5", b"1.5 ", b"1.5abc", b"1,5", b"--1.5", b"1.5\x00", b"\x001.5",
    b"1.5\n", b"\n1.5", b"abc", b"1" * 300, b"0." + b"3" * 300, b"1" * 5200, b"0" * 6000]

BYTES = [
    b"", b" ", b"\x00", b"\r\n", b"a\r\nb", b"\xff\xfe", bytes(range(256)), b"$5\r\nhello\r\n", b"-ERR no\r\n", b"+OK",
    b"*1", b"nil", b"(nil)", b"x", b"abc", b"hello world", b"\"quoted\"", b"'single'", b"back\\slash",
    b"\xc3\xa9t\xc3\xa9", b"v" * 43, b"v" * 44, b"v" * 45, b"v" * 63, b"v" * 64, b"v" * 65, b"w" * 255, b"w" * 256,
    b"w" * 1000, b"\x00" * 500]

LONG = [b"l" * 16384, b"m" * 32767, b"n" * 32800, b"o" * 65536, bytes(range(256)) * 300]

FIELDS = [
    b"f", b"g", b"h", b"n", b"F", b"field", b"", b"\x00", b"a b", b"\r\n", b"\xff", b"1", b"f" * 64, b"f" * 65, b"*",
    b"[f]"]

OFFSETS = [
    b"0", b"1", b"-1", b"2", b"-2", b"3", b"5", b"-5", b"10", b"43", b"44", b"100", b"-100", b"1000", b"-1000"]

PATTERNS = [
    b"*", b"**", b"", b"?", b"a:*", b"*{u1}*", b"?:{u2}", b"[abc]:*", b"[^a]:*", b"[a-b]:*", b"[b-a]:*", b"[a", b"[",
    b"[]", b"[^]", b"[^", b"[]a]*", b"[a-]*", b"[-a]*", b"\\a:*", b"a\\:*", b"*\\", b"\\", b"a:{u1}", b"A:*",
    b"*\x00*", b"*\xff*", b"*\r\n*", b"[\\]]*", b"[\\a]:*", b"*:*", b"*a*:*u*", b"plain?", b"plain[0-9]", b"f*",
    b"[fg]", b"?" * 20, b"*}", b"\\*", b"[*]", b"[^*]*", b"*[^1]"]

WORDS = [
    b"NX", b"XX", b"GT", b"LT", b"EX", b"PX", b"EXAT", b"PXAT", b"KEEPTTL", b"PERSIST", b"GET", b"REPLACE", b"DB",
    b"MATCH", b"COUNT", b"TYPE", b"SAMPLES", b"SYNC", b"ASYNC", b"FOO", b"NX\x00", b"N", b""]

# Odd ones stand among ordinary ones; all of u1 to u9 are sessions of several keys.
TAGS = [b"u1", b"u2", b"u3", b"u9", b"u13", b"u14", b"u4"]
# By habit, not by rule: a and b are strings, n numbers, h and c hashes.
NAMES = (b"a", b"b", b"c", b"h", b"n")
KEYS = [name + b":{" + tag + b"}" for tag in TAGS for name in NAMES]
ODD_KEYS = [
    b"", b"{u2}", b"plain3", b"plain5", b"{u1}{u2}", b"{}{u3}", b"a:{u9", b"\x00\xff\r\n{u2}",
    b"long{u3}" + b"k" * 300, b"{u1}:with space", b"\"{u9}\""]
BIG_HASH = b"big:{u2}"
ALL_KEYS = [*KEYS, *ODD_KEYS, BIG_HASH]

# None is a command but for a zero byte: Redis finds those by chance, one time in some hundred.
COMMAND_NAMES = [
    b"", b" ", b"GET ", b" GET", b"G", b"GETT", b"GE\r\nT", b"\x00", b"\xff\xfe", b"\r\n", b"'quoted'", b"\"x\"",
    b"%s%n", b"CLIENT|GETNAME", b"OBJECT|HELP", b"n" * 127, b"n" * 128, b"n" * 129, b"N" * 500, b"\xc3\xa9", b"-ERR",
    b"nosuch", b"NoSuch", b"\x07bell", b"\x1b[31m", b"tab\there", b"quit!"]

# ---- Times. None may run out while a run lasts: they are hours away, or have passed. -------------------------------
SECONDS, MILLISECONDS = 1, 1000

# A time-out in so many units from now; for EXPIRE a negative one deletes. None lies ahead: of the same one twice with
# GT in between the outcome would hang on the millisecond.
_FROM_NOW = {
    SECONDS: [0, -1, -100, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 9223372036854775, 9223372036854776,
              -9223372036854775, -9223372036854776, 10**17],
    MILLISECONDS: [0, -1, -100, 2**63 - 1, 2**63, -2**63, -2**63 - 1],
}
# A point of time; small ones have passed long ago.
_POINTS = {
    SECONDS: [0, -1, -100, 1, 1000, 1500000000, 4102444800, 2**31, 2**32, 2**63 - 1, 2**63, -2**63, 9223372036854775,
              9223372036854776, -9223372036854775, -9223372036854776, 10**17],
    MILLISECONDS: [0, -1, -100, 1, 1000, 1500000000, 1500000000000, 4102444800000, 2**63 - 2, 2**63 - 1, 2**63, -2**63,
                   -2**63 - 1, 10**18],
}
FROM_NOW = {unit: [b"%d" % n for n in numbers] for unit, numbers in _FROM_NOW.items()}
POINTS = {unit: [b"%d" % n for n in numbers] for unit, numbers in _POINTS.items()}
# Written badly: should a server take one for a number all the same, it is a large one.
NO_TIMES = [
    b"", b"abc", b"1.5", b" 5000000000000", b"5000000000000 ", b"+5000000000000", b"05000000000000", b"5e12", b"0x10",
    b"-", b"5000000000000\x00", b"5000000000000\r\n"]

# Times of two commands never meet by chance: they lie this far apart, and servers' clocks far closer.
TIME_STEP = 1000
TIME_STEPS = 10**8
FIRST_FROM_NOW, FIRST_POINT, FARTHEST = 100_000, 5_000_000_000, 9_000_000_000_000_000
