-- The catalogue of statistics, always as a whole.
-- name: incoming
create temporary table incoming (
    name text,
    label text,
    definition text,
    plain text,
    unit text,
    idle_rule text,
    version integer,
    position integer,
    periods text[]
) on commit drop

-- name: read
select name, label, definition, plain, unit, idle_rule, version, position, periods from {mart}

-- name: merge
insert into stats.metric as m (name, label, definition, plain, unit, idle_rule, version, position, periods)
select name, label, definition, plain, unit, idle_rule, version, position, periods from incoming
on conflict (name) do update set
    label = excluded.label,
    definition = excluded.definition,
    plain = excluded.plain,
    unit = excluded.unit,
    idle_rule = excluded.idle_rule,
    version = excluded.version,
    position = excluded.position,
    periods = excluded.periods
where (m.*) is distinct from (excluded.*)

-- name: remove
delete from stats.metric as m where not exists (select from incoming as i where i.name = m.name)
