-- Double entry: whoever inserts a transfer, the database itself moves the heads of the accounts it touches and
-- writes their entries. Sequence without gap, balance after = balance before + amount, an entry for each side that
-- is an account, and time order hold by construction; the overdraft limit is a CHECK on the account besides.

-- One transfer: the common case, three times as fast as the set-wise form below.
create function accounts.enter_one(t accounts.transfer) returns void
language plpgsql as $$
declare
    v_source constant uuid := case when accounts.is_account(t.source) then t.source end;
    v_destination constant uuid := case when accounts.is_account(t.destination) then t.destination end;
    v_day constant date := (t.at at time zone 'UTC')::date;
    v_spent constant bigint := case when t.kind in ('transfer', 'withdrawal') then t.amount else 0 end;
    v_entries integer;
begin
    if accounts.is_valid(t) is not true or (t.reverses is not null and not accounts.reverses_its_transfer(t)) then
        perform accounts.refuse_transfer();
    end if;
    with head as (
        update accounts.account a
        set total = a.total + s.amount, last_sequence = a.last_sequence + 1, last_at = t.at,
            spent = case when s.spent = 0 or a.spent_on = v_day then a.spent + s.spent else s.spent end,
            spent_on = case when s.spent = 0 then a.spent_on else v_day end
        from (values (v_source, t.destination, -t.amount, v_spent), (v_destination, t.source, t.amount, 0))
            s (account_id, counterparty, amount, spent)
        where a.id = s.account_id and a.currency = t.currency and t.at >= greatest(a.last_at, a.opened_at)
        returning a.id, s.counterparty, s.amount, a.total, a.last_sequence
    )
    insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
    select t.id, h.id, h.counterparty, h.amount, h.total, h.last_sequence, t.at from head h;
    get diagnostics v_entries = row_count;
    if v_entries <> num_nonnulls(v_source, v_destination) then
        raise exception 'an account of transfer % is unknown, of another currency, or later than it', t.id
            using errcode = 'integrity_constraint_violation', constraint = 'transaction_follows_from_head';
    end if;
end
$$;

-- Many transfers at once, in the order of their times and ids.
create function accounts.enter_all() returns trigger
language plpgsql as $$
declare
    v_first constant accounts.transfer[] := array(select a from added a limit 2);
begin
    if cardinality(v_first) = 1 then
        perform accounts.enter_one(v_first[1]);
        return null;
    end if;
    if exists (select from added a where accounts.is_valid(a) is not true)
       or exists (select from added a where a.reverses is not null and not accounts.reverses_its_transfer(a)) then
        perform accounts.refuse_transfer();
    end if;
    with side as (
        select a.id as transfer_id, a.at, a.currency, s.account_id::uuid, s.counterparty, s.amount,
               case when s.amount < 0 and a.kind in ('transfer', 'withdrawal') then a.amount else 0 end as spent
        from added a
        cross join lateral (values (a.source, a.destination, -a.amount), (a.destination, a.source, a.amount))
            s (account_id, counterparty, amount)
        where accounts.is_account(s.account_id)
    ), change as (
        select account_id, sum(amount)::bigint as amount, count(*) as entries,
               min(at) as first_at, max(at) as last_at, min(currency) as currency, max(currency) as other_currency,
               sum(spent)::bigint as spent, (min(at) filter (where spent > 0) at time zone 'UTC')::date as day,
               (max(at) filter (where spent > 0) at time zone 'UTC')::date as last_day
        from side group by account_id
    ), head as (
        update accounts.account a
        set total = a.total + c.amount, last_sequence = a.last_sequence + c.entries, last_at = c.last_at,
            spent = case when c.spent = 0 or a.spent_on = c.day then a.spent + c.spent else c.spent end,
            spent_on = case when c.spent = 0 then a.spent_on else c.day end
        from change c
        where a.id = c.account_id and a.currency = c.currency and a.currency = c.other_currency
          and c.first_at >= greatest(a.last_at, a.opened_at)
          -- What one statement spends, it spends within one day: `spent` holds no more than one.
          and c.day is not distinct from c.last_day
        returning with (old as former) a.id, former.total, former.last_sequence, a.overdraft_limit
    ), entry as (
        select s.*, h.last_sequence + row_number() over account as sequence,
               h.total + sum(s.amount) over account as balance_after, h.overdraft_limit
        from side s
        left join head h on h.id = s.account_id
        window account as (partition by s.account_id order by s.at, s.transfer_id)
    )
    insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
    select transfer_id, account_id, counterparty, amount,
           case when balance_after >= -overdraft_limit then balance_after end, sequence, at
    from entry
    order by account_id, sequence;
    return null;
end
$$;
create trigger transfer_entries after insert on accounts.transfer
    referencing new table as added
    for each statement execute function accounts.enter_all();
