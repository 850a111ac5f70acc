"""Which proofs there are."""

from pipelines.calendar import Period
from pipelines.proofs.proof import Proof

PERIODS = tuple({"type": str(period), "unit": period.unit} for period in Period)

LEDGER = tuple(
    Proof(name, "ledger", f"{name}.sql")
    for name in ("sequence", "balance_chain", "ledger_balance", "grand_total", "internal_transfers")
)
FINALITY = Proof("finality", "statistics", "finality.sql", PERIODS)
STATISTICS = (
    Proof("period_arithmetic", "statistics", "period_arithmetic.sql", PERIODS),
    Proof("continuity", "statistics", "continuity.sql", PERIODS),
    Proof(
        *("days_add_up", "statistics", "days_add_up.sql"),
        PERIODS[1:],
    ),
    Proof("completeness", "statistics", "completeness.sql", PERIODS),
    Proof("averages", "statistics", "averages.sql", PERIODS),
    Proof("accounts", "statistics", "accounts.sql"),
    FINALITY,
)
NAMES = frozenset(proof.name for proof in (*LEDGER, *STATISTICS))
