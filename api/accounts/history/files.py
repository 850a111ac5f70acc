"""Reads a CSV file, plain or gzip, and knows at each moment which line it is at and how much is read."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from api.accounts.history.errors import FaultSink, HistoryFault

_GZIP_MAGIC = b"\x1f\x8b"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# No row of a history is longer. It bounds the memory that a file without line ends, or with an open quote, takes.
ROW_MAX_CHARACTERS = 65_536
_OPENING_QUOTE = re.compile(r'(?:^|,)"')
_CLOSING_QUOTE = re.compile(r'(?:[^"]++|"")*+"')
# What `errors="surrogateescape"` makes of a byte that is not UTF-8.
_NOT_UTF_8 = re.compile("[\udc80-\udcff]")


class CsvFile:
    """Lines end with LF, CR LF or CR, also mixed; a line without anything is no row."""

    def __init__(self, path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        self.path = path
        self._required = required
        self._optional = optional
        self._file: IO[bytes] | None = None
        self._line = 0
        # The lines of the row that is being read.
        self._row: list[str] = []

    def fault(self, line: int | None, message: str) -> HistoryFault:
        """A fault of this file."""
        return HistoryFault(self.path, line, message)

    def share_read(self) -> float:
        """How much of the file is read, 0 … 1."""
        size = self.path.stat().st_size
        return self._file.tell() / size if self._file and size else 0.0

    def rows(self, refuse: FaultSink) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line it begins on; values in the order required, optional (empty when absent).

        A row of another length is left out and told to `refuse`. Raises HistoryFault for what can't be read on.
        """
        with self.path.open("rb") as file:
            self._file = file
            reader = csv.reader(self._lines(file), strict=True)
            try:
                yield from self._rows_after_header(reader, refuse)
            except csv.Error as error:
                raise self._open_quote() or self.fault(self._line, f"is not CSV: {error}") from error

    def _rows_after_header(
        self, reader: Iterator[list[str]], refuse: FaultSink
    ) -> Iterator[tuple[int, list[str]]]:
        header = self._next(reader)
        if header is None:
            raise self.fault(None, f"is empty; the first line names the columns: {', '.join(self._required)}")
        positions = self._positions(header)
        line = self._line + 1
        while (row := self._next(reader)) is not None:
            if row and len(row) != len(header):
                refuse(self.fault(line, f"has {len(row)} columns where the header has {len(header)}"))
            elif row:
                yield line, [row[position] if position is not None else "" for position in positions]
            line = self._line + 1

    def _next(self, reader: Iterator[list[str]]) -> list[str] | None:
        self._row = []
        return next(reader, None)

    def _positions(self, header: list[str]) -> list[int | None]:
        known = self._required + self._optional
        if len(header) == 1 and (other := next((mark for mark in ";\t|" if mark in header[0]), None)):
            raise self.fault(1, f"separates its columns by {other!r}; they are separated by commas here")
        for name in header:
            if header.count(name) > 1:
                raise self.fault(1, f"column {name} stands in the header twice")
            if name not in known:
                raise self.fault(1, f"column {name} is not known here; there are {', '.join(known)}")
        if missing := [name for name in self._required if name not in header]:
            raise self.fault(1, f"column {', '.join(missing)} is missing")
        return [header.index(name) if name in header else None for name in known]

    def _lines(self, file: IO[bytes]) -> Iterator[str]:
        start = file.read(2)
        file.seek(0)
        if start in _UTF_16_MARKS:
            raise self.fault(None, "is UTF-16; save it as UTF-8")
        plain = gzip.GzipFile(fileobj=file) if start == _GZIP_MAGIC else file
        text = io.TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="")
        characters = 0
        try:
            while line := text.readline(ROW_MAX_CHARACTERS):
                self._line += 1
                characters = len(line) + (characters if self._row else 0)
                self._row.append(line)
                self._check(line, characters)
                yield line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self.fault(self._line + 1, "the gzip file is cut off or damaged here") from error

    def _check(self, line: str, characters: int) -> None:
        if "\x00" in line:
            raise self.fault(self._line, "holds the NUL character")
        if not line.isascii() and _NOT_UTF_8.search(line):
            raise self.fault(self._line, "is not UTF-8")
        if characters >= ROW_MAX_CHARACTERS:
            first = self._line - len(self._row) + 1
            raise self._open_quote() or self.fault(first, f"is longer than {ROW_MAX_CHARACTERS:,} characters")

    def _open_quote(self) -> HistoryFault | None:
        """The fault of a row whose last quote is open, at the line where that opens."""
        first = self._line - len(self._row) + 1
        opened_at = None
        for number, line in enumerate(self._row, first):
            position = 0
            while True:
                if opened_at is None:
                    if not (opening := _OPENING_QUOTE.search(line, position)):
                        break
                    opened_at, position = number, opening.end()
                if not (closing := _CLOSING_QUOTE.match(line, position)):
                    break
                opened_at, position = None, closing.end()
        return None if opened_at is None else self.fault(opened_at, "a quote opens here and is never closed")
