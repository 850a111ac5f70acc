"""Moving money in three steps: say what, look at it, have it posted once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec
import streamlit as st

from ui.clients.accounts import Account, AccountsClient, Movement
from ui.clients.errors import ApiError
from ui.components import session
from ui.components.cards import short
from ui.components.text import account_number, has_typo, typed_number

KINDS = {"deposit": "Pay in", "transfer": "Transfer", "withdraw": "Take out"}
OUTSIDE = {
    "external:cash": "Cash",
    "external:card": "Card",
    "external:wire": "Wire from another bank",
    "external:cheque": "Cheque",
}


ADDRESS = "draft"
FIELDS = ("kind", "account", "whose", "to", "number", "outside", "amount", "memo")
UNFINISHED_MAX = 20


@dataclass
class Work:
    """One movement from the first letter typed to its receipt. Its id is in the address, the rest on the server.

    So a reload at any step comes back to that step, and nothing of it is in the address or the browser.
    """

    id: str = field(default_factory=lambda: str(uuid4()))
    typed: dict[str, str] = field(default_factory=dict)
    draft: "Draft | None" = None

    def keep(self) -> None:
        """Remember what the form's fields hold."""
        for name in FIELDS:
            value = st.session_state.get(f"move_{name}")
            if value is not None:
                self.typed[name] = value

    def _restore(self) -> None:
        for name in FIELDS:
            if name in self.typed:
                st.session_state[f"move_{name}"] = self.typed[name]
            else:
                st.session_state.pop(f"move_{name}", None)


def current_work() -> Work:
    """The work that the address names, else a new one, which the address names from then on."""
    unfinished = session.unfinished()
    work = unfinished.get(st.query_params.get(ADDRESS, ""))
    if isinstance(work, dict):
        # As it was written down before the app was started again.
        work = unfinished[work["id"]] = msgspec.convert(work, Work)
    if work is None:
        work = start()
    elif st.session_state.get("move_work") != work.id:
        st.session_state["move_work"] = work.id
        work._restore()
    return work


def start(**typed: str) -> Work:
    """New work, with what is known of it already; the oldest is forgotten when there is too much of it."""
    unfinished = session.unfinished()
    work = Work(typed=typed)
    unfinished[work.id] = work
    for old in list(unfinished)[:-UNFINISHED_MAX]:
        del unfinished[old]
    st.query_params[ADDRESS] = st.session_state["move_work"] = work.id
    work._restore()
    return work


@dataclass
class Draft:
    """A movement that somebody is about to confirm.

    `other` is an outside party, an account id or an account number, `other_label` what people call it.
    The key makes the bank post it once, however often it is sent; it changes only when the bank has
    said no, because a refusal is remembered under its key as well.
    """

    kind: str
    account: Account
    other: str
    other_label: str
    amount: int
    memo: str
    key: str = field(default_factory=lambda: str(uuid4()))
    is_sent: bool = False
    posted: Movement | None = None

    def post(self, client: AccountsClient) -> Movement:
        """Post it, or give what was posted already; raises ApiError."""
        if self.posted is not None:
            return self.posted
        self.is_sent = True
        try:
            if self.kind == "deposit":
                done = client.deposit(self.account.account_id, self.amount, self.other, key=self.key)
            elif self.kind == "withdraw":
                done = client.withdraw(self.account.account_id, self.amount, self.other, key=self.key)
            else:
                done = client.transfer(
                    self.account.account_id, self.other, self.amount, self.memo or None, key=self.key
                )
        except ApiError as error:
            if error.is_outcome_known and not error.is_passing:
                self.key, self.is_sent = str(uuid4()), False
            raise
        # Set before anything of Streamlit runs, which may end this run for the sake of a second click.
        self.posted = done
        return done

    @property
    def parties(self) -> tuple[str, str]:
        """From and to, as people call them."""
        own = short(self.account)
        return (self.other_label, own) if self.kind == "deposit" else (own, self.other_label)


def recipient_of(text: str, own: Account) -> tuple[str, str]:
    """The number that somebody typed, and how to show it; raises ValueError with what is wrong."""
    number = typed_number(text)
    if number is None:
        raise ValueError("An account number has ten digits, such as 4821 553 906.")
    if has_typo(number):
        raise ValueError("There is a typo in this account number. Compare it digit by digit.")
    if number == own.number:
        raise ValueError("That is the account you pay from.")
    return number, f"Account {account_number(number)}"


def destinations(accounts: Sequence[Account], source: Account) -> list[Account]:
    """The person's other accounts that can take money from `source`."""
    return [
        account
        for account in accounts
        if account.can_move_money
        and account.account_id != source.account_id
        and account.currency == source.currency
    ]
