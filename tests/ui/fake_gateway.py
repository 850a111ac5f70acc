"""The toy bank over HTTP, with faults on request. For tests of the app only."""

import csv
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.ui import fake_desk, fake_self
from tests.ui.fake_bank import FakeBank, Refusal

DROP = 0
FACTS = {
    "items": [
        {"code": code, "name": code, "minor_units": units, "is_active": True, "is_offered": True}
        for code, units in {"EUR": 2, "USD": 2, "CZK": 2, "HUF": 2, "JPY": 0}.items()
    ],
    "account_types": ["checking", "savings"],
    "amount_min_minor": 1,
    "amount_max_minor": 10**12,
    "memo_max_characters": 140,
    "transfers_max": 1000,
}


class FakeGateway:
    """A server on a free port; `calls` records what came in, `fail` makes the next matching calls go wrong."""

    def __init__(self) -> None:
        self.bank = FakeBank()
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.faults: list[list[Any]] = []
        self.held_path: str | None = None
        self.is_let_go = threading.Event()
        handler = type("Handler", (_Handler,), {"gateway": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def fail(self, path: str, status: int, *, times: int = 1, after_doing: bool = False) -> None:
        """The next `times` calls whose path starts so answer `status`, or drop the line (DROP)."""
        self.faults.append([path, status, times, after_doing])

    @contextmanager
    def holding(self, path: str) -> Iterator[None]:
        """Calls whose path starts so wait until the block ends; they are in `calls` already."""
        self.held_path, self.is_let_go = path, threading.Event()
        try:
            yield
        finally:
            self.held_path = None
            self.is_let_go.set()

    def fault_for(self, path: str) -> tuple[int, bool] | None:
        for fault in self.faults:
            if path.startswith(fault[0]) and fault[2] > 0:
                fault[2] -= 1
                return fault[1], fault[3]
        return None

    def calls_to(self, path: str) -> list[dict[str, str]]:
        return [headers for _, called, headers in self.calls if called.startswith(path)]


@contextmanager
def running_gateway() -> Iterator[FakeGateway]:
    gateway = FakeGateway()
    thread = threading.Thread(target=gateway.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.server.shutdown()
        gateway.server.server_close()
        thread.join()


def _is_wanted(line: dict[str, Any], query: dict[str, str]) -> bool:
    """Whether the filters of a statement let a line through."""
    said = f"{line['memo'] or ''}\n{line['counterparty_name'] or ''}\n{line['counterparty_number'] or ''}".lower()
    other = line["to"] if line["amount"] < 0 else line["from"]
    return (
        query.get("direction") in (None, "in" if line["amount"] > 0 else "out")
        and int(query.get("amount_min", 0)) <= abs(line["amount"]) <= int(query.get("amount_max", 2**53))
        and query.get("counterparty") in (None, other, line["counterparty_number"])
        and query.get("q", "").strip().lower() in said
    )


class _Handler(BaseHTTPRequestHandler):
    gateway: FakeGateway
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def _handle(self) -> None:
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.gateway.calls.append((self.command, url.path, dict(self.headers)))
        if self.gateway.held_path and url.path.startswith(self.gateway.held_path):
            self.gateway.is_let_go.wait()
        fault = self.gateway.fault_for(url.path)
        if fault and not fault[1]:
            self._fail(fault[0])
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            with self.gateway.bank.lock:
                status, answer = self._route(url.path, query, raw)
        except Refusal as refusal:
            problem = {"code": refusal.code, "detail": refusal.detail, "status": refusal.status}
            status, answer = refusal.status, problem | ({"errors": refusal.errors} if refusal.errors else {})
        if fault:
            self._fail(fault[0])
            return
        self._answer(status, answer)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 (the names http.server calls)

    def _fail(self, status: int) -> None:
        if status == DROP:
            self.close_connection = True
            self.connection.close()
        else:
            headers = {"Retry-After": "9"} if status == 429 else {}
            self._answer(status, {"code": {429: "too_many_requests"}.get(status, "unavailable")}, headers)

    def _answer(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        if isinstance(answer, dict) and "format=csv" in self.path:
            content, headers = self._csv(answer)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != 204:
            self.wfile.write(content)

    def _csv(self, page: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """A page as the services give it: the names of the columns first, the next page in `Link`."""
        rows = [item.get("metrics", {}) | item for item in page["items"]]
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, [name for name in rows[0] if name != "metrics"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        cursor = page["next_cursor"]
        link = f'<{self.path.split("&cursor=")[0]}&cursor={cursor}>; rel="next"'
        return buffer.getvalue().encode(), {"Content-Type": "text/csv"} | ({"Link": link} if cursor else {})

    def _caller(self) -> str:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in self.gateway.bank.tokens:
            raise Refusal(401, "unauthenticated")
        return self.gateway.bank.tokens[token]

    def _route(self, path: str, query: dict[str, str], raw: bytes) -> tuple[int, Any]:
        bank, method = self.gateway.bank, self.command
        if path == "/user/create":
            return 201, bank.create_user(json.loads(raw))
        if path == "/user/login":
            return 200, bank.login(json.loads(raw))
        if path == "/user/recovery":
            bank.reset(json.loads(raw))
            return 204, b""
        if path == "/account/currencies":
            return 200, FACTS
        caller = self._caller()
        if path == "/user/logout":
            bank.tokens = {token: user for token, user in bank.tokens.items() if user != caller}
            return 204, b""
        if path == "/user/refresh":
            return 200, bank.token_for(caller)
        if path == "/user/me":
            return 200, bank.users[caller]
        if (answer := fake_desk.route(bank, method, path, raw, caller)) is not None:
            return answer
        if (answer := fake_self.route(bank, method, path, raw, caller)) is not None:
            return answer
        if path == "/user/photo":
            user = bank.users[caller]
            bank.photos[caller] = raw.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
            user["photo_status"] = "pending"
            return 200, user
        if path.startswith("/user/review"):
            return self._review(path, method, raw, caller)
        if path.startswith("/account"):
            return self._account(path, query, raw, caller)
        return self._stats(path, query, caller)

    def _review(self, path: str, method: str, raw: bytes, caller: str) -> tuple[int, Any]:
        bank = self.gateway.bank
        if "review_identities" not in bank.users[caller]["rights"]:
            raise Refusal(403, "forbidden")
        user_id = path.removeprefix("/user/review").strip("/").split("/")[0]
        if path.endswith("/photo"):
            return 200, bank.photos[user_id]
        if method == "POST":
            bank.decide(user_id, json.loads(raw))
            return 200, bank.users[user_id]
        waiting = [user | {"submitted_at": user["created_at"]} for user in bank.users.values()]
        return 200, {"items": [user for user in waiting if user["photo_status"] == "pending"], "next_cursor": None}

    def _account(self, path: str, query: dict[str, str], raw: bytes, caller: str) -> tuple[int, Any]:
        bank = self.gateway.bank
        body = json.loads(raw) if raw else {}
        key = self.headers.get("Idempotency-Key")
        if path == "/account/create":
            return 201, bank.told(caller, bank.open_account(caller, body["type"], body["currency"]))
        if path == "/account/search":
            found = [
                account | {"owners": bank.owners(name)}
                for name, account in bank.accounts.items()
                if account["number"] == query.get("number")
            ]
            return 200, {"items": found, "next_cursor": None}
        if path.startswith("/account/user/"):
            return fake_desk.accounts_of(bank, path, caller)
        if path == "/account/transfer":
            source = bank.own(caller, body["from"])["account_id"]

            def transfer() -> Any:
                return bank.move("transfer", source, bank.resolve(body["to"]), body["amount"], body.get("memo"))

            return 201, bank.once(caller, key, body, transfer)
        if path == "/account/invitation":
            return 200, {"items": bank.invitations_of(caller), "next_cursor": None}
        if match := re.fullmatch(r"/account/([^/]+)/owner(?:/(.+))?", path):
            return self._owner(match[1], match[2], body, caller)
        match = re.fullmatch(r"/account/([^/]+)(?:/(deposit|withdraw|transactions|nickname))?", path)
        assert match is not None, path
        account = bank.own(caller, match[1])
        if match[2] == "nickname":
            bank.nicknames[caller, match[1]] = body["nickname"]
        if match[2] is None and self.command == "DELETE":
            bank.close(account)
            return 204, b""
        if match[2] in (None, "nickname"):
            return 200, bank.told(caller, account)
        if match[2] == "transactions":
            return 200, self._statement(account["account_id"], query, caller)
        outside = str(body.get("source") or body.get("destination"))
        is_deposit = match[2] == "deposit"
        kind = "deposit" if is_deposit else "withdrawal"
        source, destination = (outside, match[1]) if is_deposit else (match[1], outside)
        return 201, bank.once(
            caller, key, body, lambda: bank.move(kind, source, destination, body["amount"], None)
        )

    def _owner(self, account_id: str, which: str | None, body: dict[str, Any], caller: str) -> tuple[int, Any]:
        bank = self.gateway.bank
        if which == "accept":
            return 200, bank.accept(caller, account_id)
        if which is not None:
            bank.remove_owner(account_id, which)
            return 204, b""
        if self.command == "POST":
            return 201, bank.invite(caller, account_id, body["user_id"])
        bank.own(caller, account_id)
        return 200, bank.owners_told(account_id)

    def _statement(self, account_id: str, query: dict[str, str], caller: str) -> dict[str, Any]:
        start, end = (datetime.fromisoformat(query[name]) if name in query else None for name in ("from", "to"))
        names = self.gateway.bank.payees
        lines = [
            line | {"counterparty_name": names.get((caller, line["counterparty_number"]))}
            for line in reversed(self.gateway.bank.lines[account_id])
            if (start is None or datetime.fromisoformat(line["time"]) >= start)
            and (end is None or datetime.fromisoformat(line["time"]) < end)
        ]
        lines = [line for line in lines if _is_wanted(line, query)]
        offset, limit = int(query.get("cursor", 0)), int(query["limit"])
        rest = offset + limit < len(lines)
        return {"items": lines[offset : offset + limit], "next_cursor": str(offset + limit) if rest else None}

    def _stats(self, path: str, query: dict[str, str], caller: str) -> tuple[int, Any]:
        bank = self.gateway.bank
        fresh = {"complete_through": bank.complete_through, "run_id": bank.complete_through}
        if path == "/stats/status":
            return 200, fresh | {"lag_s": 3, "time_zone": bank.time_zone}
        if path == "/stats/metrics":
            return 200, {"items": bank.catalogue(), "next_cursor": None}
        period, _, behind = path.removeprefix("/stats/").partition("/")
        if behind:
            bank.own(caller, query["account_id"])
            rows = bank.behind(query["account_id"], period, date.fromisoformat(query["period_start"]))
            return 200, fresh | {"items": rows, "next_cursor": None}
        if "read_statistics" not in bank.users[caller]["rights"]:
            bank.own(caller, query["account_id"])
        days = (date.fromisoformat(query["from"]), date.fromisoformat(query["to"]))
        items = bank.figures(query["account_id"], period, *days)
        return 200, fresh | {"period": period, "items": items, "next_cursor": None}
