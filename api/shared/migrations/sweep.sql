-- The statements that take away, from schema `:schema`, what the files in sql/ make, in the order in which they must
-- run. What is left is what the versions made, so that an upgraded schema equals a fresh one whatever stood there
-- before. They refuse to take what somebody else's object needs.
--
-- With `:in_place`, functions and triggers are only marked: calls that are under way need theirs, and to drop a trigger
-- one must wait for its table's readers. The files then replace them, which takes the mark off, and what still has it
-- is left over (left_over.sql). All tables are locked at first, in the order in which they were made, which is to be
-- the order in which the services write them: so a running service waits for the upgrade, or it for them, but not both.
with relation as (
    select oid, oid::regclass::text as name, relkind, relacl from pg_class
    where relnamespace = cast(:schema as regnamespace) and relkind in ('r', 'p', 'v', 'S')
),
function as (
    select 'function ' || oid::regprocedure as name, proacl from pg_proc
    where pronamespace = cast(:schema as regnamespace) and prokind = 'f' and :in_place
),
granted as (
    select 'table ' || r.name as object, a.grantee from relation r, aclexplode(r.relacl) a where r.relkind <> 'v'
    union
    select 'table ' || r.name, a.grantee
    from relation r join pg_attribute c on c.attrelid = r.oid, aclexplode(c.attacl) a where r.relkind <> 'v'
    union
    select f.name, a.grantee from function f, aclexplode(f.proacl) a
    union
    select format('type %s', t.oid::regtype), a.grantee from pg_type t, aclexplode(t.typacl) a
    where t.typnamespace = cast(:schema as regnamespace)
    union
    select format('schema %I', n.nspname), a.grantee from pg_namespace n, aclexplode(n.nspacl) a
    where n.oid = cast(:schema as regnamespace)
)
select statement
from (
    select 0 as step, format('lock table %s in share row exclusive mode', string_agg(name, ', ' order by oid))
           as statement
    from relation where relkind in ('r', 'p') having count(*) > 0
    union all
    select 1, case when :in_place then format('alter table %s disable trigger %I', r.name, t.tgname)
                   else format('drop trigger %I on %s', t.tgname, r.name) end
    from pg_trigger t join relation r on r.oid = t.tgrelid where not t.tgisinternal and t.tgparentid = 0
    union all
    select 2, 'drop view ' || string_agg(name, ', ') from relation where relkind = 'v' having count(*) > 0
    union all
    select 3, 'drop routine ' || string_agg(oid::regprocedure::text, ', ') from pg_proc
    where pronamespace = cast(:schema as regnamespace) and not (prokind = 'f' and :in_place)
    having count(*) > 0
    union all
    -- The owner's own rights, and everybody's on a type, are there from the start.
    select 4, format('alter %s owner to current_user', name) from function
    union all
    select distinct 5, format('grant all on %s to current_user', object) from granted
    union all
    select 6, format('revoke all on %s from %s cascade', object,
                     case grantee when 0 then 'public' else grantee::regrole::text end)
    from granted where grantee <> current_user::regrole
    union all
    select distinct 7, format('grant usage on %s to public', object) from granted
    where starts_with(object, 'type ')
    union all
    select 8, format('alter %s set application_name = %L', name, 'left over') from function
) statements
order by step, statement
