"""GET /stats/{period}/transactions: the rows behind a figure."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.forged import forged
from tests.oracle import Account
from tests.stats.world import OPENED, Api, Person, World, problem

NOW = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)


@pytest.fixture
def person(world: World) -> Person:
    return world.person()


@pytest.fixture
def account(world: World, person: Person) -> Account:
    """Every six hours from the 3rd to the end of March."""
    account = world.open_account(person)
    for number in range(115):
        world.post(account, 100 + number, OPENED + timedelta(hours=15 + 6 * number), memo=f"note {number}")
    return account


def read(api: Api, person: Person, account: Account, period: str, start: str, **params: Any) -> dict[str, Any]:
    asked = {"account_id": str(account.account_id), "period_start": start, **params}
    answer = api.get(f"/stats/{period}/transactions", person, asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestGetFigureTransactions:
    def test_they_are_those_of_the_period_in_order(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        run_id = world.publish(NOW)
        page = read(api, person, account, "daily", "2026-03-04")
        items = page.pop("items")
        assert page == {
            "period": "daily",
            "account_id": str(account.account_id),
            "period_start": "2026-03-04",
            "period_end": "2026-03-05",
            "status": "final",
            "complete_through": "2026-03-31T15:00:00Z",
            "run_id": run_id,
            "next_cursor": None,
        }
        assert [item["sequence"] for item in items] == [5, 6, 7, 8]
        first = items[0]
        assert {key: first[key] for key in first if key not in ("id", "transfer_id")} == {
            "account_id": str(account.account_id),
            "from": "external:cash",
            "to": str(account.account_id),
            "amount": 104,
            "balance_after": 510,
            "sequence": 5,
            "time": "2026-03-04T00:00:00Z",
            "memo": "note 4",
        }

    @pytest.mark.parametrize("zone", ["UTC", "Europe/Prague", "America/New_York"])
    def test_they_add_up_to_every_figure(
        self, api: Api, world: World, person: Person, account: Account, zone: str
    ) -> None:
        world.publish(NOW, zone)
        for period in ("daily", "weekly", "monthly"):
            figures = api.get(f"/stats/{period}", person, {"account_id": account.account_id}).json()["items"]
            assert sum(figure["metrics"]["transaction_count"] for figure in figures) > 100
            for figure in figures:
                items = read(api, person, account, period, figure["period_start"], limit=1000)["items"]
                metrics = figure["metrics"]
                assert len(items) == metrics["transaction_count"]
                assert sum(item["amount"] for item in items) == metrics["net_change"]
                assert [i["balance_after"] for i in items[-1:]] in ([], [metrics["closing_balance"]])

    def test_what_the_publication_has_not_counted_is_not_shown(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
        page = read(api, person, account, "daily", "2026-03-04")
        assert page["status"] == "provisional"
        assert [item["sequence"] for item in page["items"]] == [5, 6]
        assert read(api, person, account, "daily", "2026-03-05")["items"] == []

    @pytest.mark.parametrize("limit", [1, 3, 27, 28, 29])
    def test_they_come_page_by_page(
        self, api: Api, world: World, person: Person, account: Account, limit: int
    ) -> None:
        world.publish(NOW)
        found: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = read(api, person, account, "weekly", "2026-03-09", limit=limit, **cursor)
            found += [item["sequence"] for item in page["items"]]
            cursor = {"cursor": page["next_cursor"]}
            if page["next_cursor"] is None:
                break
            assert len(page["items"]) == limit
        assert found == list(range(25, 53))

    def test_without_publication_or_movement_there_are_none(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        page = read(api, person, account, "daily", "2026-03-04")
        assert (page["items"], page["run_id"], page["status"]) == ([], None, "provisional")
        world.publish(NOW)
        assert read(api, person, account, "daily", "2026-03-02")["items"] == []
        assert read(api, person, account, "daily", "0002-01-01")["items"] == []
        assert read(api, person, world.open_account(person), "monthly", "2026-03-01")["items"] == []

    def test_notes_are_for_the_accounts_own_people(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        for reader in (world.person("analyst"), world.person("staff"), world.program_of(person)):
            items = read(api, reader, account, "daily", "2026-03-04")["items"]
            assert [item["memo"] for item in items] == [None] * 4

    def test_no_note_is_an_empty_one(self, api: Api, world: World, person: Person) -> None:
        account = world.open_account(person)
        world.post(account, 7, datetime(2026, 3, 4, tzinfo=UTC))
        world.publish(NOW)
        assert [item["memo"] for item in read(api, person, account, "daily", "2026-03-04")["items"]] == [""]

    def test_someone_elses_account_is_unknown(self, api: Api, world: World, account: Account) -> None:
        world.publish(NOW)
        for reader in (world.person(), world.program_of(world.person())):
            for account_id in (account.account_id, uuid4()):
                asked = {"account_id": account_id, "period_start": "2026-03-04"}
                answer = api.get("/stats/daily/transactions", reader, asked)
                assert problem(answer) == (404, "not_found")

    @pytest.mark.parametrize(
        ("period", "asked", "expected"),
        [
            ("daily", {"period_start": "2026-03-04", "account_id": "x"}, (400, "invalid_request")),
            ("daily", {}, (400, "invalid_request")),
            ("hourly", {"period_start": "2026-03-04"}, (404, "not_found")),
        ],
    )
    def test_what_cannot_be_used_is_refused(
        self,
        api: Api,
        person: Person,
        account: Account,
        period: str,
        asked: dict[str, str],
        expected: tuple[int, str],
    ) -> None:
        answer = api.get(f"/stats/{period}/transactions", person, {"account_id": account.account_id} | asked)
        assert problem(answer) == expected

    @pytest.mark.parametrize("key", [b"[-1]", b"[1e99]", b'["1"]', b"[]"])
    def test_a_cursor_holds_a_sequence_number(
        self, api: Api, person: Person, account: Account, key: bytes
    ) -> None:
        path, asked = (
            "/stats/daily/transactions",
            {"account_id": str(account.account_id), "period_start": "2026-03-04"},
        )
        cursor = forged(person.user_id, path, key, [*asked.items()])
        assert problem(api.get(path, person, asked | {"cursor": cursor})) == (409, "invalid_cursor")

    def test_an_unchanged_answer_is_not_sent_again(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        asked = {"account_id": account.account_id, "period_start": "2026-03-04"}
        tag = api.get("/stats/daily/transactions", person, asked).headers["etag"]
        world.publish(NOW + timedelta(hours=1))
        answer = api.get("/stats/daily/transactions", person, asked, {"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")

    @pytest.mark.parametrize(
        ("period", "day", "start", "end"),
        [
            ("weekly", "2026-03-08", "2026-03-02", "2026-03-09"),
            ("monthly", "2026-03-31", "2026-03-01", "2026-04-01"),
            ("daily", "0001-01-01", "0001-01-01", "0001-01-02"),
            ("weekly", "0001-01-01", "0001-01-01", "0001-01-08"),
            ("daily", "9999-12-31", "9999-12-31", "9999-12-31"),
            ("monthly", "9999-12-31", "9999-12-01", "9999-12-31"),
        ],
    )
    @pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
    def test_any_day_names_its_period(
        self,
        api: Api,
        world: World,
        person: Person,
        account: Account,
        period: str,
        day: str,
        start: str,
        end: str,
        zone: str,
    ) -> None:
        world.publish(NOW, zone)
        page = read(api, person, account, period, day)
        assert (page["period_start"], page["period_end"]) == (start, end)

    def test_a_missing_parameter_is_named(self, api: Api, person: Person, account: Account) -> None:
        for asked, missing in (
            ({"account_id": account.account_id}, "period_start"),
            ({"period_start": "2026-03-04"}, "account_id"),
        ):
            answer = api.get("/stats/daily/transactions", person, asked)
            assert problem(answer) == (400, "invalid_request")
            assert answer.json()["errors"] == [{"field": missing, "message": "is missing"}]
