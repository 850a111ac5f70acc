"""What the accounts service must do, in plain Python: no database, no HTTP, nothing of its code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

AMOUNT_MAX = 10**12
OWNERS_MAX = 10
INVITATIONS_MAX = 3
REFUSALS_MAX = 3
POSTED = "posted"


@dataclass
class Line:
    """A line of a statement, with the transfer it belongs to."""

    transfer: "ModelTransfer"
    amount: int
    balance_after: int


@dataclass
class ModelTransfer:
    """A posted movement."""

    kind: str
    source: str
    destination: str
    amount: int
    currency: str
    memo: str
    is_reversed: bool = False


@dataclass
class ModelAccount:
    """An account as its owners and staff see it; what left it on `spent_on` (UTC).

    `invited` and `refused` name the invited user and whose invitation it is.
    """

    account_id: str
    number: str
    currency: str
    owners: list[str]
    approved: bool
    invited: dict[str, str] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    total: int = 0
    is_closed: bool = False
    spent: int = 0
    spent_on: date = date.min
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """A movement that somebody asks for: sides are account ids, numbers or `external:…`."""

    source: str
    destination: str
    amount: int
    memo: str = ""


@dataclass
class ModelOutcome:
    """`posted`, with the balance of the caller's side, or a refusal's code."""

    code: str
    transfer: ModelTransfer | None = None
    balance_after: int = 0


class BankModel:
    """Every method gives a code: `done` or `posted`, or the refusal."""

    def __init__(self, daily_limit: int) -> None:
        self._daily_limit = daily_limit
        self.accounts: dict[str, ModelAccount] = {}
        self.approved_users: set[str] = set()

    def account(self, side: str) -> ModelAccount | None:
        """The account with this id or number."""
        return next((a for a in self.accounts.values() if side in (a.account_id, a.number)), None)

    def opened(self, account_id: str, number: str, currency: str, owner: str) -> None:
        """A new account, approved if its owner is."""
        approved = owner in self.approved_users
        self.accounts[account_id] = ModelAccount(account_id, number, currency, [owner], approved)

    def approve_user(self, user: str) -> int:
        """How many accounts it approved."""
        self.approved_users.add(user)
        waiting = [a for a in self._of(user) if not a.approved and not a.is_closed]
        for account in waiting:
            account.approved = True
        return len(waiting)

    def approve_account(self, account_id: str) -> str:
        """By staff."""
        account = self.accounts[account_id]
        if account.is_closed:
            return "account_closed"
        account.approved = True
        return "done"

    def close(self, caller: str, account_id: str) -> str:
        """Only at zero."""
        account = self.accounts[account_id]
        if caller not in account.owners:
            return "not_found"
        if account.is_closed:
            return "account_closed"
        if account.total:
            return "balance_not_zero"
        account.is_closed = True
        return "done"

    def invite(self, caller: str, account_id: str, invited: str) -> str:
        """Inviting somebody again changes nothing, nor does inviting an owner."""
        account = self.accounts[account_id]
        if caller not in account.owners:
            return "not_found"
        if caller not in self.approved_users:
            return "user_not_approved"
        if account.is_closed:
            return "account_closed"
        if len({*account.owners, *account.invited} - {invited}) >= OWNERS_MAX:
            return "too_many_owners"
        refusals = sum((invited, caller) in a.refused for a in self.accounts.values())
        if (invited, caller) in account.refused or refusals >= REFUSALS_MAX:
            return "invitation_refused"
        others = (a for a in self.accounts.values() if a is not account)
        if sum(a.invited.get(invited) == caller for a in others) >= INVITATIONS_MAX:
            return "too_many_invitations"
        if invited not in account.owners:
            account.invited[invited] = caller
        return "done"

    def accept(self, caller: str, account_id: str) -> str:
        """Accepting again changes nothing."""
        account = self.accounts[account_id]
        if caller not in self.approved_users:
            return "user_not_approved"
        if caller in account.owners:
            return "done"
        if caller not in account.invited:
            return "not_found"
        if account.is_closed:
            return "account_closed"
        del account.invited[caller]
        account.owners.append(caller)
        return "done"

    def remove_owner(self, caller: str, account_id: str, owner: str) -> str:
        """Never the last; an invitation is taken back or refused in the same way."""
        account = self.accounts[account_id]
        if caller not in (*account.owners, owner):
            return "not_found"
        if owner in account.invited:
            inviter = account.invited.pop(owner)
            if caller == owner:
                account.refused.add((owner, inviter))
            return "done"
        if owner not in account.owners:
            return "not_found"
        if account.owners == [owner]:
            return "last_owner"
        account.owners.remove(owner)
        account.invited = {user: inviter for user, inviter in account.invited.items() if inviter != owner}
        return "done"

    def post(self, caller: str, wish: Wish) -> ModelOutcome:
        """One movement of a customer."""
        source, destination = self.account(wish.source), self.account(wish.destination)
        refusal = self._refusal(caller, wish, source, destination)
        if refusal:
            return ModelOutcome(refusal)
        kind = "deposit" if source is None else "withdrawal" if destination is None else "transfer"
        return self._enter(kind, wish, source, destination)

    def post_all(self, caller: str, wishes: Sequence[Wish], *, all_or_nothing: bool) -> list[ModelOutcome]:
        """Each as if those before it that were not refused had happened; with one refusal all of them or none."""
        outcomes = [self.post(caller, wish) for wish in wishes]
        if all_or_nothing and any(outcome.code != POSTED for outcome in outcomes):
            for outcome in reversed(outcomes):
                if outcome.transfer:
                    self._undo(outcome.transfer)
            return [ModelOutcome("not_posted" if o.code == POSTED else o.code) for o in outcomes]
        return outcomes

    def reverse(self, transfer: ModelTransfer, memo: str) -> ModelOutcome:
        """By staff: once, and not beyond the balance; limits, owners and approval of users are not asked."""
        if transfer.kind == "reversal":
            return ModelOutcome("not_reversible")
        if transfer.is_reversed:
            return ModelOutcome("already_reversed")
        source, destination = self.account(transfer.destination), self.account(transfer.source)
        if source is None:
            if destination and destination.is_closed:
                return ModelOutcome("account_closed")
        elif source.is_closed:
            return ModelOutcome("account_closed")
        elif destination and destination.is_closed:
            return ModelOutcome("recipient_unavailable")
        elif source.total < transfer.amount:
            return ModelOutcome("insufficient_funds")
        transfer.is_reversed = True
        wish = Wish(transfer.destination, transfer.source, transfer.amount, memo)
        return self._enter("reversal", wish, source, destination)

    def may_see(self, caller: str, outcomes: Sequence[ModelOutcome]) -> bool:
        """Whether the caller still owns all accounts whose balance these outcomes tell."""
        own_sides = [
            o.transfer.destination if o.transfer.kind == "deposit" else o.transfer.source
            for o in outcomes
            if o.transfer
        ]
        return all(caller in self.accounts[side].owners for side in own_sides)

    def _refusal(
        self, caller: str, wish: Wish, source: ModelAccount | None, destination: ModelAccount | None
    ) -> str | None:
        if caller not in self.approved_users:
            return "user_not_approved"
        own = destination if wish.source.startswith("external:") else source
        if own is None or caller not in own.owners:
            return "not_found"
        if source and source is destination:
            return "same_account"
        if own.is_closed:
            return "account_closed"
        if not own.approved:
            return "account_not_approved"
        if source is None:
            return None
        return (
            self._receiving_refusal(caller, wish, source, destination)
            or ("insufficient_funds" if source.total < wish.amount else None)
            or ("daily_limit_exceeded" if self._spent_today(source) + wish.amount > self._daily_limit else None)
        )

    def _receiving_refusal(
        self, caller: str, wish: Wish, source: ModelAccount, destination: ModelAccount | None
    ) -> str | None:
        if wish.destination.startswith("external:"):
            return None
        if destination is None or destination.is_closed or not destination.approved:
            return "recipient_unavailable"
        if source.currency != destination.currency:
            return "currency_differs" if caller in destination.owners else "recipient_unavailable"
        return None

    def _enter(
        self, kind: str, wish: Wish, source: ModelAccount | None, destination: ModelAccount | None
    ) -> ModelOutcome:
        own = source or destination
        assert own is not None
        transfer = ModelTransfer(
            kind,
            source.account_id if source else wish.source,
            destination.account_id if destination else wish.destination,
            wish.amount,
            own.currency,
            wish.memo,
        )
        for account, amount in ((source, -wish.amount), (destination, wish.amount)):
            if account:
                account.total += amount
                account.lines.append(Line(transfer, amount, account.total))
        if source and kind != "reversal":
            source.spent = self._spent_today(source) + wish.amount
            source.spent_on = _today()
        return ModelOutcome(POSTED, transfer, own.total)

    def _undo(self, transfer: ModelTransfer) -> None:
        for side in (transfer.source, transfer.destination):
            if account := self.accounts.get(side):
                account.total -= account.lines.pop().amount
        self.accounts[transfer.source].spent -= transfer.amount

    def _spent_today(self, account: ModelAccount) -> int:
        return account.spent if account.spent_on == _today() else 0

    def _of(self, user: str) -> list[ModelAccount]:
        return [account for account in self.accounts.values() if user in account.owners]


def _today() -> date:
    return datetime.now(UTC).date()
