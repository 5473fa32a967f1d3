"""What can go wrong with a measurement, and words about its progress."""

import sys
import time


class Fault(Exception):
    """A measurement cannot be made, or would say something else than it claims."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def eventually(condition, within, what):
    """Calls `condition` until it returns something true, and returns that; a Fault after so many seconds.

    A condition that raises OSError is not true yet.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            if value := condition():
                return value
            last = "not yet"
        except OSError as error:
            last = error
        if time.monotonic() > deadline:
            raise Fault(f"not within {within} s: {what} ({last})")
        time.sleep(0.02)
