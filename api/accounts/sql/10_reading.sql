-- What is read of the ledger, also by other services.

-- Where a moment falls in an account's history: how many of its transactions are before it. Sequences have no gaps
-- and follow time, so halving finds it in twenty looks among a million rows, without an index by time.
create or replace function accounts.entries_before(p_account uuid, p_moment timestamptz) returns bigint
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    v_low bigint := 0;
    v_high bigint := (select last_sequence from accounts.account where id = p_account);
    v_middle bigint;
begin
    while v_low < v_high loop
        v_middle := (v_low + v_high + 1) / 2;
        if (select at < p_moment from accounts.transaction
            where account_id = p_account and sequence = v_middle) then
            v_low := v_middle;
        else
            v_high := v_middle - 1;
        end if;
    end loop;
    return v_low;
end
$$;

-- The balance once everything up to and including that moment had happened.
create or replace function accounts.balance_at(p_account uuid, p_moment timestamptz) returns bigint
language sql stable set search_path = pg_catalog, pg_temp as $$
select coalesce(
    (select t.balance_after from accounts.transaction t
     where t.account_id = p_account
       and t.sequence = accounts.entries_before(p_account, p_moment + interval '1 microsecond')),
    0);
$$;

create view accounts.account_access as
select user_id, account_id from accounts.user_account;

create view accounts.account_listing as
select id as account_id, number, type, currency, opened_at, closed_at from accounts.account;

create view accounts.statement as
select
    t.id,
    t.transfer_id,
    t.account_id,
    m.source as "from",
    m.destination as "to",
    t.counterparty,
    t.amount,
    t.balance_after,
    t.sequence,
    t.at,
    m.memo
from accounts.transaction t
join accounts.transfer m on m.id = t.transfer_id;
