-- The time at which something happens. The machine's clock may be set back, and published statistics must stay true
-- all the same: each extract raises a floor before it looks at what is being written, and nothing is dated before it.

-- Never before the transaction began: the extract takes an open transaction's start for the least time that it writes.
create or replace function accounts.clock() returns timestamptz
language sql volatile
return greatest(now(), clock_timestamp());

-- For what happens now. The transaction has its id before the floor is read: an extract that raises the floor later
-- finds it among those that write.
create or replace function accounts.present() returns timestamptz
language sql volatile as $$
select pg_current_xact_id();
select greatest(accounts.clock(), (select f.at from accounts.extract_floor f));
$$;

-- The floor above one that stands at `p_at`. It always rises, be the clock behind: what was dated at the old one is
-- then complete, and the statistics go on.
create or replace function accounts.next_floor(p_at timestamptz) returns timestamptz
language sql volatile
return greatest(accounts.clock(), p_at + interval '1 microsecond');

-- Raises the floor, and gives it with the moment through which the newest extract found everything.
create or replace function accounts.raise_floor() returns accounts.extract_floor
language sql security definer set search_path = pg_catalog, pg_temp as $$
update accounts.extract_floor f set at = accounts.next_floor(f.at) returning f.*;
$$;

-- Keeps that an extract found everything through this moment, for one whose warehouse knows of no earlier extract.
create or replace function accounts.keep_complete_through(p_moment timestamptz) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
update accounts.extract_floor f set complete_through = greatest(f.complete_through, least(p_moment, f.at));
$$;

-- There is one floor, and it only rises, whoever connects.
create or replace function accounts.guard_floor() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'UPDATE' or new.at < old.at or coalesce(new.complete_through < old.complete_through, false) then
        raise exception 'there is one floor, and it only rises: % is refused', lower(tg_op)
            using errcode = 'restrict_violation', constraint = 'extract_floor_only_rises';
    end if;
    return new;
end
$$;
create or replace trigger extract_floor_rises before insert or update or delete on accounts.extract_floor
    for each row execute function accounts.guard_floor();
create or replace trigger extract_floor_kept before truncate on accounts.extract_floor
    for each statement execute function accounts.guard_floor();
