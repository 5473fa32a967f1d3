"""The measuring programs of bench/, which are built when a part needs them."""

from pathlib import Path

from .children import finish
from .fault import say

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "build" / "micro"


def built(*programs):
    """The folder that has them, up to date."""
    say(f"building {', '.join(programs)}")
    finish(["cmake", "--preset", "release", "-B", str(_BUILD), "-DLIMPET_BENCH=ON", "-DLIMPET_TESTS=OFF"], cwd=_ROOT)
    finish(["cmake", "--build", str(_BUILD), "--target", *programs], within=1800, cwd=_ROOT)
    return _BUILD / "bin"
