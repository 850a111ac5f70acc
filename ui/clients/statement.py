"""An account's statement: its lines, and which of them somebody looks for. Amounts are minor units."""

from datetime import datetime, timedelta

import msgspec

from ui.clients.http import Gateway, Page, TokenSource


class Transaction(msgspec.Struct, frozen=True, rename={"source": "from", "destination": "to"}):
    """One line of a statement; `amount` is signed: what it did to the balance.

    `counterparty_number` is the other account's, `counterparty_name` what the person calls it. A reversal and what
    it reversed name each other's transfer.
    """

    id: str
    transfer_id: str
    account_id: str
    source: str
    destination: str
    amount: int
    balance_after: int
    sequence: int
    time: datetime
    memo: str | None = None
    kind: str = ""
    counterparty_number: str | None = None
    counterparty_name: str | None = None
    reverses_id: str | None = None
    reverses_time: datetime | None = None
    reversed_by_id: str | None = None
    reversed_by_time: datetime | None = None


class Look(msgspec.Struct, frozen=True):
    """Which lines: of the time range [start, end), and let through by all filters. None and "" let all through.

    Amounts are without their sign, both ends included. `direction` is in or out, `counterparty` an account number
    or `external:<name>`, `text` is looked for in memos and kept names.
    """

    start: datetime | None = None
    end: datetime | None = None
    direction: str | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    counterparty: str | None = None
    text: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether something beside the time range is asked for."""
        return self != Look(self.start, self.end)

    def query(self) -> dict[str, str | int | None]:
        """As the API's parameters."""
        bounds = {"from": self.start, "to": self.end}
        times = {
            name: time.isoformat().replace("+00:00", "Z") for name, time in bounds.items() if time is not None
        }
        return {
            **times,
            "direction": self.direction,
            "amount_min": self.amount_min,
            "amount_max": self.amount_max,
            "counterparty": self.counterparty,
            "q": self.text or None,
        }


class Statements:
    """Statements for someone signed in: a part of the accounts service's client."""

    def __init__(self, gateway: Gateway, token: TokenSource) -> None:
        self._gateway = gateway
        self._token = token

    def statement(
        self, account_id: str, look: Look | None = None, *, limit: int = 25, cursor: str | None = None
    ) -> Page[Transaction]:
        """One page, newest first. The short pages of a filter are put together here."""
        look = look or Look()
        found: list[Transaction] = []
        while True:
            page = self._gateway.call(
                Page[Transaction],
                "GET",
                f"/account/{account_id}/transactions",
                token=self._token(),
                query=look.query() | {"limit": limit - len(found), "cursor": cursor},
            )
            found += page.items
            cursor = page.next_cursor
            if cursor is None or len(found) >= limit or not look.is_filtered:
                return Page(found, cursor)

    def movement(self, account_id: str, transfer_id: str, time: datetime) -> Transaction | None:
        """The account's line of one transfer, which happened at that time."""
        page = self.statement(account_id, Look(time, time + timedelta(microseconds=1)), limit=1000)
        return next((line for line in page.items if line.transfer_id == transfer_id), None)

    def statement_csv(self, account_id: str, look: Look) -> bytes:
        """The same lines as the bank's CSV, amounts in minor units and with decimals."""
        path = f"/account/{account_id}/transactions"
        return self._gateway.csv(path, token=self._token, query=look.query())
