"""Moving money in three steps: say what, look at it, have it posted once."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeGuard
from uuid import uuid4

import msgspec
import streamlit as st

from ui.clients.accounts import Account, AccountsClient, Movement, Payee
from ui.clients.errors import ApiError
from ui.components import session
from ui.components.cards import short
from ui.components.text import account_number, has_typo, typed_number
from ui.language import N_, _

KINDS = {"deposit": N_("Pay in"), "transfer": N_("Transfer"), "withdraw": N_("Take out")}
OUTSIDE = {
    "external:cash": N_("Cash"),
    "external:card": N_("Card"),
    "external:wire": N_("Wire from another bank"),
    "external:cheque": N_("Cheque"),
}


ADDRESS = "draft"
FIELDS = ("kind", "account", "whose", "to", "number", "name", "outside", "amount", "memo")
OWN, OTHERS = "own", "others"
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

    def restore(self) -> None:
        """Fill the form's fields with what was typed, at the run that first shows this work."""
        st.session_state[session.SHOWN_WORK] = self.id
        for name in FIELDS:
            if name in self.typed:
                st.session_state[f"move_{name}"] = self.typed[name]
            else:
                st.session_state.pop(f"move_{name}", None)


def current_work() -> Work:
    """The work that the address names, else a new one, which the address names from then on."""
    unfinished = session.unfinished()
    work = unfinished.get(st.query_params.get(ADDRESS, ""))
    if _is_written_down(work):
        # As it was written down before the app was started again.
        work = msgspec.convert(work, Work)
        unfinished[work.id] = work
    if not isinstance(work, Work):
        return start()
    if st.session_state.get(session.SHOWN_WORK) != work.id:
        work.restore()
    return work


def start(**typed: str) -> Work:
    """New work on this page, with what is known of it already."""
    work = _new(typed)
    st.query_params[ADDRESS] = work.id
    work.restore()
    return work


def go(**typed: str) -> NoReturn:
    """From another page to the form, with what is known already filled in."""
    st.switch_page("app_pages/move.py", query_params={ADDRESS: _new(typed).id})


def _new(typed: dict[str, str]) -> Work:
    """The oldest is forgotten when there is too much of it."""
    unfinished = session.unfinished()
    work = Work(typed=typed)
    unfinished[work.id] = work
    works = [name for name, held in unfinished.items() if isinstance(held, Work) or _is_written_down(held)]
    for old in works[:-UNFINISHED_MAX]:
        del unfinished[old]
    return work


def _is_written_down(held: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a work as it is kept over the app's restart."""
    return isinstance(held, dict) and "typed" in held


@dataclass
class Draft:
    """A movement that somebody is about to confirm.

    `other` is an outside party, an account id or an account number, `other_label` what people call it; `payee` is
    the name to keep for the number once it is posted. The key makes the bank post it once, however often it is
    sent; it changes only when the bank has said no, because a refusal is remembered under its key as well.
    """

    kind: str
    account: Account
    other: str
    other_label: str
    amount: int
    memo: str
    payee: Payee | None = None
    is_new_payee: bool = False
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

    def keep_payee(self, client: AccountsClient) -> None:
        """Keep the name of who was paid, once. Where that fails the number stands in the statement."""
        if self.payee is not None:
            with suppress(ApiError):
                client.keep_payee(self.payee.number, self.payee.name)
                self.payee = None

    @property
    def parties(self) -> tuple[str, str]:
        """From and to, as people call them."""
        own = short(self.account)
        return (self.other_label, own) if self.kind == "deposit" else (own, self.other_label)


def number_of(text: str) -> str:
    """The account number that somebody typed; raises ValueError with what is wrong."""
    number = typed_number(text)
    if number is None:
        raise ValueError(_("An account number has ten digits, such as 4821 553 906."))
    if has_typo(number):
        raise ValueError(_("There is a typo in this account number. Compare it digit by digit."))
    return number


def recipient_of(text: str, own: Account) -> str:
    """As `number_of`, of an account to pay to from `own`."""
    number = number_of(text)
    if number == own.number:
        raise ValueError(_("That is the account you pay from."))
    return number


def payee_label(number: str, name: str) -> str:
    """ "Landlord · 4821 553 906", or the number alone."""
    shown = account_number(number)
    return f"{name} · {shown}" if name else _("Account {number}", number=shown)


def destinations(accounts: Sequence[Account], source: Account) -> list[Account]:
    """The person's other accounts that can take money from `source`."""
    return [
        account
        for account in accounts
        if account.can_move_money
        and account.account_id != source.account_id
        and account.currency == source.currency
    ]
