"""Statistics without naming an account, and which accounts there are."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api.shared.calendar import Period
from api.shared.pages import decode_cursor
from api.stats.figures import figures_page
from api.stats.models import Account as AccountRow
from api.stats.models import FiguresQuery, FiguresSnapshot, Publication
from tests.oracle import Account
from tests.stats.test_pages import read_all
from tests.stats.world import OPENED, Api, Person, World, problem

NOW = datetime(2026, 3, 20, 15, 4, 5, tzinfo=UTC)
PERIODS = ("daily", "weekly", "monthly")


@pytest.fixture
def person(world: World) -> Person:
    return world.person()


@pytest.fixture
def accounts(world: World, person: Person) -> list[Account]:
    """Four of the person's, one of them closed early and one opened late, between those of others."""
    stranger = world.person()
    found = []
    for opened_at, closed_at in (
        (OPENED, None),
        (OPENED, OPENED + timedelta(days=3)),
        (OPENED + timedelta(days=10), None),
        (NOW + timedelta(days=1), None),
    ):
        world.post(world.open_account(stranger), 7, OPENED + timedelta(days=1))
        found.append(world.open_account(person, opened_at, closed_at))
    world.open_account()
    world.post(found[0], 25_000, OPENED + timedelta(days=1))
    world.post(found[2], 5, OPENED + timedelta(days=11))
    return found


def ids(accounts: list[Account]) -> str:
    return ",".join(str(account.account_id) for account in accounts)


class TestGetFiguresOfAllAccounts:
    @pytest.mark.parametrize("period", PERIODS)
    @pytest.mark.parametrize(
        "asked",
        [{}, {"from": "2026-03-06"}, {"to": "2026-03-06"}, {"from": "2026-03-04", "to": "2026-03-11"}],
        ids=str,
    )
    def test_they_are_those_of_every_account_of_the_caller(
        self, api: Api, world: World, person: Person, accounts: list[Account], period: str, asked: dict[str, str]
    ) -> None:
        world.publish(NOW)
        for reader in (person, world.program_of(person)):
            whole = api.get(f"/stats/{period}", reader, asked).json()
            assert whole == api.get(f"/stats/{period}", reader, {"account_id": ids(accounts), **asked}).json()
            assert whole["items"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 18, 19, 20, 33])
    @pytest.mark.parametrize("asked", [{}, {"from": "2026-03-06"}, {"to": "2026-03-04"}], ids=str)
    def test_pages_of_any_size_give_the_same(
        self, api: Api, world: World, person: Person, accounts: list[Account], limit: int, asked: dict[str, str]
    ) -> None:
        world.publish(NOW)
        whole = api.get("/stats/daily", person, {"account_id": ids(accounts), "limit": 1000, **asked}).json()[
            "items"
        ]
        assert read_all(api, person, {"limit": limit, **asked}) == whole

    @pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "America/New_York"])
    @pytest.mark.parametrize("role", ["staff", "analyst"])
    def test_staff_and_analysts_get_the_whole_bank(
        self, api: Api, world: World, accounts: list[Account], role: str, zone: str
    ) -> None:
        world.publish(NOW, zone)
        reader = world.person(role)
        whole = read_all(api, reader, {"limit": 1000})
        known = {
            str(account_id) for account_id, (account, _) in world.histories.items() if account.opened_at < NOW
        }
        assert {item["account_id"] for item in whole} == known
        assert read_all(api, reader, {"limit": 7}) == whole

    def test_accounts_without_a_figure_do_not_end_the_list(self) -> None:
        # The database chose them, and its time zones may differ from ours by a release.
        first, second = (AccountRow(UUID(int=n), OPENED, OPENED, 0) for n in (1, 2))
        query = FiguresQuery(None, Period.DAILY, date(2026, 3, 10), date.max, limit=1)
        snapshot = FiguresSnapshot(Publication("run", NOW, "UTC"), 2, [], [first, second], [])
        page = figures_page(query, snapshot)
        assert page.items == []
        after = decode_cursor(page.next_cursor, tuple[UUID, date | None])
        assert after == (second.account_id, None)
        following = msgspec.structs.replace(query, after=after)
        assert following.first_of(second.account_id) is None
        assert following.first_of(UUID(int=3)) == date(2026, 3, 10)

    def test_nobody_s_are_none(self, api: Api, world: World, accounts: list[Account]) -> None:
        world.publish(NOW)
        page = api.get("/stats/daily", world.person()).json()
        assert (page["items"], page["next_cursor"]) == ([], None)

    def test_before_the_first_publication_there_is_nothing_yet(
        self, api: Api, person: Person, accounts: list[Account]
    ) -> None:
        answer = api.get("/stats/monthly", person)
        assert (answer.status_code, answer.json()["items"], answer.json()["run_id"]) == (200, [], None)


class TestListStatsAccounts:
    def listed(self, api: Api, reader: Person, **asked: Any) -> list[UUID]:
        return [UUID(item["account_id"]) for item in api.get("/stats/accounts", reader, asked).json()["items"]]

    def test_a_program_learns_which_there_are(
        self, api: Api, world: World, person: Person, accounts: list[Account]
    ) -> None:
        program = world.program_of(person)
        assert self.listed(api, program) == [account.account_id for account in accounts]
        item = api.get("/stats/accounts", program).json()["items"][1]
        assert item.keys() == {"account_id", "number", "type", "currency", "opened_at", "closed_at"}
        assert (item["type"], item["currency"], item["opened_at"]) == ("checking", "EUR", "2026-03-02T09:00:00Z")
        assert item["closed_at"] == "2026-03-05T09:00:00Z"

    def test_staff_and_analysts_learn_all(self, api: Api, world: World, accounts: list[Account]) -> None:
        for role in ("staff", "analyst"):
            found = self.listed(api, world.person(role), limit=1000)
            assert set(world.histories) <= set(found)
            assert found == sorted(found)

    def test_pages(self, api: Api, world: World, person: Person, accounts: list[Account]) -> None:
        first = api.get("/stats/accounts", person, {"limit": 3})
        second = api.get("/stats/accounts", person, {"limit": 3, "cursor": first.json()["next_cursor"]})
        read = [*first.json()["items"], *second.json()["items"]]
        assert [UUID(item["account_id"]) for item in read] == [account.account_id for account in accounts]
        assert second.json()["next_cursor"] is None
        assert api.client.get(first.links["next"]["url"], headers=person.headers).json() == second.json()

    def test_an_unchanged_answer_is_not_sent_again(
        self, api: Api, person: Person, accounts: list[Account]
    ) -> None:
        tag = api.get("/stats/accounts", person).headers["etag"]
        assert api.get("/stats/accounts", person, headers={"If-None-Match": tag}).status_code == 304

    def test_others_learn_nothing(self, api: Api, world: World, accounts: list[Account]) -> None:
        assert self.listed(api, world.person()) == []
        assert problem(api.get("/stats/accounts")) == (401, "unauthenticated")


class TestAnAccountOpenedInTheFirstYear:
    @pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York", "Pacific/Apia"])
    @pytest.mark.parametrize("period", PERIODS)
    def test_no_request_overflows(self, api: Api, world: World, person: Person, zone: str, period: str) -> None:
        account = world.open_account(person)
        world.post(account, 700, datetime(2026, 3, 5, 12, tzinfo=UTC))
        world.publish(NOW, zone)
        world.publisher.execute("update stats.account set opened_at = '0001-01-01T00:00Z'")
        for named in ({}, {"account_id": account.account_id}):
            first = api.get(f"/stats/{period}", person, named | {"limit": 2}).json()
            assert [item["period_start"][:4] for item in first["items"]] == ["0001", "0001"]
            asked = named | {"limit": 2, "cursor": first["next_cursor"]}
            assert api.get(f"/stats/{period}", person, asked).json()["items"][0]["period_start"].startswith("0001")
            for last in ("2026-03-06", "9999-12-31"):
                bounds = {"from": "2026-03-05", "to": last}
                items = api.get(f"/stats/{period}", person, named | bounds).json()["items"]
                assert sum(item["metrics"]["inflow"] for item in items) == 700
            for bounds in ({"to": "0001-01-01"}, {"from": "0001-01-01", "to": "0001-01-02"}):
                assert api.get(f"/stats/{period}", person, named | bounds).json()["items"]
            assert api.get(f"/stats/{period}", person, named | {"from": "9999-12-31"}).json()["items"] == []
