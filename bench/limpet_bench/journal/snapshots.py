"""Whether limpet is writing a snapshot, seen from outside, by the files of docs/journal.md. For a node of one shard."""

import re
import struct
from pathlib import Path

_NAME = re.compile(r"^(\d+)-\d+-\d+\.(?:journal|snapshot)(?:\.new)?$")
_HEADER_BYTES = 64
_POSITION_AT = 32  # of a snapshot's header: its number × 65536 + its first slot


class Snapshots:
    """A snapshot is several files, and there may be none of them in the making for a moment: their names say little.
    But each has its snapshot's number in its header, and when a snapshot is whole, all older ones go."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._numbers = {}  # by file name without ".new"; it never changes

    def running(self):
        numbers, generation = self._of_this_run()
        return len(numbers) > 1 or (len(numbers) == 1 and self._base() < generation)

    def newest(self):
        """Which run, and which of its snapshots was begun last; it is higher once another one has begun."""
        numbers, generation = self._of_this_run()
        return generation, max(numbers, default=0)

    def _of_this_run(self):
        names = {path.name: int(match.group(1)) for path in self._folder.iterdir() if (match := _NAME.match(path.name))}
        generation = max(names.values(), default=0)
        numbers = {self._number(name) for name, of in names.items() if of == generation and ".snapshot" in name}
        return numbers - {None}, generation

    def _number(self, name):
        whole = name.removesuffix(".new")
        if whole not in self._numbers:
            try:
                header = self._header(name)
            except FileNotFoundError:
                return None
            if len(header) < _HEADER_BYTES:
                return None
            self._numbers[whole] = struct.unpack_from("<Q", header, _POSITION_AT)[0] >> 16
        return self._numbers[whole]

    def _header(self, name):
        with open(self._folder / name, "rb") as file:
            return file.read(_HEADER_BYTES)

    def _base(self):
        """The run whose snapshots have everything. A run writes it when its first snapshot is whole."""
        try:
            return int((self._folder / "limpet.base").read_text(encoding="ascii").split()[1])
        except (FileNotFoundError, IndexError):
            return 0
