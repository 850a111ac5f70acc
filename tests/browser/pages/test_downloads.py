"""Every download of the app gives the bank's own CSV."""

import csv

import pytest

from tests.browser.pages.conftest import App, SignedIn
from tests.browser.person import Person

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def download(person: Person) -> tuple[str, list[list[str]]]:
    """The file's name and rows."""
    with person.page.expect_download() as downloaded:
        person.button("Download as CSV").click()
    text = downloaded.value.path().read_text(encoding="utf-8-sig")
    return downloaded.value.suggested_filename, list(csv.reader(text.splitlines()))


class TestStatement:
    def test_has_every_page_of_the_list(self, app: App, signed_in: SignedIn) -> None:
        ada = app.customer()
        account = app.account(ada)
        for amount in range(1, 1003):
            app.bank.move("deposit", "external:cash", account["account_id"], amount, None)
        person = signed_in(ada, f"/account?account={account['account_id']}")
        name, rows = download(person)
        assert name == f"tidemark-{account['number']}-statement.csv"
        amounts = [row[rows[0].index("amount")] for row in rows[1:]]
        assert amounts == [str(amount) for amount in range(1002, 0, -1)]


class TestStatistics:
    def test_has_the_periods_shown(self, app: App, signed_in: SignedIn) -> None:
        ada = app.customer()
        account = app.account(ada, 5000)
        app.bank.publish()
        person = signed_in(ada, f"/statistics?account={account['account_id']}")
        _, rows = download(person)
        assert len(rows) == 2
        assert dict(zip(*rows, strict=True))["inflow"] == "5000"
