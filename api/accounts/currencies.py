"""Currencies with the minor units that ISO 4217 gives them. The list of its maintenance agency, as the package
`iso4217` carries it: CLDR, which Babel uses, has other decimals for a dozen of them, such as RSD and IQD."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

# Withdrawn ones, which a bank's history may hold. The standard's list of these has no minor units. The first two
# lists are as in Java 17 (`java.util.Currency`, compared code by code on 2026-11-27). The last is what Java lacks:
# CLDR's supplemental data have no other number than 2 for them.
_WITHDRAWN = (
    (0, "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE ROL TPE TRL"),
    (
        2,
        "AFA ANG ATS AYM AZM BGL BGN CSD CUC CYP DEM EEK FIM FRF GHC GWP HRK IEP LTL LVL MRO MTL MZM NLG RUR SDD"
        " SIT SKK SLL SRG STD TMM USS VEB VEF YUM ZMK ZWD ZWL ZWN ZWR",
    ),
    (2, "AON AOR BAD ECS HRD PLZ TJR UAK XEU ZRN"),
)


@dataclass(frozen=True)
class Currency:
    """`minor_units` is the number of decimals: 2 for EUR, 0 for JPY, 3 for KWD."""

    code: str
    name: str
    minor_units: int
    is_active: bool


@cache
def currencies() -> dict[str, Currency]:
    """By code: those that have minor units (not gold, testing codes and the like), the withdrawn ones after."""
    from iso4217 import Currency as Listed

    found = {
        listed.code: Currency(listed.code, listed.currency_name, listed.exponent, is_active=True)
        for listed in sorted(Listed, key=lambda listed: listed.code)
        if listed.exponent is not None
    }
    for minor_units, codes in _WITHDRAWN:
        found |= {code: Currency(code, code, minor_units, is_active=False) for code in codes.split()}
    return found


def to_major(amount_minor: int, code: str) -> Decimal:
    """The amount as a decimal of the currency, exactly. Raises KeyError for what is no currency."""
    return Decimal(amount_minor).scaleb(-currencies()[code].minor_units)


def in_major(amount_minor: int, code: str) -> str:
    """For people: "-12.34 EUR"."""
    return f"{to_major(amount_minor, code)} {code}"
