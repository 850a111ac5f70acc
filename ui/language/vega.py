"""What charts need to write numbers and dates as the locale does."""

from functools import cache

from altair.theme import LocaleKwds
from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol


@cache
def chart_locale(where: Locale) -> LocaleKwds:
    """Vega's `config.locale`: D3's definitions of a number's and a time's form."""
    months, days = where.months["stand-alone"], where.days["stand-alone"]
    # D3's weeks begin with Sunday, babel's with Monday.
    week = (6, 0, 1, 2, 3, 4, 5)
    return {
        "number": {
            "decimal": get_decimal_symbol(where),
            "thousands": get_group_symbol(where),
            "grouping": [3],
            "currency": ["", ""],
            "minus": "\u2212",
        },
        "time": {
            "dateTime": "%x, %X",
            "date": "%d.%m.%Y" if where.language == "de" else "%d/%m/%Y",
            "time": "%H:%M:%S",
            # Not every language names them, and no chart shows them.
            "periods": ["AM", "PM"],
            "days": [days["wide"][day] for day in week],
            "shortDays": [days["abbreviated"][day] for day in week],
            "months": [months["wide"][month] for month in range(1, 13)],
            "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
        },
    }
