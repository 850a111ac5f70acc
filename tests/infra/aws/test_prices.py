"""What the page says a bank costs."""

import re

import pytest

from infra.aws import prices
from tests.cluster import REPOSITORY


class TestPage:
    def test_it_has_the_tables_as_they_are_calculated(self) -> None:
        page = (REPOSITORY / "infra" / "aws" / "README.md").read_text()
        for table in (prices.table(), prices.prices()):
            assert table in page, "python -m infra.aws.prices prints it"


class TestTable:
    def test_the_sums_are_the_sums_of_what_is_shown(self) -> None:
        *rows, last = (
            [float(cell.strip(" *")) for cell in line.split("|")[2:-1]] for line in prices.table().splitlines()[2:]
        )
        assert len(rows) == len(prices.LINES)
        assert [round(sum(column), 2) for column in zip(*rows, strict=True)] == last

    def test_a_line_is_the_sum_of_its_parts(self) -> None:
        (parts,) = (parts for title, parts in prices.LINES if title.startswith("Load balancers"))
        at_rest, *_ = prices.costs(parts)
        assert round(at_rest, 4) == round(2 * 0.0225 + 0.045 + 7 * 0.01 + 3 * 0.005, 4)

    @pytest.mark.parametrize(("environment", "case"), [("dev", 0), ("prod", 1)])
    def test_a_bank_at_rest_stays_in_its_budget(self, environment: str, case: int) -> None:
        file = REPOSITORY / "infra" / "aws" / "environments" / f"{environment}.tfvars"
        (budget,) = re.findall(r"(?m)^budget_usd\s*= (\d+)$", file.read_text())
        assert sum(prices.costs(parts)[case] for _, parts in prices.LINES) * prices.MONTH_H < float(budget)

    def test_each_price_says_where_it_is_from(self) -> None:
        for _, parts in prices.LINES:
            for price, _ in parts:
                assert price.source
                assert price.usd > 0
