"""How figures travel: pages, publications that land between them, CSV, entity tags."""

import csv
import io
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from api.stats import figures
from api.stats.figures import VALUES_MAX, rows_max
from tests.oracle import Account
from tests.stats.marts import CATALOGUE
from tests.stats.world import OPENED, Api, Person, World, problem

NOW = datetime(2026, 3, 20, 15, 4, 5, tzinfo=UTC)


@pytest.fixture
def person(world: World) -> Person:
    return world.person()


@pytest.fixture
def account(world: World, person: Person) -> Account:
    account = world.open_account(person)
    world.post(account, 25_000, OPENED + timedelta(days=1))
    world.post(account, -4_000, OPENED + timedelta(days=9))
    return account


def read_all(api: Api, person: Person, params: dict[str, Any]) -> list[dict[str, Any]]:
    """Every figure, page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = api.get("/stats/daily", person, params | ({"cursor": cursor} if cursor else {})).json()
        items += page["items"]
        assert len(page["items"]) == rows_max(params["limit"], len(CATALOGUE)) or page["next_cursor"] is None
        cursor = page["next_cursor"]
        if cursor is None:
            return items


class TestPages:
    @pytest.mark.parametrize("limit", [1, 2, 7, 18, 19, 20, 37, 38, 39])
    def test_pages_of_any_size_give_the_same_figures(
        self, api: Api, world: World, person: Person, account: Account, limit: int
    ) -> None:
        other = world.open_account(person)
        world.post(other, 5, OPENED + timedelta(days=3))
        world.publish(NOW)
        asked = {"account_id": f"{account.account_id},{other.account_id}"}
        whole = api.get("/stats/daily", person, asked).json()["items"]
        assert len(whole) == 38
        assert read_all(api, person, asked | {"limit": limit}) == whole

    def test_with_many_statistics_a_page_has_fewer_rows(
        self, api: Api, world: World, person: Person, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.publish(NOW)
        asked = {"account_id": str(account.account_id), "limit": 1000}
        whole = read_all(api, person, asked)
        monkeypatch.setattr(figures, "VALUES_MAX", 5 * len(CATALOGUE) + 1)
        assert len(api.get("/stats/daily", person, asked).json()["items"]) == 5
        assert read_all(api, person, asked) == whole

    def test_a_cursor_goes_on_in_the_publication_that_came_meanwhile(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        first_run = world.publish(datetime(2026, 3, 12, 12, 0, tzinfo=UTC))
        asked = {"account_id": str(account.account_id), "limit": 9}
        first = api.get("/stats/daily", person, asked).json()
        world.post(account, -1_000, datetime(2026, 3, 12, 13, 0, tzinfo=UTC))
        second_run = world.publish(NOW)
        second = api.get("/stats/daily", person, asked | {"cursor": first["next_cursor"]}).json()
        third = api.get("/stats/daily", person, asked | {"cursor": second["next_cursor"]}).json()
        assert [page["run_id"] for page in (first, second, third)] == [first_run, second_run, second_run]
        assert third["next_cursor"] is None
        read = first["items"] + second["items"] + third["items"]
        assert read == api.get("/stats/daily", person, asked | {"limit": 100}).json()["items"]

    def test_a_page_never_mixes_two_publications(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW, run_id="0")
        ended = threading.Event()

        def publish() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                with world.publisher.transaction():
                    world.publisher.execute(
                        "update stats.stats set metrics = metrics || %s", (Jsonb({"transaction_count": number}),)
                    )
                    world.publisher.execute(
                        "insert into pipeline.publication (run_id, batch_id, complete_through, time_zone)"
                        " values (%s, 1, %s, 'UTC')",
                        (str(number), NOW + timedelta(seconds=number)),
                    )

        writer = threading.Thread(target=publish)
        writer.start()
        try:
            seen: set[str] = set()
            while len(seen) < 20:
                page = api.get("/stats/daily", person, {"account_id": account.account_id}).json()
                counts = {item["metrics"]["transaction_count"] for item in page["items"]} - {0}
                if page["run_id"] != "0":
                    assert counts == {int(page["run_id"])}
                    assert page["complete_through"] == f"{NOW + timedelta(seconds=counts.pop()):%FT%TZ}"
                seen.add(page["run_id"])
        finally:
            ended.set()
            writer.join()

    def test_a_cursor_of_another_question_is_refused(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        other = world.open_account(person)
        asked = {"account_id": str(account.account_id), "limit": 3}
        cursor = api.get("/stats/daily", person, asked).json()["next_cursor"]
        for path, changed in (
            ("/stats/weekly", {}),
            ("/stats/daily", {"account_id": other.account_id}),
            ("/stats/daily", {"from": "2026-03-05"}),
            ("/stats/daily", {"to": "2026-03-03"}),
            ("/stats/daily", {"cursor": cursor[:-2]}),
        ):
            answer = api.get(path, person, asked | {"cursor": cursor} | changed)
            assert problem(answer) == (409, "invalid_cursor")

    def test_the_next_page_is_linked(self, api: Api, world: World, person: Person, account: Account) -> None:
        world.publish(NOW)
        answer = api.get(
            "/stats/daily", person, {"account_id": account.account_id, "limit": 15, "from": "2026-03-03"}
        )
        following = api.client.get(answer.links["next"]["url"], headers=person.headers)
        assert following.json()["items"][0]["period_start"] == "2026-03-18"
        assert len(following.json()["items"]) == 3
        assert "next" not in following.links


class TestCsv:
    def test_it_holds_what_the_json_holds(self, api: Api, world: World, person: Person, account: Account) -> None:
        run_id = world.publish(NOW)
        asked = {"account_id": str(account.account_id)}
        items = api.get("/stats/daily", person, asked).json()["items"]
        answer = api.get("/stats/daily", person, asked | {"format": "csv"})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["tidemark-run-id"] == run_id
        assert answer.headers["tidemark-complete-through"] == "2026-03-20T15:04:05Z"
        header, *rows = csv.reader(io.StringIO(answer.text, newline=""))
        assert header == [
            "account_id",
            "period_start",
            "period_end",
            "status",
            *(name for name, _, _ in CATALOGUE),
        ]
        assert rows == [
            [
                *(item[name] for name in header[:4]),
                *("" if value is None else str(value) for value in item["metrics"].values()),
            ]
            for item in items
        ]
        assert answer.text.count("\r\n") == len(items) + 1

    @pytest.mark.parametrize(
        ("accept", "format_", "expected"),
        [
            ("text/csv", None, "text/csv"),
            ("text/csv;q=0.5, application/json", None, "application/json"),
            ("text/csv, application/json;q=0.5", None, "text/csv"),
            ("*/*", None, "application/json"),
            ("text/*", None, "text/csv"),
            ("text/csv", "json", "application/json"),
            ("application/json", "csv", "text/csv"),
        ],
    )
    def test_it_is_asked_for_by_header_or_parameter(
        self,
        api: Api,
        world: World,
        person: Person,
        account: Account,
        accept: str,
        format_: str | None,
        expected: str,
    ) -> None:
        world.publish(NOW)
        asked = {"account_id": str(account.account_id)} | ({"format": format_} if format_ else {})
        answer = api.get("/stats/monthly", person, asked, {"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == expected
        assert "Accept" in answer.headers["vary"]

    def test_it_comes_page_by_page(self, api: Api, world: World, person: Person, account: Account) -> None:
        world.publish(NOW)
        url = f"/stats/daily?account_id={account.account_id}&format=csv&limit=8"
        days = []
        while url:
            answer = api.client.get(url, headers=person.headers)
            days += [row["period_start"] for row in csv.DictReader(io.StringIO(answer.text))]
            url = answer.links.get("next", {}).get("url", "")
        assert days == [f"2026-03-{day:02}" for day in range(2, 21)]

    def test_an_empty_page_names_its_statistics(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        asked = {"account_id": account.account_id, "from": "2020-01-01", "to": "2020-01-31", "format": "csv"}
        (header,) = csv.reader(io.StringIO(api.get("/stats/daily", person, asked).text, newline=""))
        assert header[4:] == [name for name, _, _ in CATALOGUE]

    def test_before_the_first_publication_it_is_a_header(self, api: Api, person: Person, account: Account) -> None:
        answer = api.get("/stats/daily", person, {"account_id": account.account_id, "format": "csv"})
        assert (answer.status_code, answer.text) == (200, "account_id,period_start,period_end,status\r\n")


class TestEntityTag:
    def asked(self, account: Account, **more: Any) -> dict[str, Any]:
        return {"account_id": str(account.account_id), "to": "2026-03-15", **more}

    def test_what_the_caller_has_is_not_sent_again(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        first = api.get("/stats/daily", person, self.asked(account))
        tag = first.headers["etag"]
        assert tag.startswith('W/"')
        assert first.headers["cache-control"] == "private, no-cache"
        for asked in (tag, tag.removeprefix("W/"), f'"another", {tag}', "*"):
            again = api.get("/stats/daily", person, self.asked(account), {"If-None-Match": asked})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert again.headers["cache-control"] == "private, no-cache"
        other = api.get("/stats/daily", person, self.asked(account), {"If-None-Match": 'W/"another"'})
        assert other.status_code == 200

    def test_it_outlives_publications_that_change_nothing_of_it(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        tag = api.get("/stats/daily", person, self.asked(account)).headers["etag"]
        run_id = world.publish(NOW + timedelta(days=2))
        again = api.get("/stats/daily", person, self.asked(account), {"If-None-Match": tag})
        assert again.status_code == 304
        assert again.headers["tidemark-run-id"] == run_id
        assert again.headers["tidemark-complete-through"] == "2026-03-22T15:04:05Z"

    def test_it_changes_with_a_figure(self, api: Api, world: World, person: Person, account: Account) -> None:
        world.publish(datetime(2026, 3, 11, 15, tzinfo=UTC))
        tag = api.get("/stats/daily", person, self.asked(account)).headers["etag"]
        world.publish(datetime(2026, 3, 11, 16, tzinfo=UTC))
        again = api.get("/stats/daily", person, self.asked(account), {"If-None-Match": tag})
        assert again.status_code == 200

    def test_another_form_page_or_account_has_another(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        other = world.open_account(person)
        asked = [
            self.asked(account),
            self.asked(account, format="csv"),
            self.asked(account, limit=5),
            self.asked(other),
        ]
        tags = [api.get("/stats/daily", person, each).headers["etag"] for each in asked]
        assert len(set(tags)) == len(tags)

    def test_it_opens_no_door(self, api: Api, world: World, person: Person, account: Account) -> None:
        world.publish(NOW)
        tag = api.get("/stats/daily", person, self.asked(account)).headers["etag"]
        for tags in (tag, "*"):
            answer = api.get("/stats/daily", world.person(), self.asked(account), {"If-None-Match": tags})
            assert problem(answer) == (404, "not_found")


class TestRowsMax:
    @pytest.mark.parametrize("metrics", [1, 17, 40, 41, 1000, VALUES_MAX + 1])
    def test_no_page_is_larger_than_lambda_lets_through(self, metrics: int) -> None:
        rows = rows_max(1000, metrics)
        largest = {"m" * 63: -(2**63)}
        row_bytes = len(json.dumps(json.dumps(largest))) * metrics + 300
        assert rows == 1 or rows * row_bytes < 6 << 20

    def test_of_as_many_statistics_as_there_are_a_page_has_all_its_rows(self) -> None:
        assert rows_max(1000, len(CATALOGUE)) == 1000
