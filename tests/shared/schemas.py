"""A schema that is made up for the tests, as it was and as it is, and folders that hold such schemas."""

import shutil
from pathlib import Path

from api.shared.migrations import upgrade

REPOSITORY = Path(__file__).resolve().parents[2]
OWNER = "accounts_owner"

TABLES = """
    create type example.kind as enum ('large', 'small');
    create table example.thing (id bigint generated always as identity primary key, name text not null);
    create table example.other (id bigint primary key, kind example.kind);
    create sequence example.turn;
"""
SQL_BEFORE = {
    "01_things": """
        -- 100% of the text is taken as it stands, :also this.
        create or replace function example.length_of(p_name text) returns integer language sql immutable
        return length(p_name);
        create or replace function example.gone() returns text language plpgsql security definer
        set enable_seqscan = off as $$ begin return '%'; end $$;
        create view example.seen as select id, name, example.length_of(name) as length from example.thing;
        create view example.seen_twice as select * from example.seen;
        create or replace function example.refuse() returns trigger language plpgsql
        as $$ begin return null; end $$;
        create or replace trigger kept before update on example.thing execute function example.refuse();
        create or replace trigger gone before delete on example.other execute function example.refuse();
        alter table example.other enable always trigger gone;
        create aggregate example.longest(integer) (sfunc = int4larger, stype = integer);
        create procedure example.nothing() language sql as $$ select 1 $$;
    """,
    "02_grants": """
        grant usage, create on schema example to accounts_ledger, stats_app;
        alter function example.gone owner to accounts_ledger;
        grant select on all tables in schema example to public;
        grant update (name), references (id) on example.thing to users_app with grant option;
        grant usage on sequence example.turn, example.thing_id_seq to stats_app;
        grant usage on type example.kind to stats_app with grant option;
        revoke usage on type example.kind from public;
        revoke delete on example.other from accounts_owner;
        grant execute on function example.length_of to public;
    """,
}
CHANGE = """
    alter table example.thing add column size bigint not null default 0;
    drop table example.other cascade;
"""
SQL_NOW = {
    "01_things": """
        create view example.seen as select name, size, id from example.thing;
        create or replace function example.length_of(p_text text) returns bigint language sql stable
        set search_path = pg_catalog, pg_temp return length(p_text);
        create or replace function example.seen_longest() returns bigint language sql
        as $$ select max(example.length_of(name)) from example.seen $$;
        create or replace function example.refuse() returns trigger language plpgsql security definer
        as $$ begin return new; end $$;
        create or replace trigger kept after insert on example.thing execute function example.refuse();
    """,
    "02_grants": "grant usage on schema example to users_app; grant select on example.seen to users_app;",
}
SQL_WITH_THE_SAME_SIGNATURES = {
    "01_things": """
        create or replace function example.gone() returns text language sql stable return 'still here';
        create or replace function example.length_of(p_name text) returns integer language plpgsql
        set search_path = pg_catalog, pg_temp as $$ begin return 0; end $$;
        create or replace function example.refuse() returns trigger language plpgsql
        as $$ begin return old; end $$;
        create or replace trigger kept after insert on example.thing execute function example.refuse();
        grant execute on function example.length_of to stats_app;
    """,
}


def write(folder: Path, versions: dict[str, str], sql: dict[str, str]) -> Path:
    """The folder of a schema: `versions` by their names (`0001_baseline`), each after the one before it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "sql").mkdir()
    before = None
    for name, change in versions.items():
        revision = name[:4]
        (folder / "migrations" / "versions" / f"{name}.py").write_text(
            f"from alembic import op\nrevision, down_revision = {revision!r}, {before!r}\n"
            f"def upgrade():\n    op.execute('''{change}''')\n"
        )
        before = revision
    for name, text in sql.items():
        (folder / "sql" / f"{name}.sql").write_text(text)
    return folder


def before(folder: Path) -> Path:
    """The schema as it was."""
    return write(folder, {"0001_baseline": TABLES}, SQL_BEFORE)


def now(folder: Path, sql: dict[str, str] = SQL_NOW) -> Path:
    """The schema as it is: a version more, and everything that can be replaced is another or gone."""
    return write(folder, {"0001_baseline": TABLES, "0002_change": CHANGE}, sql)


def copy_of(schema: Path, folder: Path) -> Path:
    """What makes a real schema, to be changed."""
    for part in ("migrations", "sql"):
        shutil.copytree(schema / part, folder / part)
    return folder


def bring_up(folder: Path, url: str, schema: str = "example", give_up_after_s: float = 30.0) -> None:
    """The upgrade."""
    upgrade.upgrade(schema, folder, url, give_up_after_s)
