"""The words of the statistics that the dbt project ships."""

from pathlib import Path

import pytest
import yaml

from ui.clients.stats import Metric
from ui.components import metric_texts

MARTS = Path(__file__).parents[2] / "warehouse/models/marts/_stats.yml"


def shipped() -> list[Metric]:
    """The statistics as the project describes them."""
    daily = yaml.safe_load(MARTS.read_text())["models"][0]
    metrics = [(column, column.get("config", {}).get("meta", {}).get("metric")) for column in daily["columns"]]
    return [
        Metric(
            column["name"], metric["label"], column["description"], metric["unit"], metric["plain"], metric["idle"]
        )
        for column, metric in metrics
        if metric
    ]


class TestShipped:
    def test_each_has_a_translation(self) -> None:
        assert {text for metric in shipped() for text in (metric.label, metric.plain)} == set(metric_texts.SHIPPED)


class TestPlain:
    def test_falls_back_to_the_exact_words(self) -> None:
        assert metric_texts.plain(Metric("m", "M", "Exactly this.", "count")) == "Exactly this."


class TestGroup:
    @pytest.mark.parametrize(
        ("group", "names"),
        [
            ("money", "inflow outflow net_change largest_transaction largest_inflow largest_outflow"),
            (
                "balance",
                "opening_balance closing_balance average_balance average_daily_balance min_balance max_balance",
            ),
            ("activity", "transaction_count inflow_count outflow_count active_days counterparty_count"),
        ],
    )
    def test_by_unit_and_by_what_it_is_while_nothing_moves(self, group: str, names: str) -> None:
        assert {metric.name for metric in shipped() if metric_texts.group(metric) == group} == set(names.split())
