"""GET /stats/bank and GET /stats/metrics."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.forged import forged
from tests.stats.marts import CATALOGUE
from tests.stats.world import BANK_METRICS, Api, World, problem

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
DAYS = (
    ("2026-03-02", "CZK"),
    ("2026-03-02", "EUR"),
    ("2026-03-03", "EUR"),
    ("2026-03-04", "CZK"),
)


@pytest.fixture
def published(world: World) -> World:
    world.publish(NOW, run_id="a run")
    world.publish_bank_days(*DAYS)
    return world


class TestGetBankDays:
    @pytest.mark.parametrize("role", ["staff", "analyst"])
    def test_staff_and_analysts_see_the_bank_by_day_and_currency(
        self, api: Api, published: World, role: str
    ) -> None:
        answer = api.get("/stats/bank", published.person(role))
        assert answer.status_code == 200
        assert answer.json() == {
            "complete_through": "2026-03-04T15:00:00Z",
            "run_id": "a run",
            "next_cursor": None,
            "items": [
                {
                    "date": date,
                    "currency": currency,
                    "status": "provisional" if date == "2026-03-04" else "final",
                    "metrics": BANK_METRICS,
                }
                for date, currency in DAYS
            ],
        }

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"from": "2026-03-03"}, DAYS[2:]),
            ({"to": "2026-03-03"}, DAYS[:3]),
            ({"from": "2026-03-03", "to": "2026-03-03"}, DAYS[2:3]),
            ({"currency": "CZK"}, (DAYS[0], DAYS[3])),
            ({"currency": "USD"}, ()),
        ],
    )
    def test_days_and_currency_may_be_chosen(
        self, api: Api, published: World, asked: dict[str, str], expected: tuple[tuple[str, str], ...]
    ) -> None:
        items = api.get("/stats/bank", published.person("analyst"), asked).json()["items"]
        assert tuple((item["date"], item["currency"]) for item in items) == expected

    @pytest.mark.parametrize("limit", [1, 2, 3, 4])
    def test_they_come_page_by_page(self, api: Api, published: World, limit: int) -> None:
        analyst = published.person("analyst")
        found: list[tuple[str, str]] = []
        asked: dict[str, Any] = {"limit": limit}
        while True:
            page = api.get("/stats/bank", analyst, asked).json()
            found += [(item["date"], item["currency"]) for item in page["items"]]
            if page["next_cursor"] is None:
                break
            assert len(page["items"]) == limit
            asked["cursor"] = page["next_cursor"]
        assert tuple(found) == DAYS

    def test_customers_and_their_programs_do_not(self, api: Api, published: World) -> None:
        person = published.person()
        for reader in (person, published.program_of(person)):
            assert problem(api.get("/stats/bank", reader)) == (403, "forbidden")
        assert problem(api.get("/stats/bank")) == (401, "unauthenticated")

    def test_before_the_first_publication_there_is_nothing_yet(self, api: Api, world: World) -> None:
        assert api.get("/stats/bank", world.person("staff")).json() == {
            "complete_through": None,
            "run_id": None,
            "next_cursor": None,
            "items": [],
        }

    @pytest.mark.parametrize(
        "asked",
        [
            {"currency": "eur"},
            {"currency": "EUR\0"},
            {"limit": "0"},
        ],
    )
    def test_what_cannot_be_used_is_refused(self, api: Api, world: World, asked: dict[str, str]) -> None:
        answer = api.get("/stats/bank", world.person("staff"), asked)
        assert problem(answer) == (400, "invalid_request")

    def test_a_range_or_cursor_of_no_sense_is_refused(self, api: Api, world: World) -> None:
        staff = world.person("staff")
        answer = api.get("/stats/bank", staff, {"from": "2026-03-03", "to": "2026-03-02"})
        assert problem(answer) == (409, "invalid_range")
        cursor = forged(staff.user_id, "/stats/bank", ["2026-03-02", "\0"])
        answer = api.get("/stats/bank", staff, {"cursor": cursor})
        assert problem(answer) == (409, "invalid_cursor")

    def test_an_unchanged_answer_is_not_sent_again(self, api: Api, published: World) -> None:
        analyst = published.person("analyst")
        tag = api.get("/stats/bank", analyst).headers["etag"]
        assert api.get("/stats/bank", analyst, headers={"If-None-Match": tag}).status_code == 304
        published.publish_bank_days(("2026-03-04", "EUR"))
        assert api.get("/stats/bank", analyst, headers={"If-None-Match": tag}).status_code == 200


class TestGetMetrics:
    def test_everyone_reads_what_the_statistics_mean(self, api: Api, published: World) -> None:
        person = published.person()
        for reader in (person, published.program_of(person)):
            answer = api.get("/stats/metrics", reader)
            assert answer.status_code == 200
            assert answer.json()["next_cursor"] is None
            assert answer.json()["complete_through"] == NOW.isoformat().replace("+00:00", "Z")
            assert answer.json()["run_id"]
            assert [item["name"] for item in answer.json()["items"]] == [name for name, _, _ in CATALOGUE]
        assert answer.json()["items"][0] == {
            "name": "opening_balance",
            "label": "Opening_Balance",
            "definition": "What opening_balance is.",
            "plain": "In short.",
            "unit": "minor_units",
            "idle_rule": "carry",
            "version": 1,
            "position": 1,
            "periods": ["daily", "weekly", "monthly"],
        }

    def test_before_the_first_publication_it_is_empty(self, api: Api, world: World) -> None:
        answer = api.get("/stats/metrics", world.person())
        assert (answer.status_code, answer.json()) == (
            200,
            {"complete_through": None, "run_id": None, "items": [], "next_cursor": None},
        )

    def test_without_a_token_it_is_refused(self, api: Api, world: World) -> None:
        assert problem(api.get("/stats/metrics")) == (401, "unauthenticated")

    def test_an_unchanged_catalogue_is_not_sent_again(self, api: Api, published: World) -> None:
        person = published.person()
        tag = api.get("/stats/metrics", person).headers["etag"]
        run_id = published.publish(NOW)
        again = api.get("/stats/metrics", person, headers={"If-None-Match": tag})
        assert (again.status_code, again.headers["tidemark-run-id"]) == (304, run_id)
        published.publisher.execute("update stats.metric set version = 2 where name = 'inflow'")
        assert api.get("/stats/metrics", person, headers={"If-None-Match": tag}).status_code == 200
