"""Waiting for something to become true, with a deadline, instead of sleeping and hoping."""

import os
import time
import unittest

# Sanitizers make a server several times slower: every deadline grows by this.
SLOWNESS = float(os.environ.get("LIMPET_E2E_SLOWNESS", "1"))

_POLL_SECONDS = 0.02

# ThreadSanitizer makes it so slow that a busy node looks like one that stands still, and what takes seconds elsewhere
# takes minutes. For tests whose threads do nothing that they do not in others.
not_under_tsan = unittest.skipIf(SLOWNESS >= 5, "too slow under ThreadSanitizer")

# For what takes half a minute and more under any of them, and has its counterparts that do run there.
not_sanitized = unittest.skipIf(SLOWNESS > 1, "too slow under a sanitizer")


def seconds(count):
    """A time-out of so many seconds on an ordinary build."""
    return count * SLOWNESS


def eventually(condition, within, what):
    """Calls `condition` until it returns something true, and returns that.

    A condition that raises OSError or AssertionError is not true yet; what it last raised is told if time runs out.
    """
    deadline = time.monotonic() + seconds(within)
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except (OSError, AssertionError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds(within):g} s: {what}; last: {last!r}")
        time.sleep(_POLL_SECONDS)
