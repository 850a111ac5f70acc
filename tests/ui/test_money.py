"""Money and account numbers between minor units and what people read and type."""

import msgspec
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.fake_gateway import FACTS
from ui.clients.accounts import Facts
from ui.components import money
from ui.components.money import (
    AmountError,
    currency_label,
    format_money,
    parse_amount,
)

BANK = msgspec.convert(FACTS, Facts)
AMOUNT_MAX_MINOR, CURRENCIES = BANK.amount_max_minor, BANK.offered
LOCALES = ("en_GB", "en_US", "de_DE", "de_AT", "de_CH")


def reads_in(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The person at the page has this locale."""
    monkeypatch.setattr(money, "locale", lambda: Locale.parse(where))


class TestFormatMoney:
    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [
            (123450, "USD", "US$1,234.50"),
            (-5, "EUR", "−€0.05"),
            (0, "EUR", "€0.00"),
            (1234, "JPY", "JP¥1,234"),
            (2000, "CZK", "CZK\u00a020.00"),
            (-2000, "CZK", "−CZK\u00a020.00"),
            (AMOUNT_MAX_MINOR, "EUR", "€10,000,000,000.00"),
            (None, "EUR", "—"),
            (-1234, "", "−1,234"),
        ],
    )
    def test_as_people_read_it(self, minor: int | None, currency: str, text: str) -> None:
        assert format_money(minor, currency) == text

    @pytest.mark.parametrize(
        ("where", "minor", "currency", "text"),
        [
            ("de_DE", -123450, "EUR", "−1.234,50\u00a0€"),
            ("de_DE", 2000, "CZK", "20,00\u00a0CZK"),
            ("de_DE", 1234, "JPY", "1.234\u00a0¥"),
            ("de_AT", 123450, "EUR", "€\u00a01.234,50"),
            ("de_CH", 123450, "EUR", "EUR\u00a01'234.50"),
            ("en_US", 123450, "USD", "$1,234.50"),
            ("de_DE", -1234567, "", "−1.234.567"),
        ],
    )
    def test_by_the_locale(
        self, monkeypatch: pytest.MonkeyPatch, where: str, minor: int, currency: str, text: str
    ) -> None:
        reads_in(monkeypatch, where)
        assert format_money(minor, currency) == text

    def test_signed_marks_what_came_in(self) -> None:
        assert format_money(100, "EUR", signed=True) == "+€1.00"
        assert format_money(-100, "EUR", signed=True) == "−€1.00"
        assert format_money(0, "EUR", signed=True) == "€0.00"

    def test_every_currency_offered_has_a_name(self) -> None:
        assert currency_label("EUR") == "EUR · Euro (€)"
        assert currency_label("CZK") == "CZK · Czech Koruna"
        assert all(" · " in currency_label(currency) for currency in CURRENCIES)


class TestParseAmount:
    @pytest.mark.parametrize(
        ("typed", "currency", "minor"),
        [
            ("1,234.50", "EUR", 123450),
            ("1234.5", "EUR", 123450),
            ("1 234.50", "CZK", 123450),
            ("1\u00a0234\u00a0567", "CZK", 123456700),
            ("€20", "EUR", 2000),
            ("20 CZK", "CZK", 2000),
            ("  7 ", "EUR", 700),
            ("0.01", "USD", 1),
            ("1,234", "JPY", 1234),
            ("10,000,000,000.00", "EUR", AMOUNT_MAX_MINOR),
            ("007", "EUR", 700),
            ("12,50", "EUR", 1250),
            ("12,5", "EUR", 1250),
            ("1.234,50 €", "EUR", 123450),
            ("1 234,50", "CZK", 123450),
            ("1234,50", "EUR", 123450),
            ("1,234", "EUR", 123400),
            ("5.", "EUR", 500),
            ("1,234.", "EUR", 123400),
            (".5", "EUR", 50),
            (".05", "EUR", 5),
            (",5", "EUR", 50),
            ("5.", "JPY", 5),
        ],
    )
    def test_takes_what_people_type(self, typed: str, currency: str, minor: int) -> None:
        assert parse_amount(typed, currency) == minor

    @pytest.mark.parametrize(
        ("typed", "currency", "message"),
        [
            ("", "EUR", "Type an amount."),
            ("1.234", "EUR", "at most 2 decimals"),
            ("1,234,50", "EUR", "not an amount we understand"),
            ("12,50", "JPY", "JPY has no decimals"),
            ("1,23,456", "EUR", "not an amount we understand"),
            ("1,2345", "EUR", "not an amount we understand"),
            ("1.005", "EUR", "at most 2 decimals"),
            ("5,", "EUR", "not an amount we understand"),
            (",500", "EUR", "not an amount we understand"),
            (".500", "EUR", "at most 2 decimals"),
            (".5", "JPY", "JPY has no decimals"),
            (".", "EUR", "not an amount we understand"),
            (",", "EUR", "not an amount we understand"),
            (".0", "EUR", "more than zero"),
            ("5.0", "JPY", "JPY has no decimals"),
            ("-5", "EUR", "not an amount we understand"),
            ("1e3", "EUR", "not an amount we understand"),
            ("NaN", "EUR", "not an amount we understand"),
            ("Infinity", "EUR", "not an amount we understand"),
            ("٣", "EUR", "not an amount we understand"),
            ("0", "EUR", "more than zero"),
            ("0.00", "EUR", "more than zero"),
            ("10,000,000,000.01", "EUR", "more than can be moved at once"),
            ("9" * 5000, "EUR", "more than can be moved at once"),
        ],
    )
    def test_refuses_the_rest_with_a_reason(self, typed: str, currency: str, message: str) -> None:
        with pytest.raises(AmountError, match=message):
            parse_amount(typed, currency)

    @pytest.mark.parametrize(
        ("where", "typed", "minor"),
        [
            ("de_DE", "1.234,50", 123450),
            ("de_DE", "1.234", 123400),
            ("de_DE", "1.234,5 €", 123450),
            ("de_DE", "12.50", 1250),
            ("de_DE", "1,234.50", 123450),
            ("de_AT", "1.234,50", 123450),
            ("de_AT", "€ 1 234,50", 123450),
            ("de_CH", "1'234.50", 123450),
            ("de_CH", "1’234.50", 123450),
            ("de_CH", "12,50", 1250),
            ("de_DE", "5,", 500),
            ("de_DE", ",5", 50),
            ("de_DE", ".5", 50),
            ("en_US", "1,234", 123400),
        ],
    )
    def test_takes_what_people_type_where_they_are(
        self, monkeypatch: pytest.MonkeyPatch, where: str, typed: str, minor: int
    ) -> None:
        reads_in(monkeypatch, where)
        assert parse_amount(typed, "EUR") == minor

    @pytest.mark.parametrize(
        ("where", "typed"),
        [("de_DE", "1,234"), ("de_DE", "1.23.456"), ("de_DE", "5."), ("de_CH", "1.234"), ("en_GB", "1.234")],
    )
    def test_never_guesses_between_thousands_and_decimals(
        self, monkeypatch: pytest.MonkeyPatch, where: str, typed: str
    ) -> None:
        reads_in(monkeypatch, where)
        with pytest.raises(AmountError):
            parse_amount(typed, "EUR")

    @pytest.mark.parametrize("where", LOCALES)
    def test_reads_back_what_it_shows(self, where: str) -> None:
        @given(minor=st.integers(1, AMOUNT_MAX_MINOR), currency=st.sampled_from(CURRENCIES))
        def reads_back(minor: int, currency: str) -> None:
            assert parse_amount(format_money(minor, currency), currency) == minor

        with pytest.MonkeyPatch.context() as patch:
            reads_in(patch, where)
            reads_back()

    @pytest.mark.parametrize("where", LOCALES)
    def test_gives_an_amount_or_a_reason_for_anything(self, where: str) -> None:
        @given(typed=st.text(max_size=30), currency=st.sampled_from(CURRENCIES))
        def gives(typed: str, currency: str) -> None:
            try:
                minor = parse_amount(typed, currency)
            except AmountError:
                return
            assert 0 < minor <= AMOUNT_MAX_MINOR

        with pytest.MonkeyPatch.context() as patch:
            reads_in(patch, where)
            gives()
