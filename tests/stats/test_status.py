"""GET /stats/status, GET /stats/health, the documentation, and who may touch the published rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from litestar.testing import TestClient

from api.stats.app import create_app
from api.stats.settings import StatsSettings
from tests.cluster import Databases
from tests.stats.world import Api, World, key_source, problem

PROOFS = ({"name": "sequence_without_gap", "passed": True}, {"name": "days_add_up", "passed": True})
NOTHING_PROVEN = {
    "oldest_proof_at": None,
    "oldest_proof_age_days": None,
    "damaged_rows": 0,
    "damaged_since": None,
    "first_damaged_day": None,
    "last_damaged_day": None,
}


def now() -> datetime:
    return datetime.now(UTC)


class TestGetStatsStatus:
    def test_before_the_first_run(self, api: Api, world: World) -> None:
        answer = api.get("/stats/status", world.person())
        assert answer.status_code == 200
        assert answer.json() == {
            "state": "waiting",
            "complete_through": None,
            "lag_s": None,
            "is_stale": False,
            "run_id": None,
            "time_zone": None,
            "last_run": None,
            "running": None,
            "alert": None,
            "history": NOTHING_PROVEN,
        }

    def test_after_a_publication_it_is_current(self, api: Api, world: World) -> None:
        complete_through = now() - timedelta(seconds=90)
        world.publish(complete_through, "Europe/Prague", run_id="run-1")
        world.run("run-1", "published", complete_through, PROOFS)
        person = world.person()
        for reader in (person, world.program_of(person)):
            found = api.get("/stats/status", reader).json()
            assert 90 <= found.pop("lag_s") < 120
            assert datetime.fromisoformat(found.pop("complete_through")) == complete_through
            assert datetime.fromisoformat(found["last_run"].pop("started_at")) == complete_through
            assert datetime.fromisoformat(found["last_run"].pop("finished_at")) > complete_through
            assert found == {
                "state": "current",
                "is_stale": False,
                "run_id": "run-1",
                "time_zone": "Europe/Prague",
                "last_run": {
                    "run_id": "run-1",
                    "kind": "refresh",
                    "outcome": "published",
                    "proofs": {"passed": 2, "failed": []},
                    "error": None,
                },
                "running": None,
                "alert": None,
                "history": NOTHING_PROVEN,
            }

    def test_a_refused_run_names_its_proof_and_readers_keep_the_last_good_one(
        self, api: Api, world: World
    ) -> None:
        world.publish(now(), run_id="good")
        world.run("good", "published", now() - timedelta(minutes=5), PROOFS)
        failing = {"name": "entries_sum_to_balance", "passed": False, "detail": "account 7"}
        world.run(
            "bad", "refused", now() - timedelta(minutes=2), [*PROOFS, failing], error="account 7, rows 3 to 5"
        )
        world.run("next", "running", now())
        for role, error in (("customer", None), ("analyst", "account 7, rows 3 to 5")):
            found = api.get("/stats/status", world.person(*({role} - {"customer"}))).json()
            assert (found["state"], found["run_id"]) == ("refused", "good")
            assert found["last_run"]["run_id"] == "bad"
            assert found["last_run"]["proofs"] == {"passed": 2, "failed": ["entries_sum_to_balance"]}
            assert found["last_run"]["error"] == error
            assert (found["running"]["run_id"], found["running"]["kind"]) == ("next", "refresh")

    @pytest.mark.parametrize(
        ("lag_s", "outcome", "expected"),
        [
            (1000, "published", ("stale", True)),
            (800, "published", ("current", False)),
            (0, "failed", ("failed", False)),
            (1000, "refused", ("refused", True)),
        ],
    )
    def test_its_state_is_one_word_and_staleness_a_flag(
        self, api: Api, world: World, lag_s: int, outcome: str, expected: tuple[str, bool]
    ) -> None:
        world.publish(now() - timedelta(seconds=lag_s))
        world.run("a run", outcome, now() - timedelta(minutes=2))
        found = api.get("/stats/status", world.person()).json()
        assert (found["state"], found["is_stale"]) == expected

    def test_the_last_alert_is_shown_without_where_it_went(self, api: Api, world: World) -> None:
        world.publisher.execute(
            "insert into pipeline.alert (kind, subject, run_id, path, raised_at, resolved_at, deliveries) values"
            " ('failure', 'over', 'a', '/runs/a', '2026-03-01Z', '2026-03-02Z', '{}'),"
            " ('failure', 'refresh failed: extract', 'b', '/runs/b', '2026-03-03Z', null, '{\"webhook\": \"x\"}')"
        )
        assert api.get("/stats/status", world.person()).json()["alert"] == {
            "kind": "failure",
            "subject": "refresh failed: extract",
            "detail": None,
            "run_id": "b",
            "raised_at": "2026-03-03T00:00:00Z",
            "resolved_at": None,
        }

    def test_what_operators_are_told_in_detail_is_for_the_banks_people(self, api: Api, world: World) -> None:
        world.publisher.execute(
            "insert into pipeline.alert (kind, subject, path, detail) values ('staleness', 'x', '/', 'process 7')"
        )
        for person, detail in ((world.person("analyst"), "process 7"), (world.person(), None)):
            assert api.get("/stats/status", person).json()["alert"]["detail"] == detail

    def test_history_has_the_age_of_its_oldest_proof(self, api: Api, world: World) -> None:
        world.publisher.execute(
            "insert into pipeline.proven (kind, last_key, proven_at) values "
            "('days', '2026-03-01', now() - interval '75 hours'), ('days', '9999-12-31', now())"
        )
        history = api.get("/stats/status", world.person()).json()["history"]
        assert history["oldest_proof_age_days"] == 3
        assert now() - datetime.fromisoformat(history["oldest_proof_at"]) > timedelta(hours=75)

    def test_it_is_not_current_while_damage_is_known(self, api: Api, world: World) -> None:
        world.publish(now())
        world.run("good", "published", now(), PROOFS)
        assert api.get("/stats/status", world.person()).json()["state"] == "current"
        world.publisher.execute(
            "insert into pipeline.damage (proof, account_id, place, first_day, last_day, found_by) values "
            "('copy', gen_random_uuid(), 'transaction 7', '2026-03-01', '2026-03-01', 'scrubber'),"
            "('averages', gen_random_uuid(), 'daily 2026-03-04', '2026-03-04', '2026-03-04', 'scrubber')"
        )
        found = api.get("/stats/status", world.person()).json()
        assert (found["state"], found["history"]["damaged_rows"]) == ("refused", 2)
        assert (found["history"]["first_damaged_day"], found["history"]["last_damaged_day"]) == (
            *("2026-03-01", "2026-03-04"),
        )
        world.publisher.execute("update pipeline.damage set mended_at = now()")
        assert api.get("/stats/status", world.person()).json()["state"] == "current"

    def test_polling_costs_no_body_until_something_happens(self, api: Api, world: World) -> None:
        world.publish(now())
        person = world.person()

        def status(tag: str) -> tuple[int, str]:
            answer = api.get("/stats/status", person, headers={"If-None-Match": tag})
            return answer.status_code, answer.headers["etag"]

        answered, tag = status("")
        assert answered == 200
        assert status(tag) == (304, tag)
        for happen in (
            lambda: world.run("a run", "running", now()),
            lambda: world.publisher.execute(
                "update pipeline.run set outcome = 'published', finished_at = now() where run_id = 'a run'"
            ),
            lambda: world.publish(now(), run_id="a run"),
            lambda: world.publisher.execute(
                "insert into pipeline.alert (kind, subject, path) values ('staleness', 'stale', '/')"
            ),
            lambda: world.publisher.execute("update pipeline.alert set resolved_at = now()"),
        ):
            happen()
            answered, changed = status(tag)
            assert (answered, changed == tag) == (200, False)
            tag = changed

    def test_without_a_token_it_is_refused(self, api: Api, world: World) -> None:
        assert problem(api.get("/stats/status")) == (401, "unauthenticated")


class TestGetHealth:
    def test_it_answers_without_a_token(self, api: Api, world: World) -> None:
        answer = api.get("/stats/health")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "service": "stats"})

    def test_without_the_database_it_is_unavailable(self, settings: StatsSettings) -> None:
        lost = StatsSettings(
            database_url="postgresql://stats_app:x@127.0.0.1:1/bank",
            gateway_url=settings.gateway_url,
            issuer=settings.issuer,
        )
        with TestClient(create_app(lost, key_source)) as client:
            answer: Any = client.get("/stats/health")
        assert problem(answer) == (503, "unavailable")


class TestDocs:
    def test_every_call_is_described(self, api: Api) -> None:
        document = api.get("/stats/docs/openapi.json").json()
        operations = {
            path: call["get"]["operationId"]
            for path, call in document["paths"].items()
            if not path.startswith("/stats/docs")
        }
        assert operations == {
            "/stats/bank": "GetBankDays",
            "/stats/health": "GetHealth",
            "/stats/metrics": "GetMetrics",
            "/stats/pipeline": "GetPipeline",
            "/stats/status": "GetStatsStatus",
            "/stats/accounts": "ListStatsAccounts",
            "/stats/{period}": "GetFigures",
            "/stats/{period}/transactions": "GetFigureTransactions",
        }
        figures = document["paths"]["/stats/{period}"]["get"]
        assert set(figures["responses"]) == {"200", "304", "400", "401", "403", "404", "406", "409", "413", "503"}
        assert set(figures["responses"]["200"]["content"]) == {"application/json", "text/csv"}
        names = [parameter["name"] for parameter in figures["parameters"]]
        assert sorted(names) == [
            "If-None-Match",
            "account_id",
            "cursor",
            "format",
            "from",
            "limit",
            "period",
            "to",
        ]

    def test_the_page_loads_nothing_from_elsewhere(self, api: Api) -> None:
        page = api.get("/stats/docs")
        assert page.status_code == 200
        assert "https://" not in page.text
        assert api.get("/stats/docs/assets/swagger-ui.css").status_code == 200


class TestSchema:
    def test_the_service_may_only_read(self, module_databases: Databases, world: World) -> None:
        world.publish(now())
        with psycopg.connect(module_databases.url("stats_app"), autocommit=True) as connection:
            for table in ("stats.stats", "stats.account", "stats.metric", "stats.bank_daily"):
                connection.execute(f"select * from {table}")
                for statement in (f"delete from {table}", f"truncate {table}"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(statement)
            for view in ("current_publication", "run_report", "alert_report"):
                connection.execute(f"select * from pipeline.{view}")
            for table in ("publication", "run", "close_claim", "alert"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select * from pipeline.{table}")

    @pytest.mark.parametrize("table", ["users.user", "users.session", "accounts.account", "accounts.transaction"])
    def test_of_other_services_it_sees_only_what_they_publish(
        self, module_databases: Databases, table: str
    ) -> None:
        with (
            psycopg.connect(module_databases.url("stats_app")) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"select * from {table}")
