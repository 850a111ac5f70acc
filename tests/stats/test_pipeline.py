"""GET /stats/pipeline."""

from datetime import UTC, datetime, timedelta

from api.stats.service import ALERTS_SHOWN, RUNS_SHOWN
from tests.stats.world import Api, World, problem

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
HELD = {"name": "sequence", "passed": True, "checked": 12}
BROKEN = {"name": "continuity", "passed": False, "checked": 9, "failed": 2, "failures": [{"account": "x"}]}


class TestGetPipeline:
    def test_the_newest_runs_with_each_proof(self, api: Api, world: World) -> None:
        world.publish(NOW, run_id="good")
        world.run("good", "published", NOW, [HELD])
        world.run("bad", "refused", NOW + timedelta(minutes=5), [HELD, BROKEN], error="account x")
        world.run("now", "running", NOW + timedelta(minutes=9))
        for role in ("staff", "analyst"):
            found = api.get("/stats/pipeline", world.person(role)).json()
            assert (found["status"]["state"], found["status"]["run_id"]) == ("refused", "good")
            assert [(run["run_id"], run["outcome"], run["error"]) for run in found["runs"]] == [
                ("now", "running", None),
                ("bad", "refused", "account x"),
                ("good", "published", None),
            ]
            assert found["runs"][1]["proofs"] == [
                {"name": "sequence", "passed": True, "checked": 12, "failed": 0},
                {"name": "continuity", "passed": False, "checked": 9, "failed": 2},
            ]

    def test_open_alerts_come_first(self, api: Api, world: World) -> None:
        world.publisher.execute(
            "insert into pipeline.alert (kind, subject, path, raised_at, resolved_at) values"
            " ('failure', 'long open', '/', '2026-03-01Z', null),"
            " ('staleness', 'over', '/', '2026-03-02Z', '2026-03-03Z')"
        )
        alerts = api.get("/stats/pipeline", world.person("staff")).json()["alerts"]
        assert [(alert["subject"], alert["resolved_at"]) for alert in alerts] == [
            ("long open", None),
            ("over", "2026-03-03T00:00:00Z"),
        ]

    def test_only_so_many(self, api: Api, world: World) -> None:
        for number in range(RUNS_SHOWN + 2):
            world.run(f"run {number:02}", "failed", NOW + timedelta(minutes=number))
        for number in range(ALERTS_SHOWN + 2):
            world.publisher.execute(
                "insert into pipeline.alert (kind, subject, path, resolved_at) values ('failure', %s, '/', now())",
                (str(number),),
            )
        found = api.get("/stats/pipeline", world.person("staff")).json()
        assert [run["run_id"] for run in found["runs"]] == [f"run {n:02}" for n in range(RUNS_SHOWN + 1, 1, -1)]
        assert len(found["alerts"]) == ALERTS_SHOWN

    def test_before_the_first_run(self, api: Api, world: World) -> None:
        found = api.get("/stats/pipeline", world.person("staff")).json()
        assert (found["status"]["state"], found["runs"], found["alerts"]) == ("waiting", [], [])

    def test_not_for_customers_and_programs(self, api: Api, world: World) -> None:
        person = world.person()
        for reader in (person, world.program_of(person)):
            assert problem(api.get("/stats/pipeline", reader)) == (403, "forbidden")
        assert problem(api.get("/stats/pipeline")) == (401, "unauthenticated")

    def test_an_unchanged_answer_is_not_sent_again(self, api: Api, world: World) -> None:
        world.publish(NOW)
        staff = world.person("staff")
        tag = api.get("/stats/pipeline", staff).headers["etag"]
        assert api.get("/stats/pipeline", staff, headers={"If-None-Match": tag}).status_code == 304
        world.run("a run", "running", NOW)
        assert api.get("/stats/pipeline", staff, headers={"If-None-Match": tag}).status_code == 200
