"""A statement as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable

import msgspec

from api.accounts.schemas import Transaction

COLUMNS = ("time", "from", "to", "amount", "balance_after", "sequence", "memo", "id", "transfer_id")
# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV injection"), and one that
# splits at semicolons or takes quotes as they come also finds cells within ours.
_FORMULA = "=+\\-@＝＋－＠"
_CELL_STARTS = re.compile(
    rf"^(?=[ \"']*[{_FORMULA}\t\r\n])"
    rf"|(?<=[;,|\"\t\r\n])(?=[ \"']*[{_FORMULA}])"
)


def neutral(text: str) -> str:
    """The text, with an apostrophe wherever a spreadsheet would begin to compute it."""
    return _CELL_STARTS.sub("'", text)


def statement_csv(lines: Iterable[Transaction]) -> str:
    """One header line and one line for each transaction, amounts in minor units."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        values = msgspec.to_builtins(line)
        writer.writerow([neutral(values["memo"]) if name == "memo" else values[name] for name in COLUMNS])
    return buffer.getvalue()
