"""A bank into which histories are written as text."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.accounts.history.errors import HistoryRefused
from api.accounts.history.importer import import_history
from api.accounts.history.progress import JsonLines
from api.accounts.history.summary import Summary
from tests.accounts.ledger import Ledger
from tests.cluster import Databases

ACCOUNTS = "account,type,currency,overdraft_limit,opened_at\n"
HEADER = "time,account,amount,counterparty,memo,reference\n"


class Bank:
    """A ledger into which histories are written as text; accounts are `a` to `z`, in EUR without overdraft."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger = ledger
        self.folder = folder

    def imported(self, *files: str, names: str = "ab", accounts: str = "", is_dry_run: bool = False) -> Summary:
        """What importing rows of these files says; a file without a header gets the usual one."""
        paths = []
        for number, text in enumerate([accounts or self.accounts(names), *files]):
            head = HEADER if number and not text.startswith("time") else ""
            paths.append(self.folder / f"{number}.csv")
            paths[-1].write_bytes((head + text).encode())
        return import_history(
            self.ledger.databases.url("accounts_owner"),
            paths[0],
            tuple(paths[1:]),
            owner_id=None,
            map_path=None,
            is_dry_run=is_dry_run,
            reporter=JsonLines(),
        )

    def refused(self, *files: str, names: str = "ab") -> str:
        """The fault of importing, which leaves everything as it was."""
        before = self.movements()
        with pytest.raises(HistoryRefused) as refused:
            self.imported(*files, names=names)
        assert self.movements() == before
        return str(refused.value)

    def accounts(self, names: str) -> str:
        return ACCOUNTS + "".join(f"{name},checking,EUR,0,2024-01-01T00:00:00Z\n" for name in names)

    def movements(self) -> list[tuple[str, str, int, str]]:
        """(source, destination, amount, memo) in the order in which the ledger has them."""
        return self.ledger.root.execute("""
            select coalesce(s.import_reference, t.source), coalesce(d.import_reference, t.destination), t.amount,
                   t.memo
            from accounts.transfer t
            left join accounts.account s on s.id::text = t.source
            left join accounts.account d on d.id::text = t.destination
            where t.kind = 'imported'
            order by t.at, t.id
        """).fetchall()

    def totals(self) -> dict[str, int]:
        return dict(
            self.ledger.root.execute("select import_reference, total from accounts.account order by 1").fetchall()
        )


@pytest.fixture
def bank(databases: Databases, tmp_path: Path) -> Iterator[Bank]:
    ledger = Ledger(databases)
    yield Bank(ledger, tmp_path)
    ledger.assert_books_close()
    ledger.close()
