"""What staff's calls do to the toy bank. For tests of the app only."""

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.ui.fake_statistics import now

if TYPE_CHECKING:
    from tests.ui.fake_bank import FakeBank

BANK_DAY = {
    "deposits": 9_000,
    "inflow": 12_345,
    "outflow": 2_345,
    "net_change": 10_000,
    "transaction_count": 5,
    "transfers": 2,
    "active_accounts": 3,
    "new_accounts": 1,
}
Answer = tuple[int, Any]


class FakeDesk:
    """Records of what staff did, and what the pipeline's page shows."""

    def __init__(self) -> None:
        self.decisions: dict[str, list[dict[str, Any]]] = {}
        self.overdrafts: dict[str, list[dict[str, Any]]] = {}
        self.signed_out: list[str] = []
        self.bank_days: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self.state = "current"

    def bank_day(self, day: date, currency: str = "EUR", **metrics: int) -> None:
        """A day of the bank as a whole."""
        entry = {"date": day.isoformat(), "currency": currency, "status": "final", "metrics": BANK_DAY | metrics}
        self.bank_days.append(entry)


def route(bank: "FakeBank", method: str, path: str, raw: bytes, caller: str) -> Answer | None:
    """The answer to one of staff's calls; None for any other call."""
    body = json.loads(raw) if raw[:1] == b"{" else {}
    rights = bank.users[caller]["rights"]
    for pattern, right, act in ROUTES:
        if match := re.fullmatch(pattern, f"{method} {path}"):
            if right not in rights:
                return 403, {"code": "forbidden", "status": 403}
            return act(bank, body, caller, *match.groups())
    return None


def _page(items: list[Any]) -> Answer:
    return 200, {"items": items, "next_cursor": None}


def _missing() -> Answer:
    return 404, {"code": "not_found", "status": 404}


def _search(bank: "FakeBank", body: dict[str, Any], _caller: str) -> Answer:
    def fits(user: dict[str, Any]) -> bool:
        if "name" in body:
            return set(body["name"].casefold().split()) <= set(user["name"].casefold().split())
        ((field, value),) = body.items()
        return user[field].replace(" ", "") == value.replace(" ", "")

    return _page([user for user in bank.users.values() if fits(user)])


def _person(bank: "FakeBank", _body: dict[str, Any], _caller: str, user_id: str) -> Answer:
    if user_id not in bank.users:
        return _missing()
    return 200, bank.users[user_id] | {"decisions": bank.desk.decisions.get(user_id, [])}


def _sessions(bank: "FakeBank", _body: dict[str, Any], _caller: str, user_id: str) -> Answer:
    times = {"created_at": now(), "last_seen_at": now(), "expires_at": now(1), "current": False}
    return _page([{"session_id": token, **times} for token, user in bank.tokens.items() if user == user_id])


def _sign_out(bank: "FakeBank", _body: dict[str, Any], _caller: str, user_id: str) -> Answer:
    bank.desk.signed_out.append(user_id)
    bank.tokens = {token: user for token, user in bank.tokens.items() if user != user_id}
    return 204, b""


def _code(bank: "FakeBank", body: dict[str, Any], caller: str, user_id: str) -> Answer:
    _sign_out(bank, body, caller, user_id)
    return 201, {"user_id": user_id, "code": "ABCD-EFGH-JKLM", "expires_at": now(1)}


def _accounts_of(bank: "FakeBank", _body: dict[str, Any], caller: str, user_id: str) -> Answer:
    return _page(
        [bank.told(caller, account) for name, account in bank.accounts.items() if user_id in bank.owners(name)]
    )


def _approve(bank: "FakeBank", _body: dict[str, Any], _caller: str, account_id: str) -> Answer:
    bank.accounts[account_id]["approved"] = True
    return 200, bank.accounts[account_id]


def _overdraft(bank: "FakeBank", body: dict[str, Any], caller: str, account_id: str) -> Answer:
    account = bank.accounts[account_id]
    change = {
        "id": "x",
        "limit_before": account["overdraft_limit"],
        "limit_after": body["overdraft_limit"],
        "reason": body["reason"],
        "changed_by": caller,
        "changed_at": now(),
    }
    bank.desk.overdrafts.setdefault(account_id, []).insert(0, change)
    account["overdraft_limit"] = body["overdraft_limit"]
    return 200, account


def _overdrafts(bank: "FakeBank", _body: dict[str, Any], _caller: str, account_id: str) -> Answer:
    return _page(bank.desk.overdrafts.get(account_id, []))


def _reverse(bank: "FakeBank", body: dict[str, Any], _caller: str, transaction_id: str) -> Answer:
    line = next(line for lines in bank.lines.values() for line in lines if line["id"] == transaction_id)
    done = bank.reverse(line, body["memo"])
    return 201, done


def _bank(bank: "FakeBank", _body: dict[str, Any], _caller: str) -> Answer:
    return 200, {
        "items": bank.desk.bank_days,
        "next_cursor": None,
        "complete_through": bank.complete_through,
        "run_id": "r",
    }


def _pipeline(bank: "FakeBank", _body: dict[str, Any], _caller: str) -> Answer:
    status = {"complete_through": bank.complete_through, "run_id": "r", "state": bank.desk.state, "lag_s": 4}
    return 200, {"status": status, "runs": bank.desk.runs, "alerts": bank.desk.alerts}


_ID = "([0-9a-f-]{36})"
ROUTES = (
    ("POST /user/search", "read_users", _search),
    (f"GET /user/{_ID}", "read_users", _person),
    (f"GET /user/{_ID}/session", "read_users", _sessions),
    (f"POST /user/recovery/{_ID}/sign-out", "recover_users", _sign_out),
    (f"POST /user/recovery/{_ID}/code", "recover_users", _code),
    (f"POST /account/{_ID}/approve", "act_on_accounts", _approve),
    (f"PUT /account/{_ID}/overdraft", "act_on_accounts", _overdraft),
    (f"GET /account/{_ID}/overdraft", "read_accounts", _overdrafts),
    (f"POST /account/transaction/{_ID}/reverse", "act_on_accounts", _reverse),
    ("GET /stats/bank", "read_statistics", _bank),
    ("GET /stats/pipeline", "read_statistics", _pipeline),
)


def accounts_of(bank: "FakeBank", path: str, caller: str) -> Answer:
    """The accounts of the user whom the path names."""
    return _accounts_of(bank, {}, caller, path.rsplit("/", 1)[1])
