"""Money between minor units and what people read and type, by their locale. No float anywhere."""

import re
from decimal import Decimal
from functools import cache

from babel.numbers import (
    get_currency_name,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)

from ui.clients.stats import Metric
from ui.components.facts import facts
from ui.language import _, _n, locale

MINUS = "\u2212"
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"})


class AmountError(ValueError):
    """What somebody typed is not an amount; the message tells them why."""


def exponent(currency: str) -> int:
    """How many decimals the currency has: 0 for JPY, mostly 2; 0 when the currency is not known ("")."""
    return facts().minor_units(currency) if currency else 0


def to_major(minor: int, currency: str) -> Decimal:
    """Minor units as a decimal of the currency, exactly."""
    return Decimal(minor).scaleb(-exponent(currency))


def _digits(value: Decimal, decimals: int) -> str:
    """The figure without its sign, thousands set off; not by babel, which loses every second apostrophe."""
    marks: dict[str, str | int | None] = {
        ",": get_group_symbol(locale()),
        ".": get_decimal_symbol(locale()),
    }
    return f"{abs(value):,.{decimals}f}".translate(str.maketrans(marks))


def _sign(value: int, *, signed: bool = False) -> str:
    return MINUS if value < 0 else "+" if signed and value > 0 else ""


def format_money(minor: int | None, currency: str, *, signed: bool = False) -> str:
    """As people read it: "€1,234.50", "−1.234,50\u00a0€", "¥1,234"; an em dash for None.

    `signed` puts a plus before what came in. Without a currency the minor units themselves are shown.
    """
    if minor is None:
        return "—"
    if not currency:
        return number(minor)
    symbol = get_currency_symbol(currency, locale=locale())
    # "¤#,##0.00" or "#,##0.00 ¤". The currency's decimals are the bank's to say, and letters don't touch digits.
    pattern = locale().currency_formats["standard"].pattern.split(";")[0]
    if symbol[-1].isalpha():
        pattern = pattern.replace("¤#", "¤\u00a0#")
    form = re.sub("#[#,]*0.00", "{digits}", pattern).replace("¤", "{symbol}")
    digits = _digits(to_major(minor, currency), exponent(currency))
    return _sign(minor, signed=signed) + form.format(digits=digits, symbol=symbol)


def number(value: int) -> str:
    """A whole number: "−1,234"."""
    return _sign(value) + _digits(Decimal(value), 0)


def plain_amount(minor: int, currency: str) -> str:
    """As the person would type it: "1,234.50"."""
    return _digits(to_major(minor, currency), exponent(currency))


def value_text(metric: Metric, value: int | None, currency: str) -> str:
    """A figure as people read it, by the metric's unit."""
    if value is None:
        return "—"
    if metric.unit == "minor_units":
        return format_money(value, currency)
    if metric.unit == "days":
        return _n("{count} day", "{count} days", value, count=number(value))
    return number(value)


def currency_label(currency: str) -> str:
    """Code, name and symbol, for choosing: "EUR · Euro (€)"."""
    symbol = get_currency_symbol(currency, locale=locale())
    suffix = "" if symbol == currency else f" ({symbol})"
    return f"{currency} · {get_currency_name(currency, locale=locale())}{suffix}"


def example(currency: str) -> str:
    """An amount as the person would write it: "1,234.50"."""
    return _digits(Decimal("1234.5") if exponent(currency) else Decimal(1234), exponent(currency))


@cache
def _forms(decimal: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How an amount is written where `decimal` sets off the decimals; and how elsewhere, as far as it can't be
    taken for the former: three digits behind the other mark are thousands here, and none say nothing.

    On one side of the mark the digits may be left out: "5." is 5, ".5" is 0.5.
    """
    other = "," if decimal == "." else "."

    def whole(mark: str) -> str:
        return r"(\d+|" + "|".join(rf"\d{{1,3}}(?:{re.escape(sep)}\d{{3}})+" for sep in (mark, " ", "'")) + ")"

    own = rf"(?=.*\d){whole(other)}?(?:{re.escape(decimal)}(\d*))?"
    elsewhere = rf"{whole(decimal)}?{re.escape(other)}(\d{{1,2}})"
    return re.compile(own, re.ASCII), re.compile(elsewhere, re.ASCII)


def parse_amount(text: str, currency: str) -> int:
    """The minor units of an amount that somebody typed, such as "1,234.50"; raises AmountError.

    Strict: thousands are set off properly or not at all, decimals as the person's locale does it (or by the other
    of point and comma, where that leaves no doubt), at most as many as the currency has. See `_forms`.
    """
    typed = text.translate(_SPACES).strip()
    for mark in (currency, *(get_currency_symbol(currency, locale=where) for where in (locale(), "en_US"))):
        typed = typed.removeprefix(mark).removesuffix(mark).strip()
    if not typed:
        raise AmountError(_("Type an amount."))
    own, elsewhere = _forms(get_decimal_symbol(locale()))
    match = own.fullmatch(typed) or elsewhere.fullmatch(typed)
    if match is None:
        raise AmountError(
            _("That is not an amount we understand. Write it like {example}.", example=example(currency))
        )
    whole, fraction = re.sub(r"\D", "", match[1] or "0"), match[2] or ""
    decimals = exponent(currency)
    if len(fraction) > decimals:
        raise AmountError(_too_fine(currency, decimals))
    if len(whole) > len(str(facts().amount_max_minor)):
        raise AmountError(_("That is more than can be moved at once."))
    minor = int(whole + fraction.ljust(decimals, "0"))
    if minor == 0:
        raise AmountError(_("The amount has to be more than zero."))
    if minor > facts().amount_max_minor:
        raise AmountError(_("That is more than can be moved at once."))
    return minor


def _too_fine(currency: str, decimals: int) -> str:
    values = {"currency": currency, "example": example(currency)}
    if decimals == 0:
        return _("{currency} has no decimals. Write the amount like {example}.", **values)
    return _n(
        "{currency} has at most {count} decimal. Write the amount like {example}.",
        "{currency} has at most {count} decimals. Write the amount like {example}.",
        decimals,
        **values,
    )
