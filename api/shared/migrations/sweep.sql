-- The statements that take away, from schema `:schema`, all that can be replaced whole, in the order in which they
-- must run: triggers, views, functions, grants. What is left is what the versions made, so that an upgraded schema
-- equals a fresh one whatever stood there before. They refuse to take what somebody else's object needs.
-- To drop a trigger locks its table: tables come in the order in which they were made, which is to be the order in
-- which the services use them, so that a running service waits for the upgrade, or it for them, but not both.
with relation as (
    select oid, oid::regclass::text as name, relkind, relacl from pg_class
    where relnamespace = cast(:schema as regnamespace) and relkind in ('r', 'p', 'v', 'S')
),
granted as (
    select 'table ' || r.name as object, a.grantee from relation r, aclexplode(r.relacl) a where r.relkind <> 'v'
    union
    select 'table ' || r.name, a.grantee
    from relation r join pg_attribute c on c.attrelid = r.oid, aclexplode(c.attacl) a where r.relkind <> 'v'
    union
    select format('type %s', t.oid::regtype), a.grantee from pg_type t, aclexplode(t.typacl) a
    where t.typnamespace = cast(:schema as regnamespace)
    union
    select format('schema %I', n.nspname), a.grantee from pg_namespace n, aclexplode(n.nspacl) a
    where n.oid = cast(:schema as regnamespace)
)
select statement
from (
    select 1 as step, r.oid::bigint as place, format('drop trigger %I on %s', t.tgname, r.name) as statement
    from pg_trigger t join relation r on r.oid = t.tgrelid where not t.tgisinternal and t.tgparentid = 0
    union all
    select 2, 0, 'drop view ' || string_agg(name, ', ') from relation where relkind = 'v' having count(*) > 0
    union all
    select 3, 0, 'drop routine ' || string_agg(oid::regprocedure::text, ', ')
    from pg_proc where pronamespace = cast(:schema as regnamespace) having count(*) > 0
    union all
    -- The owner's own rights, and everybody's on a type, are there from the start.
    select distinct 4, 0, format('grant all on %s to current_user', object) from granted
    union all
    select 5, 0, format('revoke all on %s from %s cascade', object,
                     case grantee when 0 then 'public' else grantee::regrole::text end)
    from granted where grantee <> current_user::regrole
    union all
    select distinct 6, 0, format('grant usage on %s to public', object) from granted where starts_with(object, 'type ')
) statements
order by step, place, statement
