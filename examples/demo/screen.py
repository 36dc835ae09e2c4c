"""A stream of lines with one block at its end that is rewritten in place, on a terminal."""

import shutil
from math import ceil
from typing import TextIO

# To the first column, so many lines up; then erase to the end of the screen.
REWIND = "\x1b[{rows}F\x1b[J"


class Screen:
    """Lines that stay, above a block that changes.

    The block is rewritten only where all of it is still on the screen, else it is printed anew:
    what has scrolled away cannot be reached. Off a terminal it is always printed anew.
    """

    def __init__(self, stream: TextIO, *, in_place: bool) -> None:
        self._stream = stream
        self._in_place = in_place
        self._block = ""  # the one at the end of the stream, if nothing followed it

    def say(self, text: str) -> None:
        """Print lines that stay."""
        self._block = ""
        self._write(f"{text}\n")

    def show(self, block: str) -> None:
        """Print the block, unless it stands there already."""
        if block == self._block:
            return
        rows = self._rows_to_rewind()
        # An empty line parts two blocks.
        self._write(f"{REWIND.format(rows=rows) if rows else chr(10)}{block}\n")
        self._block = block

    def _rows_to_rewind(self) -> int:
        if not self._in_place or not self._block:
            return 0
        columns, lines = shutil.get_terminal_size()
        # A line longer than the terminal is wide takes several rows.
        rows = sum(max(1, ceil(len(line) / columns)) for line in self._block.split("\n"))
        return rows if rows < lines else 0

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
