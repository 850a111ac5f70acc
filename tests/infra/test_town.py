"""The demo town: the same for the same day, and nothing in it that the ledger would have refused."""

from collections import defaultdict
from datetime import date

from infra.demo.town import live

UNTIL = date(2026, 11, 22)


def test_the_same_day_gives_the_same_town() -> None:
    assert live(UNTIL) == live(UNTIL)


def test_no_account_is_overdrawn_beyond_its_limit_at_any_moment() -> None:
    town = live(UNTIL)
    limits = {account.key: account.overdraft_limit for account in town.accounts}
    balances: dict[str, int] = defaultdict(int)
    for movement in town.movements:
        balances[movement.source] -= movement.amount
        balances[movement.destination] += movement.amount
        assert balances[movement.source] >= -limits.get(movement.source, 10**15)


def test_movements_come_in_time_order_after_their_accounts_were_opened() -> None:
    town = live(UNTIL)
    opened = {account.key: account.opened_at for account in town.accounts}
    assert [m.at for m in town.movements] == sorted(m.at for m in town.movements)
    for movement in town.movements:
        for side in (movement.source, movement.destination):
            assert side.startswith("external:") or opened[side] <= movement.at
    assert town.movements[-1].at.date() < UNTIL


def test_every_customer_has_an_address_and_a_use() -> None:
    town = live(UNTIL)
    assert len({customer.email for customer in town.customers}) == len(town.customers) == 200
    used = {side for movement in town.movements for side in (movement.source, movement.destination)}
    assert {customer.checking for customer in town.customers} <= used
