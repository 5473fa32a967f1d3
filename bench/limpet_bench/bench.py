"""What every part is given: the binaries, a folder that goes away, and how much to do."""

import os
from dataclasses import dataclass

from .sizes import Sizes


@dataclass(frozen=True)
class Bench:
    binaries: str
    folder: str
    sizes: Sizes
    rounds: int

    def binary(self, name):
        return os.path.join(self.binaries, name)
