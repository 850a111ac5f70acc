-- The statements that drop what still has the mark of sweep.sql, which the files would have taken off.
select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass) as statement
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = cast(:schema as regnamespace) and not t.tgisinternal and t.tgparentid = 0 and t.tgenabled = 'D'
union all
select 'drop function ' || string_agg(oid::regprocedure::text, ', ')
from pg_proc
where pronamespace = cast(:schema as regnamespace) and 'application_name=left over' = any (proconfig)
having count(*) > 0
