"""GET /stats/daily, /stats/weekly, /stats/monthly: what figures say and who may read them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from api.stats.figures import rounded_ratio
from tests.oracle import Account, PeriodType, account_statistics
from tests.stats.marts import CATALOGUE, PERIODS
from tests.stats.world import OPENED, Api, Person, World, problem

NOW = datetime(2026, 3, 20, 15, 4, 5, 678901, tzinfo=UTC)


def oracle_items(
    world: World, account: Account, period: PeriodType, complete_through: datetime, zone: str = "UTC"
) -> list[dict[str, Any]]:
    """What the answer must be, item by item."""
    rows = account_statistics(*world.histories[account.account_id], period, ZoneInfo(zone), complete_through)
    return [
        {
            "account_id": str(row.account_id),
            "period_start": row.period_start.isoformat(),
            "period_end": row.period_end.isoformat(),
            "status": row.status,
            "metrics": row.metrics,
        }
        for row in rows
    ]


@pytest.fixture
def person(world: World) -> Person:
    return world.person()


@pytest.fixture
def account(world: World, person: Person) -> Account:
    """Deposits on two days with idle ones before, between and after."""
    account = world.open_account(person)
    world.post(account, 25_000, OPENED + timedelta(days=1))
    world.post(account, -15_001, OPENED + timedelta(days=1, hours=2))
    world.post(account, 333, OPENED + timedelta(days=14))
    return account


class TestGetFigures:
    @pytest.mark.parametrize("period", PERIODS)
    def test_every_period_from_opening_to_now_is_there_and_right(
        self, api: Api, world: World, person: Person, account: Account, period: PeriodType
    ) -> None:
        run_id = world.publish(NOW)
        answer = api.get(f"/stats/{period}", person, {"account_id": account.account_id})
        assert answer.status_code == 200
        assert answer.json() == {
            "period": period,
            "complete_through": "2026-03-20T15:04:05.678901Z",
            "run_id": run_id,
            "next_cursor": None,
            "items": oracle_items(world, account, period, NOW),
        }
        assert list(answer.json()["items"][0]["metrics"]) == [name for name, _, _ in CATALOGUE]

    def test_idle_days_follow_the_rule_of_each_statistic(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        answer = api.get(
            "/stats/daily", person, {"account_id": account.account_id, "from": "2026-03-10", "to": "2026-03-10"}
        )
        [item] = answer.json()["items"]
        balances = dict.fromkeys(("opening_balance", "closing_balance", "min_balance", "max_balance"), 9_999)
        averages = dict.fromkeys(("average_balance", "average_daily_balance"), 9_999)
        none = dict.fromkeys(("largest_transaction", "largest_inflow", "largest_outflow"))
        zero = {name: 0 for name, _, idle in CATALOGUE if idle == "zero"}
        assert item["metrics"] == balances | averages | none | zero
        assert item["status"] == "final"

    def test_the_last_day_is_final_the_moment_complete_through_reaches_its_end(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        midnight = datetime(2026, 3, 4, tzinfo=UTC)
        for complete_through, expected in (
            (midnight - timedelta(microseconds=1), ["final", "provisional"]),
            (midnight, ["final", "final", "provisional"]),
        ):
            world.publish(complete_through)
            asked = {"account_id": str(account.account_id)}
            items = {period: api.get(f"/stats/{period}", person, asked).json()["items"] for period in PERIODS}
            assert items == {period: oracle_items(world, account, period, complete_through) for period in PERIODS}
            assert [item["status"] for item in items["daily"]] == expected
            assert [item["status"] for item in items["weekly"]] == ["provisional"]

    @pytest.mark.parametrize("zone", ["Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
    @pytest.mark.parametrize("period", PERIODS)
    def test_days_are_cut_by_the_publications_zone_with_its_clock_changes(
        self, api: Api, world: World, person: Person, period: PeriodType, zone: str
    ) -> None:
        account = world.open_account(person, opened_at=datetime(2026, 2, 20, 22, 30, tzinfo=UTC))
        moment = account.opened_at
        while moment < datetime(2026, 5, 1, tzinfo=UTC):
            moment += timedelta(hours=31, minutes=7, microseconds=1)
            world.post(account, 1_001, moment)
        complete_through = datetime(2026, 5, 3, 4, 5, tzinfo=UTC)
        world.publish(complete_through, zone)
        asked = {"account_id": str(account.account_id), "limit": "1000"}
        answer = api.get(f"/stats/{period}", person, asked)
        assert answer.json()["items"] == oracle_items(world, account, period, complete_through, zone)

    def test_figures_end_with_the_period_of_the_accounts_closing(
        self, api: Api, world: World, person: Person
    ) -> None:
        account = world.open_account(person, closed_at=OPENED + timedelta(days=5, hours=1))
        world.post(account, 700, OPENED + timedelta(days=5))
        world.post(account, -700, OPENED + timedelta(days=5, minutes=30))
        for complete_through in (OPENED + timedelta(days=5, hours=2), NOW):
            world.publish(complete_through)
            for period in PERIODS:
                items = api.get(f"/stats/{period}", person, {"account_id": account.account_id}).json()["items"]
                assert items == oracle_items(world, account, period, complete_through)

    def test_from_and_to_choose_the_periods_that_contain_them(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        for period, count in zip(PERIODS, (2, 1, 1), strict=True):
            answer = api.get(
                f"/stats/{period}",
                person,
                {"account_id": account.account_id, "from": "2026-03-11", "to": "2026-03-12"},
            )
            items = answer.json()["items"]
            assert len(items) == count
            assert items[0]["period_start"] <= "2026-03-11"
            assert items[-1]["period_end"] > "2026-03-12"
            assert items == [item for item in oracle_items(world, account, period, NOW) if item in items]

    def test_several_accounts_come_one_after_the_other(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        other = world.open_account(person, opened_at=OPENED + timedelta(days=10))
        young = world.open_account(person, opened_at=NOW)
        world.publish(NOW)
        expected = [
            item
            for each in sorted((account, other), key=lambda a: a.account_id)
            for item in oracle_items(world, each, "daily", NOW)
        ]
        ids = [str(each.account_id) for each in (other, account, young)]
        for asked in ({"account_id": ids}, {"account_id": ",".join(ids)}, {"account_id": [*ids, ids[0]]}):
            answer = api.get("/stats/daily", person, asked)
            assert (answer.status_code, answer.json()["items"]) == (200, expected)

    def test_before_the_first_publication_there_is_nothing_yet(
        self, api: Api, person: Person, account: Account
    ) -> None:
        answer = api.get("/stats/weekly", person, {"account_id": account.account_id})
        assert answer.status_code == 200
        assert answer.json() == {
            "period": "weekly",
            "complete_through": None,
            "run_id": None,
            "next_cursor": None,
            "items": [],
        }

    def test_a_new_account_has_no_figures_until_a_publication_knows_it(
        self, api: Api, world: World, person: Person
    ) -> None:
        world.publish(NOW)
        young = world.open_account(person)
        answer = api.get("/stats/daily", person, {"account_id": young.account_id})
        assert (answer.status_code, answer.json()["items"]) == (200, [])

    def test_a_statistic_that_analysts_add_appears_by_itself(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        with world.publisher.transaction():
            world.publisher.execute(
                "insert into stats.metric"
                " values ('night_count', 'At night', 'D', 'count', 'zero', 1, 99, '{daily}')"
            )
            world.publisher.execute("update stats.stats set metrics = metrics || '{\"night_count\": 4}'")
        for period, expected in (("daily", {"2026-03-03": 4, "2026-03-04": 0}), ("weekly", {})):
            items = api.get(
                f"/stats/{period}",
                person,
                {"account_id": account.account_id, "from": "2026-03-03", "to": "2026-03-04"},
            ).json()["items"]
            found = {
                i["period_start"]: i["metrics"]["night_count"] for i in items if "night_count" in i["metrics"]
            }
            assert found == expected


class TestGetFiguresParameters:
    @pytest.mark.parametrize(
        "asked",
        [
            {"account_id": ""},
            {"account_id": "mine"},
            {"account_id": f"{uuid4()},"},
            {"account_id": ",".join(str(uuid4()) for _ in range(51))},
            {"form": "2026-03-01"},
            {"account_id": [str(uuid4()) for _ in range(51)]},
            {"account_id": str(uuid4()), "from": "yesterday"},
            {"account_id": str(uuid4()), "from": "2026-02-30"},
            {"account_id": str(uuid4()), "limit": "0"},
            {"account_id": str(uuid4()), "limit": "1001"},
            {"account_id": str(uuid4()), "limit": "many"},
            {"account_id": str(uuid4()), "format": "xml"},
            {"account_id": str(uuid4()), "cursor": "é\0"},
        ],
    )
    def test_what_cannot_be_used_is_refused(self, api: Api, person: Person, asked: dict[str, Any]) -> None:
        answer = api.get("/stats/daily", person, asked)
        assert problem(answer) == (400, "invalid_request")

    def test_a_range_or_cursor_of_no_sense_is_refused(self, api: Api, person: Person) -> None:
        for asked, code in (
            ({"from": "2026-03-02", "to": "2026-03-01"}, "invalid_range"),
            ({"cursor": "x"}, "invalid_cursor"),
        ):
            answer = api.get("/stats/daily", person, {"account_id": str(uuid4()), **asked})
            assert problem(answer) == (409, code)

    @pytest.mark.parametrize("name", ["from", "to", "format", "limit", "account_id", "form", "period"])
    def test_a_wrong_parameter_is_named_as_the_caller_wrote_it(self, api: Api, person: Person, name: str) -> None:
        answer = api.get("/stats/daily", person, {"account_id": str(uuid4()), name: "x"})
        assert problem(answer) == (400, "invalid_request")
        assert [error["field"] for error in answer.json()["errors"]] == [name]

    @pytest.mark.parametrize("name", ["yearly", "Daily", "daily ", "x"])
    def test_another_period_is_no_address(self, api: Api, person: Person, name: str) -> None:
        answer = api.get(f"/stats/{name}", person, {"account_id": uuid4()})
        assert problem(answer) == (404, "not_found")

    def test_the_whole_calendar_may_be_asked_for(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        for period in PERIODS:
            asked = {"account_id": str(account.account_id), "from": date.min, "to": date.max}
            answer = api.get(f"/stats/{period}", person, asked)
            assert answer.json()["items"] == oracle_items(world, account, period, NOW)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (5, 2, 3),
        (-5, 2, -3),
        (4, 3, 1),
        (-4, 3, -1),
        (5, 3, 2),
        (0, 7, 0),
        (1, 2, 1),
        (-1, 2, -1),
        (10**38, 10**20, 10**18),
    ],
)
def test_a_half_is_rounded_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    assert rounded_ratio(numerator, denominator) == expected
