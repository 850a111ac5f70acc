"""What tests of joint accounts ask and send."""

from typing import Any
from uuid import UUID

from tests.accounts.world import Person


def path_of(account: dict[str, Any]) -> str:
    return f"/account/{account['account_id']}/owner"


def body(person: Person | UUID) -> dict[str, str]:
    return {"user_id": str(person.user_id if isinstance(person, Person) else person)}


def owners(person: Person, account: dict[str, Any]) -> tuple[list[str], list[str]]:
    told = person.done("GET", path_of(account), 200)
    return [o["user_id"] for o in told["items"]], [i["user_id"] for i in told["invitations"]]
