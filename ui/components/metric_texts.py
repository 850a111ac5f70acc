"""Statistics in the person's language.

Their words come from the dbt project, through the bank's catalogue. Those that the project ships are named here,
so that they have translations; an analyst's new one is shown as the analyst wrote it.
"""

from ui.clients.stats import Metric
from ui.language import N_, _

SHIPPED = (
    *(N_("Opening balance"), N_("What the account held when the period began.")),
    *(N_("Closing balance"), N_("What the account held when the period ended, or holds now while it lasts.")),
    *(N_("Money in"), N_("Everything that came into the account.")),
    *(N_("Money out"), N_("Everything that left the account.")),
    *(N_("Net change"), N_("How much more, or less, the account holds than when the period began.")),
    *(N_("Transactions"), N_("How many times money came in or went out.")),
    *(N_("Payments in"), N_("How many times money came in.")),
    *(N_("Payments out"), N_("How many times money went out.")),
    *(N_("Largest transaction"), N_("The largest amount that moved at once, in or out.")),
    *(N_("Largest payment in"), N_("The largest amount that came in at once.")),
    *(N_("Largest payment out"), N_("The largest amount that went out at once.")),
    N_("Average balance"),
    N_("What the account held on average, each balance counted for as long as it lasted."),
    *(N_("Average daily balance"), N_("The average of what the account held at the end of each day.")),
    *(N_("Lowest balance"), N_("The least that the account held at any moment.")),
    *(N_("Highest balance"), N_("The most that the account held at any moment.")),
    *(N_("Active days"), N_("On how many days money came in or went out.")),
    *(N_("Counterparties"), N_("How many different accounts or outside places money came from or went to.")),
)


def label(metric: Metric) -> str:
    """What stands over the figure."""
    return _(metric.label)


def plain(metric: Metric) -> str:
    """What it is, in everyday words; as the analyst defined it where there are none."""
    return _(metric.plain) if metric.plain else metric.definition


def group(metric: Metric) -> str:
    """Where it is shown: money, balance or activity, by its unit and by what it is while nothing moves."""
    if metric.unit != "minor_units":
        return "activity"
    return "balance" if metric.idle_rule in {"carry", "time_average", "day_average"} else "money"
