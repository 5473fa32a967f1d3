"""Options behind a command, in any order, case and clash."""

from .edges import MILLISECONDS, SECONDS, WORDS

_TIMED = (b"EX", b"PX", b"EXAT", b"PXAT")


def timed(d):
    """EX and the like with a time; now and then without."""
    word = d.pick(_TIMED)
    unit = MILLISECONDS if word.startswith(b"PX") else SECONDS
    time = d.time_at(unit) if word.endswith(b"AT") else d.time_from_now(unit)
    return [d.case(word)] if d.chance(0.03) else [d.case(word), time]


def _several(d, words):
    options = []
    while d.chance(0.6) and len(options) < 8:
        options += timed(d) if d.chance(0.45) else [d.case(d.pick(words))]
    return options


def set_options(d):
    words = (b"NX", b"XX", b"GET", b"KEEPTTL") if d.chance(0.93) else WORDS_WITHOUT_TIMES
    return _several(d, words)


def getex_options(d):
    if d.chance(0.5):
        return timed(d)
    return _several(d, (b"PERSIST",) if d.chance(0.9) else WORDS_WITHOUT_TIMES)


def expire_options(d):
    if d.chance(0.45):
        return []
    options = [d.case(d.pick((b"NX", b"XX", b"GT", b"LT")))]
    while d.chance(0.25):
        options.append(d.case(d.pick((b"NX", b"XX", b"GT", b"LT")) if d.chance(0.85) else d.pick(WORDS)))
    return options


# Words that EX and the like do not stand among: behind them any word would be taken for a time.
WORDS_WITHOUT_TIMES = [word for word in WORDS if word not in _TIMED]
