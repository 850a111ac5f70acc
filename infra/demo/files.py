"""Writes the town as the files that the bank's own commands take."""

import csv
import json
from pathlib import Path

from infra.demo.town import CURRENCY, Town


def users_as_json_lines(town: Town, visitor_password: str) -> str:
    """For the users service's `add-users`: only the visitor's customer can sign in."""
    return "\n".join(
        json.dumps(
            {
                "name": customer.name,
                "email": customer.email,
                "phone": customer.phone,
                "password": visitor_password if customer is town.visitor else None,
                "approved": True,
                "roles": [],
            }
        )
        for customer in town.customers
    )


def write_history(town: Town, user_ids: dict[str, str], folder: Path) -> tuple[Path, Path]:
    """Writes accounts.csv and transactions.csv for `tidemark import`; `user_ids` tells each email's user."""
    accounts, transactions = folder / "accounts.csv", folder / "transactions.csv"
    with accounts.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["account", "type", "currency", "overdraft_limit", "opened_at", "owner_id"])
        for account in town.accounts:
            writer.writerow(
                [
                    account.key,
                    account.type,
                    CURRENCY,
                    account.overdraft_limit,
                    account.opened_at.isoformat(),
                    user_ids[account.owner.email],
                ]
            )
    with transactions.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "account", "amount", "counterparty", "memo", "reference"])
        for number, movement in enumerate(town.movements, 1):
            comes_in = movement.source.startswith("external:")
            key, other = movement.source, movement.destination
            if comes_in:
                key, other = other, key
            amount = movement.amount if comes_in else -movement.amount
            writer.writerow([movement.at.isoformat(), key, amount, other, movement.memo, f"town-{number:06d}"])
    return accounts, transactions
