"""Currencies with the minor units that ISO 4217 gives them. The list of its maintenance agency, as the package
`iso4217` carries it: CLDR, which Babel uses, has other decimals for a dozen of them, such as RSD and IQD."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Currency:
    """`minor_units` is the number of decimals: 2 for EUR, 0 for JPY, 3 for KWD."""

    code: str
    name: str
    minor_units: int


@cache
def currencies() -> dict[str, Currency]:
    """By code, the active ones that have minor units (not gold, testing codes and the like)."""
    from iso4217 import raw_table

    return {
        code: Currency(code, row["CcyNm"], int(row["CcyMnrUnts"]))
        for code, row in sorted((code, row) for code, row in raw_table.items() if code)
        if row["CcyMnrUnts"].isdigit()
    }


def minor_units(code: str) -> int:
    """The decimals of an account's currency. Raises KeyError for what is none."""
    return currencies()[code].minor_units
