"""The accounts service: accounts, money moving, statements. Amounts are minor units."""

from datetime import datetime
from typing import Any

import msgspec

from ui.clients.http import Gateway
from ui.clients.statement import Statements


class Currency(msgspec.Struct, frozen=True):
    """A currency with its ISO 4217 minor units; accounts can be opened in it when it is offered."""

    code: str
    minor_units: int
    is_offered: bool = False


class Facts(msgspec.Struct, frozen=True):
    """Currencies, those on offer first, account types, and the limits of calls; amounts in minor units."""

    items: tuple[Currency, ...] = ()
    account_types: tuple[str, ...] = ()
    amount_max_minor: int = 0
    memo_max_characters: int = 0

    @property
    def offered(self) -> list[str]:
        """The codes of the currencies that accounts can be opened in."""
        return [currency.code for currency in self.items if currency.is_offered]

    def minor_units(self, code: str) -> int:
        """How many decimals an amount in the currency has; KeyError for one that the bank does not know."""
        return {item.code: item.minor_units for item in self.items}[code]


def read_facts(gateway: Gateway) -> Facts:
    """The bank's facts, which need no sign-in."""
    return gateway.call(Facts, "GET", "/account/currencies")


class Account(msgspec.Struct, frozen=True):
    """An account and its balance `total` in minor units of `currency`; `nickname`: the person's name for it."""

    account_id: str
    number: str
    type: str
    currency: str
    total: int
    approved: bool
    opened_at: datetime
    overdraft_limit: int = 0
    closed_at: datetime | None = None
    owners: tuple[str, ...] = ()
    is_joint: bool = False
    nickname: str = ""

    @property
    def can_move_money(self) -> bool:
        """Approved and not closed."""
        return self.approved and self.closed_at is None


class Owner(msgspec.Struct, frozen=True):
    """Somebody who owns an account."""

    user_id: str
    added_at: datetime


class Invitation(msgspec.Struct, frozen=True):
    """Somebody who may own an account too, if they accept before `expires_at`."""

    user_id: str
    invited_by: str
    expires_at: datetime


class Owners(msgspec.Struct, frozen=True):
    """Who owns an account, longest first, and who is invited to."""

    items: tuple[Owner, ...]
    invitations: tuple[Invitation, ...]


class ReceivedInvitation(msgspec.Struct, frozen=True):
    """An account that the person is invited to own."""

    account_id: str
    number: str
    type: str
    currency: str
    invited_by: str
    expires_at: datetime


class OverdraftChange(msgspec.Struct, frozen=True):
    """Who set an account's overdraft limit, when, from what to what (minor units) and why."""

    limit_before: int
    limit_after: int
    reason: str
    changed_by: str
    changed_at: datetime


class Movement(msgspec.Struct, frozen=True, rename={"source": "from", "destination": "to"}):
    """A posted movement; `balance_after` is that of the caller's account."""

    transfer_id: str
    kind: str
    source: str
    destination: str
    amount: int
    currency: str
    time: datetime
    balance_after: int
    memo: str | None = None


class Payee(msgspec.Struct, frozen=True):
    """Whom the person pays, by the name that they gave."""

    number: str
    name: str


class AccountsClient(Statements):
    """The accounts service for someone signed in."""

    def of_user(self, user_id: str) -> list[Account]:
        """Every account that the user may see, oldest first."""
        found = self._gateway.pages(Account, f"/account/user/{user_id}", token=self._token())
        return sorted(found, key=lambda account: account.opened_at)

    def get(self, account_id: str) -> Account:
        """One account; 404 when it is not there or not the caller's."""
        return self._gateway.call(Account, "GET", f"/account/{account_id}", token=self._token())

    def create(self, *, type_: str, currency: str) -> Account:
        """Open an account of type checking or savings."""
        body = {"type": type_, "currency": currency}
        return self._gateway.call(Account, "POST", "/account/create", token=self._token(), body=body)

    def rename(self, account_id: str, nickname: str) -> Account:
        """Give the account a name of one's own; "" takes it away."""
        path = f"/account/{account_id}/nickname"
        return self._gateway.call(Account, "PUT", path, token=self._token(), body={"nickname": nickname})

    def close(self, account_id: str) -> None:
        """Close the account; 409 `balance_not_zero` while it holds money or owes some."""
        self._gateway.request("DELETE", f"/account/{account_id}", token=self._token())

    def payees(self) -> list[Payee]:
        """Everybody for whom the person keeps a name."""
        return list(self._gateway.pages(Payee, "/account/payee", token=self._token()))

    def keep_payee(self, number: str, name: str) -> None:
        """Keep a name for an account number, which only the person sees."""
        body = {"number": number, "name": name}
        self._gateway.request("PUT", "/account/payee", token=self._token(), body=body)

    def forget_payee(self, number: str) -> None:
        """Forget the name kept for an account number."""
        self._gateway.request("DELETE", f"/account/payee/{number}", token=self._token())

    def owners(self, account_id: str) -> Owners:
        """Who owns the account, and who is invited to."""
        return self._gateway.call(Owners, "GET", f"/account/{account_id}/owner", token=self._token())

    def invite(self, account_id: str, user_id: str) -> Owners:
        """Invite a user to own the account too. Whether there is such a user is not told."""
        body = {"user_id": user_id}
        return self._gateway.call(Owners, "POST", f"/account/{account_id}/owner", token=self._token(), body=body)

    def remove_owner(self, account_id: str, user_id: str) -> None:
        """Take an owner off the account, or an invitation to it; oneself too."""
        self._gateway.request("DELETE", f"/account/{account_id}/owner/{user_id}", token=self._token())

    def invitations(self) -> list[ReceivedInvitation]:
        """The accounts that the person is invited to own."""
        return list(self._gateway.pages(ReceivedInvitation, "/account/invitation", token=self._token()))

    def accept(self, account_id: str) -> Account:
        """Own the account too; may be repeated."""
        return self._gateway.call(Account, "POST", f"/account/{account_id}/owner/accept", token=self._token())

    def search(self, *, number: str | None = None, user_id: str | None = None) -> list[Account]:
        """Staff: accounts by number or by owner."""
        query = {"number": number, "user_id": user_id}
        return list(self._gateway.pages(Account, "/account/search", token=self._token(), query=query, at_most=200))

    def approve(self, account_id: str) -> Account:
        """Staff: let the account move money."""
        return self._gateway.call(Account, "POST", f"/account/{account_id}/approve", token=self._token())

    def reverse(self, transaction_id: str, reason: str, *, key: str) -> Movement:
        """Staff: post a transaction's whole transfer the other way round, once."""
        return self._move(f"/account/transaction/{transaction_id}/reverse", {"memo": reason}, key)

    def set_overdraft(self, account_id: str, limit: int, reason: str) -> Account:
        """Staff: how far the account may be overdrawn, in minor units; recorded."""
        body = {"overdraft_limit": limit, "reason": reason}
        path = f"/account/{account_id}/overdraft"
        return self._gateway.call(Account, "PUT", path, token=self._token(), body=body)

    def overdraft_changes(self, account_id: str) -> list[OverdraftChange]:
        """Staff: who set the account's limit, newest first."""
        path = f"/account/{account_id}/overdraft"
        return list(self._gateway.pages(OverdraftChange, path, token=self._token(), at_most=50))

    def deposit(self, account_id: str, amount: int, source: str, *, key: str) -> Movement:
        """Money from outside; `source` is external:cash, external:card, external:wire or external:cheque."""
        return self._move(f"/account/{account_id}/deposit", {"amount": amount, "source": source}, key)

    def withdraw(self, account_id: str, amount: int, destination: str, *, key: str) -> Movement:
        """Money to the outside; `destination` as for a deposit's source."""
        return self._move(f"/account/{account_id}/withdraw", {"amount": amount, "destination": destination}, key)

    def transfer(self, source: str, destination: str, amount: int, memo: str | None, *, key: str) -> Movement:
        """Money to another account, by account id or number."""
        body: dict[str, Any] = {"from": source, "to": destination, "amount": amount}
        if memo:
            body["memo"] = memo
        return self._move("/account/transfer", body, key)

    def _move(self, path: str, body: dict[str, Any], key: str) -> Movement:
        return self._gateway.call(Movement, "POST", path, token=self._token(), body=body, key=key)
