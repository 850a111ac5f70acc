"""Who may read whose figures."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.oracle import Account
from tests.stats.world import Api, Person, World, access_token, problem

NOW = datetime(2026, 3, 20, 15, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def person(world: World) -> Person:
    return world.person()


@pytest.fixture
def account(world: World, person: Person) -> Account:
    return world.open_account(person)


class TestWhoMayGetFigures:
    def test_someone_elses_account_and_no_account_look_the_same(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        stranger = world.person()
        own = world.open_account(stranger)
        answers = []
        for is_published in (False, True):
            if is_published:
                world.publish(NOW)
            for account_id in (account.account_id, uuid4(), f"{own.account_id},{account.account_id}"):
                answer = api.get("/stats/daily", stranger, {"account_id": account_id})
                assert problem(answer) == (404, "not_found")
                answers.append(answer.json())
        assert all(answer == answers[0] for answer in answers)

    @pytest.mark.parametrize("role", ["staff", "analyst"])
    def test_staff_and_analysts_read_any_account_but_no_invented_one(
        self, api: Api, world: World, account: Account, role: str
    ) -> None:
        reader, unowned = world.person(role), world.open_account()
        asked = {"account_id": [str(account.account_id), str(unowned.account_id)]}
        answer = api.get("/stats/daily", reader, {"account_id": account.account_id})
        assert (answer.status_code, answer.json()["items"]) == (200, [])
        world.publish(NOW)
        assert len(api.get("/stats/monthly", reader, asked).json()["items"]) == 2
        answer = api.get("/stats/daily", reader, {"account_id": uuid4()})
        assert problem(answer) == (404, "not_found")

    def test_a_joint_owner_reads_too(self, api: Api, world: World, account: Account) -> None:
        partner = world.person()
        world.own(partner, account.account_id)
        answer = api.get("/stats/daily", partner, {"account_id": account.account_id})
        assert answer.status_code == 200

    def test_a_program_reads_its_owners_figures_and_nobody_elses(
        self, api: Api, world: World, person: Person, account: Account
    ) -> None:
        world.publish(NOW)
        asked = {"account_id": str(account.account_id)}
        program = world.program_of(person)
        assert api.get("/stats/daily", program, asked).status_code == 200
        stranger = world.program_of(world.person())
        assert problem(api.get("/stats/daily", stranger, asked)) == (404, "not_found")

    def test_without_a_live_session_nobody_reads(self, api: Api, world: World, account: Account) -> None:
        person = world.person()
        asked = {"account_id": str(account.account_id)}
        assert problem(api.get("/stats/daily", None, asked)) == (401, "unauthenticated")
        world.end_sessions(person)
        answer = api.get("/stats/daily", None, asked)
        assert problem(answer) == (401, "unauthenticated")

    @pytest.mark.parametrize("claims", [{"exp": int(time.time()) - 60}, {"aud": "another"}, {"iss": "another"}])
    def test_a_token_that_is_not_for_now_or_not_for_this_bank_is_refused(
        self, api: Api, world: World, claims: dict[str, Any]
    ) -> None:
        token = access_token(uuid4(), uuid4(), **claims)
        answer = api.get("/stats/status", headers={"Authorization": f"Bearer {token}"})
        assert problem(answer) == (401, "unauthenticated")
