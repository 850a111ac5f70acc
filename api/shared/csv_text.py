"""CSV (RFC 4180) that is safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from api.shared.fields import NOT_TEXT

# A spreadsheet takes a cell that begins with one of = + - @ for a formula (OWASP, "CSV injection"), also in the
# full-width, small, raised and lowered forms, and whatever blank or invisible characters and quotes stand before
# it. One that splits at semicolons or tabs, or takes quotes as they come, finds cells within ours as well.
_SIGNS = "=+\\-@＝﹦⁼₌＋﹢⁺₊﬩－﹣⁻₋−＠﹫"
_BEFORE = rf"[\s\"'\u034f\u115f\u1160\u200c\u200d\u3164\uffa0{NOT_TEXT}]*"
_FORMULA_STARTS = re.compile(
    rf"^(?={_BEFORE}[{_SIGNS}]|[\x00-\x1f\x7f-\x9f])|(?<=[;,|\"\t\r\n])(?={_BEFORE}[{_SIGNS}])"
)


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A header line and a line for each row; text is made neutral, numbers stay as they are, None is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return buffer.getvalue()


def neutral(text: str) -> str:
    """The text, with an apostrophe wherever a spreadsheet would begin to compute it."""
    return _FORMULA_STARTS.sub("'", text)
