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
# What readers have against the marts: proven again with the rest of history.
PUBLISHED_STATISTICS = Proof("published_statistics", "published", "published_statistics.sql")
PUBLISHED_ACCOUNTS = Proof("published_accounts", "published", "published_accounts.sql")
PUBLISHED_BANK_DAILY = Proof("published_bank_daily", "published", "published_bank_daily.sql")
# Those that hold the marts against more than the warehouse: readers' figures, the models themselves.
COMPARISONS = (FINALITY, REBUILD)
# What is known to be damaged; proven by `pipelines.history.known`.
HISTORY = Proof(
    *("history", "", ""),
    words="What was found to be damaged, by a run, the scrubber or a full proof, holds again.",
)
PROOFS = (*LEDGER, *STATISTICS, *COMPARISONS, HISTORY)
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
