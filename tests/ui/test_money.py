"""Money and account numbers between minor units and what people read and type."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.fake_gateway import FACTS
from ui.clients.accounts import Facts
from ui.components.money import (
    AmountError,
    currency_label,
    format_money,
    parse_amount,
)

BANK = msgspec.convert(FACTS, Facts)
AMOUNT_MAX_MINOR, CURRENCIES = BANK.amount_max_minor, BANK.offered


class TestFormatMoney:
    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [
            (123450, "USD", "$1,234.50"),
            (-5, "EUR", "−€0.05"),
            (0, "EUR", "€0.00"),
            (1234, "JPY", "¥1,234"),
            (2000, "CZK", "CZK\u00a020.00"),
            (-2000, "CZK", "−CZK\u00a020.00"),
            (AMOUNT_MAX_MINOR, "EUR", "€10,000,000,000.00"),
            (None, "EUR", "—"),
            (-1234, "", "−1,234"),
        ],
    )
    def test_as_people_read_it(self, minor: int | None, currency: str, text: str) -> None:
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
            ("1.", "EUR", "at most 2 decimals"),
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

    @given(minor=st.integers(1, AMOUNT_MAX_MINOR), currency=st.sampled_from(CURRENCIES))
    def test_reads_back_what_it_shows(self, minor: int, currency: str) -> None:
        assert parse_amount(format_money(minor, currency), currency) == minor

    @given(typed=st.text(max_size=30), currency=st.sampled_from(CURRENCIES))
    def test_gives_an_amount_or_a_reason_for_anything(self, typed: str, currency: str) -> None:
        try:
            minor = parse_amount(typed, currency)
        except AmountError:
            return
        assert 0 < minor <= AMOUNT_MAX_MINOR
