"""What users do with what is their own at the toy bank. For tests of the app only."""

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.ui.fake_statistics import FakeStatistics, now

if TYPE_CHECKING:
    from tests.ui.fake_bank import FakeBank

Answer = tuple[int, Any]


class Refusal(Exception):
    """An answer that is a problem document."""

    def __init__(
        self, status: int, code: str, detail: str = "No.", errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.errors = status, code, detail, errors


class FakeSelf(FakeStatistics):
    """Names they gave, sign-ins, programs' tokens, codes for a new password."""

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, dict[str, Any]] = {}
        self.passwords: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.owner: dict[str, str] = {}
        # By user and account id, and by user and account number.
        self.nicknames: dict[tuple[str, str], str] = {}
        self.payees: dict[tuple[str, str], str] = {}
        # By email: the code that staff gave out.
        self.codes: dict[str, str] = {}
        self.program_tokens: dict[str, dict[str, Any]] = {}
        self.other_sessions: dict[str, dict[str, Any]] = {}

    def update_user(self, user_id: str, body: dict[str, Any]) -> dict[str, Any]:
        user = self.users[user_id]
        needs_password = body.keys() & {"email", "phone", "new_password"}
        if needs_password and self.passwords[user["email"]] != body.get("current_password"):
            raise Refusal(403, "wrong_password")
        password = self.passwords.pop(user["email"])
        user |= {name: body[name] for name in ("name", "email", "phone") if name in body}
        self.passwords[user["email"]] = body.get("new_password", password)
        return user

    def reset(self, body: dict[str, Any]) -> None:
        if self.codes.pop(body["email"], None) != body["code"]:
            raise Refusal(409, "reset_refused")
        self.passwords[body["email"]] = body["new_password"]

    def delete_user(self, user_id: str, body: dict[str, Any]) -> None:
        user = self.users[user_id]
        if self.passwords[user["email"]] != body["current_password"]:
            raise Refusal(403, "wrong_password")
        if any(self.accounts[name]["total"] for name, owner in self.owner.items() if owner == user_id):
            raise Refusal(409, "balance_not_zero")
        del self.users[user_id]
        self.tokens = {token: owner for token, owner in self.tokens.items() if owner != user_id}

    def sessions_of(self) -> list[dict[str, Any]]:
        times = {"created_at": now(), "last_seen_at": now(), "expires_at": now(1)}
        return [{"session_id": str(uuid4()), "current": True} | times, *self.other_sessions.values()]

    def sign_in_elsewhere(self) -> str:
        session_id = str(uuid4())
        times = {"created_at": now(-1), "last_seen_at": now(-1), "expires_at": now(1)}
        self.other_sessions[session_id] = {"session_id": session_id, "current": False} | times
        return session_id

    def make_token(self, body: dict[str, Any]) -> dict[str, Any]:
        token_id = str(uuid4())
        self.program_tokens[token_id] = {
            "token_id": token_id,
            "name": body["name"],
            "scope": "stats:read",
            "created_at": now(),
            "expires_at": now(body["expires_in_days"]),
            "last_used_at": None,
        }
        return self.program_tokens[token_id] | {"access_token": f"secret-of-{body['name']}"}


def route(bank: "FakeBank", method: str, path: str, raw: bytes, caller: str) -> Answer | None:
    """The answer to one of these calls; None for any other call."""
    body = json.loads(raw) if raw[:1] == b"{" else {}
    service, what, *rest = [*path.strip("/").split("/"), ""][:3]
    name = rest[0] if rest else ""
    if service == "account":
        return _payee(bank, method, name, body, caller) if what == "payee" else None
    if what == "update":
        return 200, bank.update_user(caller, body)
    if what == "delete":
        bank.delete_user(caller, body)
        return 204, b""
    if what not in ("session", "token"):
        return None
    held = bank.other_sessions if what == "session" else bank.program_tokens
    if method == "DELETE":
        if held.pop(name, None) is None:
            raise Refusal(404, "not_found")
        return 204, b""
    if method == "POST":
        return 201, bank.make_token(body)
    items = bank.sessions_of() if what == "session" else list(held.values())
    return 200, {"items": items, "next_cursor": None}


def _payee(bank: "FakeBank", method: str, name: str, body: dict[str, Any], caller: str) -> Answer:
    if method == "PUT":
        bank.payees[caller, body["number"]] = body["name"]
        return 200, body
    if method == "DELETE":
        bank.payees.pop((caller, name), None)
        return 204, b""
    items = [{"number": number, "name": kept} for (user, number), kept in bank.payees.items() if user == caller]
    return 200, {"items": items, "next_cursor": None}
