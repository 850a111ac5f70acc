"""Money between minor units and what people read and type. No float anywhere."""

import re
from decimal import Decimal

from babel.numbers import (
    format_decimal,
    get_currency_name,
    get_currency_symbol,
)

from ui.clients.stats import Metric
from ui.components.facts import facts

LOCALE = "en_US"
# Digits with or without thousands set off by commas or by spaces, then perhaps a decimal point; or, as most of
# Europe writes, thousands set off by points and a decimal comma. Three digits after a comma are thousands.
_PLAIN = re.compile(r"(\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)(?:\.(\d*))?", re.ASCII)
_COMMA = re.compile(r"(\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+),(\d{1,2})", re.ASCII)
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})


class AmountError(ValueError):
    """What somebody typed is not an amount; the message tells them why."""


def exponent(currency: str) -> int:
    """How many decimals the currency has: 0 for JPY, mostly 2; 0 when the currency is not known ("")."""
    return facts().minor_units(currency) if currency else 0


def to_major(minor: int, currency: str) -> Decimal:
    """Minor units as a decimal of the currency, exactly."""
    return Decimal(minor).scaleb(-exponent(currency))


def format_money(minor: int | None, currency: str, *, signed: bool = False) -> str:
    """As people read it: "$1,234.50", "−CZK 20.00", "¥1,234"; an em dash for None.

    `signed` puts a plus before what came in. Without a currency the minor units themselves are shown.
    """
    if minor is None:
        return "—"
    if not currency:
        return f"{minor:,}".replace("-", "\u2212")
    decimals = exponent(currency)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    digits = format_decimal(to_major(abs(minor), currency), pattern, locale=LOCALE)
    symbol = get_currency_symbol(currency, locale=LOCALE)
    sign = "\u2212" if minor < 0 else "+" if signed and minor > 0 else ""
    # A sign stands close to its figure, letters do not.
    return f"{sign}{symbol}\u00a0{digits}" if symbol[-1].isalpha() else f"{sign}{symbol}{digits}"


def value_text(metric: Metric, value: int | None, currency: str) -> str:
    """A figure as people read it, by the metric's unit."""
    if value is None:
        return "—"
    if metric.unit == "minor_units":
        return format_money(value, currency)
    if metric.unit == "days":
        return f"{value:,} day" if value == 1 else f"{value:,} days"
    return f"{value:,}"


def currency_label(currency: str) -> str:
    """Code, name and symbol, for choosing: "EUR · Euro (€)"."""
    symbol = get_currency_symbol(currency, locale=LOCALE)
    suffix = "" if symbol == currency else f" ({symbol})"
    return f"{currency} · {get_currency_name(currency, locale=LOCALE)}{suffix}"


def parse_amount(text: str, currency: str) -> int:
    """The minor units of an amount that somebody typed, such as "1,234.50"; raises AmountError.

    Strict: thousands are set off properly or not at all, a point or a comma sets off the decimals, at most as
    many as the currency has.
    """
    typed = text.translate(_SPACES).strip()
    symbol = get_currency_symbol(currency, locale=LOCALE)
    for prefix in (currency, symbol):
        typed = typed.removeprefix(prefix).removesuffix(prefix).strip()
    if not typed:
        raise AmountError("Type an amount.")
    match = _COMMA.fullmatch(typed) or _PLAIN.fullmatch(typed)
    decimals = exponent(currency)
    example = "1,234" if decimals == 0 else f"1,234.{'50'.ljust(decimals, '0')}"
    if match is None:
        raise AmountError(f"That is not an amount we understand. Write it like {example}.")
    whole, fraction = re.sub("[,. ]", "", match[1]), match[2]
    if fraction == "" or len(fraction or "") > decimals:
        places = "no decimals" if decimals == 0 else f"at most {decimals} decimals"
        raise AmountError(f"{currency} has {places}. Write the amount like {example}.")
    if len(whole) > len(str(facts().amount_max_minor)):
        raise AmountError("That is more than can be moved at once.")
    minor = int(whole + (fraction or "").ljust(decimals, "0"))
    if minor == 0:
        raise AmountError("The amount has to be more than zero.")
    if minor > facts().amount_max_minor:
        raise AmountError("That is more than can be moved at once.")
    return minor
