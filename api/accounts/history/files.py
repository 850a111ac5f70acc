"""Reads a CSV file, plain or gzip, and knows at each moment which line it is at and how much is read."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from api.accounts.history.errors import HistoryFault

_GZIP_MAGIC = b"\x1f\x8b"


class CsvFile:
    """`rows()` gives (line, values by column); raises HistoryFault for what is not such a file."""

    def __init__(self, path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        self.path = path
        self._required = required
        self._optional = optional
        self._file: IO[bytes] | None = None
        self._line = 0

    def fault(self, line: int | None, message: str) -> HistoryFault:
        """A fault of this file."""
        return HistoryFault(self.path, line, message)

    def share_read(self) -> float:
        """How much of the file is read, 0 … 1."""
        size = self.path.stat().st_size
        return self._file.tell() / size if self._file and size else 0.0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line it begins on; values in the order required, optional (empty when absent)."""
        with self.path.open("rb") as file:
            self._file = file
            reader = csv.reader(self._lines(file), strict=True)
            try:
                yield from self._rows_after_header(reader)
            except csv.Error as error:
                raise self.fault(self._line, f"is not CSV: {error}") from error

    def _rows_after_header(self, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
        header = next(reader, None)
        if header is None:
            raise self.fault(None, f"is empty; the first line names the columns: {', '.join(self._required)}")
        positions = self._positions(header)
        line = self._line + 1
        for row in reader:
            if len(row) != len(header):
                raise self.fault(line, f"has {len(row)} columns where the header has {len(header)}")
            yield line, [row[position] if position is not None else "" for position in positions]
            line = self._line + 1

    def _positions(self, header: list[str]) -> list[int | None]:
        for name in header:
            if header.count(name) > 1:
                raise self.fault(1, f"column {name} stands in the header twice")
            if name not in self._required + self._optional:
                raise self.fault(1, f"column {name} is not known here")
        if missing := [name for name in self._required if name not in header]:
            raise self.fault(1, f"column {', '.join(missing)} is missing")
        return [header.index(name) if name in header else None for name in self._required + self._optional]

    def _lines(self, file: IO[bytes]) -> Iterator[str]:
        is_gzip = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        try:
            for raw in gzip.GzipFile(fileobj=file) if is_gzip else file:
                self._line += 1
                text = raw.decode("utf-8-sig" if self._line == 1 else "utf-8")
                if "\x00" in text:
                    raise self.fault(self._line, "holds the NUL character")
                yield text
        except UnicodeDecodeError as error:
            raise self.fault(self._line, "is not UTF-8") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self.fault(self._line + 1, "the gzip file is cut off or damaged here") from error
