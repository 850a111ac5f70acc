-- Double entry: whoever inserts a transfer, the database itself moves the heads of the accounts it touches and
-- writes their entries. Sequence without gap, balance after = balance before + amount, an entry for each side that
-- is an account, and time order hold by construction; the overdraft limit is a CHECK on the account besides.

create function accounts.is_account(p_side text) returns boolean
language sql immutable parallel safe
return not starts_with(p_side, 'external:');

-- One side of one transfer.
create function accounts.enter_side(t accounts.transfer, p_account_id uuid, p_counterparty text, p_amount bigint)
returns void
language plpgsql as $$
declare
    -- The day whose limit it uses up; null when it counts towards none.
    v_day constant date := case when p_amount < 0 and t.kind in ('transfer', 'withdrawal')
                                then (t.at at time zone 'UTC')::date end;
begin
    with head as (
        update accounts.account a
        set total = a.total + p_amount, last_sequence = a.last_sequence + 1, last_at = t.at,
            spent = case when v_day is null then a.spent when a.spent_on = v_day then a.spent - p_amount
                         else -p_amount end,
            spent_on = coalesce(v_day, a.spent_on)
        where a.id = p_account_id and a.currency = t.currency and t.at >= greatest(a.last_at, a.opened_at)
        returning a.id, a.total, a.last_sequence
    )
    insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
    select t.id, h.id, p_counterparty, p_amount, h.total, h.last_sequence, t.at from head h;
    if not found then
        raise exception 'account %: unknown, of another currency, or later than this transfer', p_account_id
            using errcode = 'integrity_constraint_violation', constraint = 'transaction_follows_from_head';
    end if;
end
$$;

-- Many transfers at once, in the order of their times and ids.
create function accounts.enter_all() returns trigger
language plpgsql as $$
declare
    t accounts.transfer;
begin
    if (select count(*) from (select from added limit 2) few) = 1 then
        select * into t from added;
        if accounts.is_account(t.source) then
            perform accounts.enter_side(t, t.source::uuid, t.destination, -t.amount);
        end if;
        if accounts.is_account(t.destination) then
            perform accounts.enter_side(t, t.destination::uuid, t.source, t.amount);
        end if;
        return null;
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
               sum(spent)::bigint as spent, (max(at) at time zone 'UTC')::date as day
        from side group by account_id
    ), head as (
        update accounts.account a
        set total = a.total + c.amount, last_sequence = a.last_sequence + c.entries, last_at = c.last_at,
            spent = case when c.spent = 0 or a.spent_on = c.day then a.spent + c.spent else c.spent end,
            spent_on = case when c.spent = 0 then a.spent_on else c.day end
        from change c
        where a.id = c.account_id and a.currency = c.currency and a.currency = c.other_currency
          and c.first_at >= greatest(a.last_at, a.opened_at)
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
