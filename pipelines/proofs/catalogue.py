"""Which proofs there are, and which figures they count a second time."""

from api.shared.calendar import Period
from pipelines.figures import BANK_DAILY, mart_of
from pipelines.proofs.proof import Proof

PERIODS = tuple({"type": str(period), "unit": period.unit} for period in Period)

LEDGER = tuple(
    Proof(name, "ledger", f"{name}.sql")
    for name in ("sequence", "balance_chain", "ledger_balance", "grand_total", "internal_transfers")
)
FINALITY = Proof("finality", "statistics", "finality.sql", PERIODS)
REBUILD = Proof("rebuild", "statistics", "rebuild.sql")
STATISTICS = (
    Proof("period_arithmetic", "statistics", "period_arithmetic.sql", PERIODS),
    Proof("continuity", "statistics", "continuity.sql", PERIODS),
    Proof("days_add_up", "statistics", "days_add_up.sql", PERIODS[1:]),
    Proof("completeness", "statistics", "completeness.sql", PERIODS),
    Proof("averages", "statistics", "averages.sql", PERIODS),
    Proof("accounts", "statistics", "accounts.sql"),
    Proof("bank_daily", "statistics", "bank_daily.sql"),
)
# Those that hold the marts against more than the warehouse: readers' figures, the models themselves.
COMPARISONS = (FINALITY, REBUILD)
PROOFS = (*LEDGER, *STATISTICS, *COMPARISONS)
NAMES = frozenset(proof.name for proof in PROOFS)

# What the proofs above count by themselves. Any other figure is an analyst's own, and is made anew and compared.
_ACCOUNTS = frozenset(
    "opening_balance closing_balance inflow outflow net_change transaction_count inflow_count outflow_count "
    "largest_transaction largest_inflow largest_outflow average_balance average_daily_balance min_balance "
    "max_balance active_days counterparty_count".split()
)
_BANK = frozenset(
    "deposits inflow outflow net_change transaction_count transfers active_accounts new_accounts".split()
)
COUNTED_TWICE = {**{mart_of(period): _ACCOUNTS for period in Period}, BANK_DAILY: _BANK}
# The proof of averages leaves these to analysts once they gave them another meaning, by a higher version.
LEFT_WHEN_RESTATED = frozenset({"average_balance", "average_daily_balance", "counterparty_count"})
