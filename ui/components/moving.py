"""Moving money in three steps: say what, look at it, have it posted once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from ui.clients.accounts import Account, AccountsClient, Movement
from ui.clients.errors import ApiError
from ui.components.cards import short
from ui.components.text import account_number, has_typo, typed_number

KINDS = {"deposit": "Pay in", "transfer": "Transfer", "withdraw": "Take out"}
OUTSIDE = {
    "external:cash": "Cash",
    "external:card": "Card",
    "external:wire": "Wire from another bank",
    "external:cheque": "Cheque",
}


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
    posted: Movement | None = None

    def post(self, client: AccountsClient) -> Movement:
        """Post it, or give what was posted already; raises ApiError."""
        if self.posted is not None:
            return self.posted
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
                self.key = str(uuid4())
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
