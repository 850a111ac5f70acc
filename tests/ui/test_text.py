"""Text that people typed, and times, on their way onto the page."""

from datetime import UTC, date, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from streamlit.elements.widgets.time_widgets import ALLOWED_DATE_FORMATS

from ui.components import when
from ui.components.text import account_number, has_typo, html, literal, typed_number
from ui.language import LANGUAGES

NASTY = "<script>alert(1)</script> **bold** $x^2$ [a](javascript:1) :smile: `code` _i_ ![p](/p) \\ & \"q\" 'q'"


class TestEscaping:
    def test_html_leaves_no_markup(self) -> None:
        safe = html(NASTY)
        assert "<" not in safe
        assert '"' not in safe
        assert "'" not in safe

    def test_literal_disarms_every_character_that_means_something(self) -> None:
        safe = literal(NASTY)
        for mark in "*$[]()`_!<>\\&":
            assert safe.count(mark) == safe.count("\\" + mark) or mark == "\\"
        assert ":smile:" not in safe

    def test_literal_keeps_to_one_line(self) -> None:
        assert literal("a\n\n# b\n- c") == "a \\# b \\- c"


class TestAccountNumber:
    def test_is_shown_in_groups(self) -> None:
        assert account_number("4821553906") == "4821 553 906"
        assert account_number("12") == "12"

    @pytest.mark.parametrize("typed", ["4821553906", " 4821 553 906 ", "4821-553-906"])
    def test_is_read_however_it_is_grouped(self, typed: str) -> None:
        assert typed_number(typed) == "4821553906"

    @pytest.mark.parametrize("typed", ["", "482155390", "48215539061", "482155390x", "٤٨٢١٥٥٣٩٠٧"])
    def test_needs_ten_digits(self, typed: str) -> None:
        assert typed_number(typed) is None

    def test_a_wrong_digit_and_swapped_neighbours_are_typos(self) -> None:
        number = "4821553906"
        assert not has_typo(number)
        for place, digit in product(range(10), "0123456789"):
            other = number[:place] + digit + number[place + 1 :]
            assert has_typo(other) == (other != number)
        for place in range(9):
            swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
            assert has_typo(swapped) == (swapped != number)


class TestTimes:
    NOW = datetime(2026, 11, 22, 16, 0, tzinfo=ZoneInfo("Europe/Prague"))

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (datetime(2026, 11, 22, 14, 4, 5, tzinfo=UTC), "today at 15:04"),
            (datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "today at 00:30"),
            (datetime(2026, 11, 21, 10, 0, tzinfo=UTC), "yesterday at 11:00"),
            (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "1 July 2026 at 12:00"),
        ],
    )
    def test_moments_are_said_in_the_visitors_zone(self, value: datetime, text: str) -> None:
        assert when.moment(value, now=self.NOW) == text

    def test_days_are_said_as_people_do(self) -> None:
        today = date(2026, 11, 22)
        assert when.day(today, today=today) == "Today"
        assert when.day(date(2026, 11, 21), today=today) == "Yesterday"
        assert when.day(date(2026, 11, 20), today=today) == "Friday, 20 November 2026"

    @pytest.mark.parametrize(
        ("kind", "text"),
        [("daily", "Sun, 1 Nov 2026"), ("weekly", "Week of 1 Nov 2026"), ("monthly", "November 2026")],
    )
    def test_periods_have_names(self, kind: str, text: str) -> None:
        assert when.period(date(2026, 11, 1), date(2026, 12, 1), kind) == text


class TestTypedForm:
    @pytest.mark.parametrize(
        ("where", "form"),
        [("de_DE", "DD.MM.YYYY"), ("en_GB", "DD/MM/YYYY"), ("en_US", "MM/DD/YYYY"), ("en_CA", "YYYY-MM-DD")],
    )
    def test_of_the_country(self, monkeypatch: pytest.MonkeyPatch, where: str, form: str) -> None:
        monkeypatch.setattr(when, "locale", lambda: Locale.parse(where))
        assert when.typed_form() == form

    def test_is_one_that_a_field_takes_everywhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for where in (name for name in locale_identifiers() if name.partition("_")[0] in LANGUAGES):
            monkeypatch.setattr(when, "locale", lambda where=where: Locale.parse(where))
            assert ALLOWED_DATE_FORMATS.match(when.typed_form()), where
