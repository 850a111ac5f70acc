"""A toy bank for tests of the app only: just enough behaviour behind the contract's answers."""

import secrets
import threading
from collections import defaultdict
from typing import Any
from uuid import uuid4

from stdnum import damm

from api.shared.roles import rights_of
from tests.ui.fake_desk import FakeDesk
from tests.ui.fake_self import FakeSelf, Refusal
from tests.ui.fake_statistics import now


class FakeBank(FakeSelf):
    """Users, accounts and their statistics in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.desk = FakeDesk()
        self.photos: dict[str, bytes] = {}
        # By account: who owns it beside its first owner, and who is invited by whom.
        self.joint: dict[str, list[str]] = defaultdict(list)
        self.invited: dict[str, dict[str, str]] = defaultdict(dict)
        self.requests: dict[tuple[str, str], tuple[Any, Any]] = {}
        self.token_life_s = 900

    # users

    def create_user(
        self, body: dict[str, Any], *, roles: tuple[str, ...] = (), approved: bool = False, **fields: Any
    ) -> dict[str, Any]:
        if any(user["email"] == body["email"] for user in self.users.values()):
            raise Refusal(409, "email_taken", "This email is in use.")
        if not body["phone"].startswith("+"):
            raise Refusal(
                400, "invalid_request", "No.", [{"field": "phone", "message": "Begin with the country code."}]
            )
        user_id = str(uuid4())
        self.users[user_id] = {
            "user_id": user_id,
            "name": body["name"],
            "email": body["email"],
            "phone": body["phone"],
            "approved": approved,
            "photo_status": "approved" if approved else "missing",
            "photo_reason": None,
            "roles": list(roles),
            "rights": sorted(rights_of(roles)),
            "created_at": now(),
            **fields,
        }
        self.passwords[body["email"]] = body["password"]
        return self.users[user_id]

    def token_for(self, user_id: str) -> dict[str, Any]:
        token = secrets.token_urlsafe(16)
        self.tokens[token] = user_id
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.token_life_s}

    def login(self, body: dict[str, Any]) -> dict[str, Any]:
        found = [user for user in self.users.values() if user["email"] == body["email"]]
        if not found or self.passwords[body["email"]] != body["password"]:
            raise Refusal(401, "unauthenticated")
        return self.token_for(found[0]["user_id"])

    def decide(self, user_id: str, body: dict[str, Any]) -> None:
        user = self.users[user_id]
        user["approved"] = body["decision"] == "approve"
        user["photo_status"] = "approved" if user["approved"] else "rejected"
        user["photo_reason"] = body.get("reason")
        for account_id, owner in self.owner.items():
            if owner == user_id and user["approved"]:
                self.accounts[account_id]["approved"] = True

    # accounts

    def told(self, user_id: str, account: dict[str, Any]) -> dict[str, Any]:
        """An account as the user sees it."""
        return account | {"nickname": self.nicknames.get((user_id, account["account_id"]), "")}

    def close(self, account: dict[str, Any]) -> None:
        if account["total"]:
            raise Refusal(409, "balance_not_zero")
        account["closed_at"] = now()

    def open_account(self, user_id: str, type_: str, currency: str, **fields: Any) -> dict[str, Any]:
        account_id = str(uuid4())
        self.accounts[account_id] = {
            "account_id": account_id,
            "number": new_number(),
            "type": type_,
            "currency": currency,
            "total": 0,
            "approved": self.users[user_id]["approved"],
            "overdraft_limit": 0,
            "opened_at": now(),
            "closed_at": None,
            "is_joint": False,
            **fields,
        }
        self.owner[account_id] = user_id
        self.lines[account_id] = []
        return self.accounts[account_id]

    def owners(self, account_id: str) -> list[str]:
        return [*filter(None, [self.owner.get(account_id)]), *self.joint[account_id]]

    def owners_told(self, account_id: str) -> dict[str, Any]:
        times = {"invited_at": now(), "expires_at": now(14)}
        return {
            "items": [{"user_id": user_id, "added_at": now()} for user_id in self.owners(account_id)],
            "invitations": [
                {"user_id": user_id, "invited_by": by, **times} for user_id, by in self.invited[account_id].items()
            ],
        }

    def invite(self, caller: str, account_id: str, user_id: str) -> dict[str, Any]:
        self.own(caller, account_id)
        if user_id not in self.owners(account_id):
            self.invited[account_id][user_id] = caller
        return self.owners_told(account_id)

    def accept(self, caller: str, account_id: str) -> dict[str, Any]:
        if caller in self.owners(account_id):
            return self.accounts[account_id]
        if self.invited[account_id].pop(caller, None) is None:
            raise Refusal(404, "not_found")
        self.joint[account_id].append(caller)
        self.accounts[account_id]["is_joint"] = True
        return self.accounts[account_id]

    def remove_owner(self, account_id: str, user_id: str) -> None:
        if self.invited[account_id].pop(user_id, None) is None:
            rest = [owner for owner in self.owners(account_id) if owner != user_id]
            if not rest:
                raise Refusal(409, "last_owner")
            self.owner[account_id], self.joint[account_id] = rest[0], rest[1:]
            self.accounts[account_id]["is_joint"] = len(rest) > 1

    def invitations_of(self, user_id: str) -> list[dict[str, Any]]:
        return [
            self.accounts[account_id]
            | {"invited_by": invited[user_id], "invited_at": now(), "expires_at": now(14)}
            for account_id, invited in self.invited.items()
            if user_id in invited
        ]

    def own(self, user_id: str, account_id: str) -> dict[str, Any]:
        account = self.accounts.get(account_id)
        may_see = user_id in self.owners(account_id) or "read_accounts" in self.users[user_id]["rights"]
        if account is None or not may_see:
            raise Refusal(404, "not_found")
        return account

    def once(self, user_id: str, key: str | None, body: Any, do: Any) -> Any:
        """The same key and body give the same answer, refusals included."""
        if key is None:
            return do()
        if (user_id, key) in self.requests:
            known, answer = self.requests[user_id, key]
            if known != body:
                raise Refusal(422, "idempotency_conflict")
        else:
            try:
                answer = do()
            except Refusal as refusal:
                answer = refusal
            self.requests[user_id, key] = (body, answer)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def move(
        self, kind: str, source: str, destination: str, amount: int, memo: str | None, at: str | None = None
    ) -> dict[str, Any]:
        sides = [(source, -amount), (destination, amount)]
        for account_id, signed in sides:
            account = self.accounts.get(account_id)
            if account is not None:
                if not account["approved"]:
                    raise Refusal(409, "account_not_approved")
                if account["total"] + signed < -account["overdraft_limit"]:
                    raise Refusal(409, "insufficient_funds")
        transfer_id, time = str(uuid4()), at or now()
        for account_id, signed in sides:
            if account_id in self.accounts:
                account = self.accounts[account_id]
                account["total"] += signed
                lines = self.lines[account_id]
                lines.append(
                    {
                        "id": str(uuid4()),
                        "transfer_id": transfer_id,
                        "account_id": account_id,
                        "from": source,
                        "to": destination,
                        "amount": signed,
                        "balance_after": account["total"],
                        "sequence": len(lines) + 1,
                        "time": time,
                        "memo": memo,
                        "kind": kind,
                        "counterparty_number": self.accounts.get(
                            destination if account_id == source else source, {}
                        ).get("number"),
                    }
                )
        own = source if source in self.accounts else destination
        account = self.accounts[own]
        return {
            "transfer_id": transfer_id,
            "kind": kind,
            "from": source,
            "to": destination,
            "amount": amount,
            "currency": account["currency"],
            "memo": memo,
            "time": time,
            "balance_after": account["total"],
        }

    def reverse(self, line: dict[str, Any], memo: str | None = None) -> dict[str, Any]:
        """Staff turn a transfer round; both movements name each other."""
        done = self.move("transfer", line["to"], line["from"], abs(line["amount"]), memo)
        for lines in self.lines.values():
            for other in lines:
                if other["transfer_id"] == done["transfer_id"]:
                    other |= {
                        "kind": "reversal",
                        "reverses_id": line["transfer_id"],
                        "reverses_time": line["time"],
                    }
                elif other["transfer_id"] == line["transfer_id"]:
                    other |= {"reversed_by_id": done["transfer_id"], "reversed_by_time": done["time"]}
        return done

    def resolve(self, name: str) -> str:
        for account in self.accounts.values():
            if name in {account["account_id"], account["number"]}:
                return account["account_id"]
        raise Refusal(409, "recipient_unavailable")


def new_number() -> str:
    start = f"{secrets.randbelow(9 * 10**8) + 10**8}"
    return start + damm.calc_check_digit(start)
