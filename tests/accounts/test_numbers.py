"""Account numbers: the check digit here and in the database is the same."""

import random

from stdnum import damm

from api.accounts.numbers import is_account_number
from tests.accounts.ledger import Ledger
from tests.cluster import Databases


class TestCheckDigit:
    def test_the_database_agrees(self, databases: Databases) -> None:
        dice = random.Random(1)
        digits = [str(dice.randint(100_000_000, 999_999_999)) for _ in range(300)]
        ledger = Ledger(databases)
        found = ledger.root.execute(
            "select accounts.damm_digit(d), accounts.is_account_number(d || accounts.damm_digit(d)),"
            " accounts.is_account_number(accounts.new_number()) from unnest(%s::text[]) d",
            (digits,),
        ).fetchall()
        ledger.close()
        assert found == [(int(damm.calc_check_digit(d)), True, True) for d in digits]
        assert all(is_account_number(f"{d}{check}") for d, (check, *_) in zip(digits, found, strict=True))


class TestIsAccountNumber:
    def test_only_ten_ascii_digits(self) -> None:
        assert is_account_number("1000000018")
        for text in ("", "1", "0000000000", "10000000180", "100000001x", "１０００００００１８", " 1000000018"):
            assert not is_account_number(text)
