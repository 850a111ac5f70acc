"""What became of each run, for /stats/status: table pipeline.run."""

from typing import Any, Literal

from psycopg.types.json import Jsonb

from pipelines.database import Connection

Kind = Literal["refresh", "close_daily", "close_weekly", "close_monthly", "backfill"]
Outcome = Literal["published", "refused", "failed"]
ERROR_MAX_CHARACTERS = 4000
KEEP = "30 days"


def begin(bank: Connection, run_id: str, kind: Kind) -> None:
    """Note that a run has begun. Call it with the run lock held: whoever else is noted as running was killed."""
    bank.execute(
        "update pipeline.run as r set finished_at = now(), "
        "outcome = case when p.run_id is null then 'failed' else 'published' end, "
        "error = case when p.run_id is null then 'The run ended without a word: it was killed.' end "
        "from pipeline.run as killed left join pipeline.publication as p on p.run_id = killed.run_id "
        "where r.run_id = killed.run_id and r.outcome = 'running' and r.run_id <> %s",
        (run_id,),
    )
    bank.execute(
        # After every earlier run, be the clock set back: the newest is the last one.
        "insert into pipeline.run (run_id, kind, started_at, outcome, proofs) "
        "select %s, %s, greatest(now(), max(started_at) + interval '1 microsecond'), 'running', '[]' "
        "from pipeline.run "
        "on conflict (run_id) do update set outcome = 'running', finished_at = null, error = null, proofs = '[]'",
        (run_id, kind),
    )


def add_proofs(bank: Connection, run_id: str, proofs: list[dict[str, Any]]) -> None:
    """Add what a run's proofs found; a proof that is run again replaces what it found before."""
    names = [proof["name"] for proof in proofs]
    bank.execute(
        "update pipeline.run set proofs = coalesce((select jsonb_agg(p) from jsonb_array_elements(proofs) as p "
        "where p ->> 'name' <> all (%s)), '[]') || %s where run_id = %s",
        (names, Jsonb(proofs), run_id),
    )


def proofs_of(bank: Connection, run_id: str) -> list[dict[str, Any]]:
    """What a run's proofs found, in their order."""
    row = bank.execute("select proofs from pipeline.run where run_id = %s", (run_id,)).fetchone()
    return list(row[0]) if row else []


def finish(bank: Connection, run_id: str, outcome: Outcome, error: str | None = None) -> None:
    """Note how a run ended. A publication stays a publication, whatever fails after it."""
    bank.execute(
        "update pipeline.run set outcome = %s, error = %s, finished_at = now() "
        "where run_id = %s and outcome <> 'published'",
        (outcome, error[:ERROR_MAX_CHARACTERS] if error else None, run_id),
    )


def prune(bank: Connection) -> None:
    """Delete what is older than 30 days: runs, closed alerts, and publications that no row names."""
    bank.execute("delete from pipeline.run where started_at < now() - %s::interval", (KEEP,))
    bank.execute("delete from pipeline.alert where resolved_at < now() - %s::interval", (KEEP,))
    bank.execute(
        "delete from pipeline.publication as p where p.published_at < now() - %s::interval "
        "and p.id < (select max(id) from pipeline.publication) "
        "and not exists (select from stats.stats as s where s.publication_id = p.id)",
        (KEEP,),
    )


def forget_advance(bank: Connection, publication_id: int) -> None:
    """Delete a publication that is not its run's first one and brought no figure, but never the newest."""
    bank.execute(
        "delete from pipeline.publication as p where p.id = %s "
        "and exists (select from pipeline.publication as f where f.run_id = p.run_id and f.id < p.id) "
        "and exists (select from pipeline.publication as n where n.id > p.id) "
        "and not exists (select from stats.stats as s where s.publication_id = p.id)",
        (publication_id,),
    )


def forget_unfinished(bank: Connection, run_id: str) -> None:
    """Drop a run that neither published nor failed: it was not asked to publish."""
    bank.execute("delete from pipeline.run where run_id = %s and outcome = 'running'", (run_id,))
