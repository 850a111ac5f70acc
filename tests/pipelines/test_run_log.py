"""Table pipeline.run: what became of each run, for /stats/status."""

from pipelines import database, run_log
from tests.pipelines.conftest import Bank


def publish(connection: database.Connection, run_id: str) -> int:
    """A publication of a run; its id."""
    row = connection.execute(
        "insert into pipeline.publication (run_id, batch_id, complete_through, time_zone) "
        "values (%s, 1, now(), 'UTC') returning id",
        (run_id,),
    ).fetchone()
    assert row is not None
    return int(row[0])


class TestRuns:
    def test_begin_closes_runs_that_were_killed(self, bank: Bank) -> None:
        with database.connect(bank.publish_url) as connection:
            run_log.begin(connection, "killed", "refresh")
            publish(connection, "published-then-killed")
            connection.execute(
                "insert into pipeline.run (run_id, kind, outcome) "
                "values ('published-then-killed', 'refresh', 'running')"
            )
            run_log.begin(connection, "next", "close_daily")
        assert bank.published("select run_id, outcome, error from pipeline.run order by run_id") == [
            ("killed", "failed", "The run ended without a word: it was killed."),
            ("next", "running", None),
            ("published-then-killed", "published", None),
        ]

    def test_published_stays_published(self, bank: Bank) -> None:
        with database.connect(bank.publish_url) as connection:
            run_log.begin(connection, "run", "refresh")
            run_log.finish(connection, "run", "published")
            run_log.finish(connection, "run", "failed", "too late")
        assert bank.published("select outcome, error from pipeline.run") == [("published", None)]

    def test_proofs_are_kept_by_name(self, bank: Bank) -> None:
        with database.connect(bank.publish_url) as connection:
            run_log.begin(connection, "run", "refresh")
            run_log.add_proofs(connection, "run", [{"name": "a", "passed": False}, {"name": "b", "passed": True}])
            run_log.add_proofs(connection, "run", [{"name": "a", "passed": True}])
            assert run_log.proofs_of(connection, "run") == [
                {"name": "b", "passed": True},
                {"name": "a", "passed": True},
            ]

    def test_unfinished_run_is_forgotten(self, bank: Bank) -> None:
        with database.connect(bank.publish_url) as connection:
            run_log.begin(connection, "run", "refresh")
            run_log.forget_unfinished(connection, "run")
        assert bank.published("select count(*) from pipeline.run") == [(0,)]

    def test_prune_keeps_what_is_named_and_the_newest(self, bank: Bank) -> None:
        with database.connect(bank.publish_url) as connection:
            named = publish(connection, "named")
            connection.execute(
                "insert into stats.stats "
                "(account_id, type, period_start, period_end, metrics, basis, publication_id) "
                "values (gen_random_uuid(), 'daily', '2024-03-04', '2024-03-05', '{}', '{}', %s)",
                (named,),
            )
            for name in ("unnamed", "newest"):
                publish(connection, name)
            for resolved_at in ("now() - interval '31 days'", "now()", "null"):
                connection.execute(
                    "insert into pipeline.alert (kind, subject, path, resolved_at) "
                    f"values ('failure', 'x', '/', {resolved_at})"
                )
            run_log.begin(connection, "old", "refresh")
            connection.execute("update pipeline.run set started_at = now() - interval '31 days'")
            connection.execute("update pipeline.publication set published_at = now() - interval '31 days'")
            run_log.begin(connection, "new", "refresh")
            run_log.prune(connection)
        assert bank.published("select run_id from pipeline.publication order by id") == [("named",), ("newest",)]
        assert bank.published("select distinct publication_id from stats.stats") == [(named,)]
        assert bank.published("select run_id from pipeline.run") == [("new",)]
        assert bank.published("select count(*) from pipeline.alert") == [(2,)]
