"""Both legs of a movement or one, oldest or newest first."""

import pytest

from tests.accounts.history.conftest import Bank

pytestmark = pytest.mark.slow


class TestMirrors:
    FUNDS = "2024-01-02T00:00:00Z,a,1000,external:x,,1\n2024-01-02T00:00:00Z,b,1000,external:x,,1\n"

    def test_both_legs_are_one_movement_whatever_their_references(self, bank: Bank) -> None:
        legs = "2024-01-03T08:00:00Z,a,-50,b,rent,A-17\n2024-01-03T09:00:00+01:00,b,50,a,,B-4\n"
        summary = bank.imported(self.FUNDS + legs)
        assert (summary.movements, summary.mirrored, summary.rows) == (3, 1, 4)
        assert "both of their accounts give, counted once: 1." in summary.text(is_dry_run=False)
        assert bank.totals() == {"a": 950, "b": 1050}
        assert bank.movements()[-1] == ("a", "b", 50, "rent")

    def test_numbers_are_unique_for_each_account_only(self, bank: Bank) -> None:
        rows = "2024-01-03T00:00:00Z,a,-50,b,rent,2\n2024-01-04T00:00:00Z,b,-20,a,part of it,2\n"
        assert bank.imported(self.FUNDS + rows).movements == 4
        assert bank.totals() == {"a": 970, "b": 1030}

    @pytest.mark.parametrize(
        "other",
        [
            "2024-01-03T00:00:00.000001Z,b,50,a,,9",
            "2024-01-03T00:00:00Z,b,51,a,,9",
            "2024-01-03T00:00:00Z,b,-50,a,,9",
            "2024-01-03T00:00:00Z,b,50,external:a,,9",
        ],
        ids=[
            "another time",
            "another amount",
            "the same direction for the other",
            "an outside party of that name",
        ],
    )
    def test_what_differs_is_no_mirror(self, bank: Bank, other: str) -> None:
        summary = bank.imported(f"{self.FUNDS}2024-01-03T00:00:00Z,a,-50,b,,9\n{other}\n")
        assert (summary.movements, summary.mirrored) == (4, 0)

    def test_each_row_has_one_mirror_at_most(self, bank: Bank) -> None:
        legs = "".join(f"2024-01-03T00:00:00Z,a,-50,b,,{n}\n" for n in (2, 3, 4))
        legs += "".join(f"2024-01-03T00:00:00Z,b,50,a,,{n}\n" for n in (7, 8))
        summary = bank.imported(self.FUNDS + legs)
        assert (summary.movements, summary.mirrored) == (5, 2)
        assert bank.totals() == {"a": 850, "b": 1150}

    def test_given_again_by_one_account_only_adds_nothing(self, bank: Bank) -> None:
        of_a = "2024-01-03T00:00:00Z,a,-50,b,rent,2\n"
        of_b = "2024-01-03T00:00:00Z,b,50,a,from a,5\n"
        bank.imported(self.FUNDS + of_a + of_b)
        for again in (of_a, of_b, of_a + of_b):
            summary = bank.imported(self.FUNDS + again)
            assert (summary.movements, summary.repeated) == (0, 3)

    def test_a_leg_that_comes_later_belongs_to_what_is_there(self, bank: Bank) -> None:
        of_a = "2024-01-03T00:00:00Z,a,-50,b,rent,2\n"
        bank.imported(self.FUNDS + of_a)
        summary = bank.imported(f"{self.FUNDS}{of_a}2024-01-03T00:00:00Z,b,50,a,from a,5\n")
        assert (summary.movements, summary.repeated) == (0, 3)
        assert "takes only later ones" in bank.refused("2024-01-03T00:00:00Z,b,50,a,from a,5\n")


class TestOrder:
    def test_equal_times_keep_the_order_of_files_and_lines(self, bank: Bank) -> None:
        row = "2024-01-02T00:00:00Z,a,{},external:x,{},{}\n"
        bank.imported(row.format(5, "one", 9) + row.format(-5, "two", 1), row.format(7, "three", 5), names="a")
        assert [memo for *_, memo in bank.movements()] == ["one", "two", "three"]

    def test_a_file_with_the_newest_first_is_read_from_its_end(self, bank: Bank) -> None:
        rows = (
            "2024-01-03T00:00:00Z,a,-40,external:x,third,3\n"
            "2024-01-03T00:00:00Z,a,40,external:x,second,2\n"
            "2024-01-02T00:00:00Z,a,1,external:x,first,1\n"
        )
        bank.imported(rows, names="a")
        assert [memo for *_, memo in bank.movements()] == ["first", "second", "third"]

    def test_also_one_that_goes_account_by_account(self, bank: Bank) -> None:
        rows = "".join(
            f"2024-01-0{day}T00:00:00Z,{name},{amount},external:x,{name}{day}{sign},{day}{sign}\n"
            for name in "ab"
            for day in (3, 2)
            for sign, amount in (("-", -5), ("+", 5))
        )
        bank.imported(rows)
        assert [memo for *_, memo in bank.movements()] == ["b2+", "b2-", "a2+", "a2-", "b3+", "b3-", "a3+", "a3-"]

    def test_each_file_has_a_direction_of_its_own(self, bank: Bank) -> None:
        newest_first = "2024-01-03T00:00:00Z,a,2,external:x,d,4\n2024-01-02T00:00:00Z,a,1,external:x,b,3\n"
        oldest_first = "2024-01-02T00:00:00Z,a,1,external:x,a,1\n2024-01-03T00:00:00Z,a,2,external:x,c,2\n"
        bank.imported(oldest_first, newest_first, names="a")
        assert [memo for *_, memo in bank.movements()] == ["a", "b", "c", "d"]

    def test_one_that_goes_up_and_down_keeps_the_order_of_lines(self, bank: Bank) -> None:
        days = (3, 3, 2, 4)
        rows = "".join(f"2024-01-0{day}T00:00:00Z,a,1,external:x,{n},{n}\n" for n, day in enumerate(days))
        bank.imported(rows, names="a")
        assert [memo for *_, memo in bank.movements()] == ["2", "0", "1", "3"]
