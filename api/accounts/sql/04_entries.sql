-- Double entry: whoever inserts a transfer by a statement of their own, the database itself moves the heads of the
-- accounts it touches and writes their entries. Sequence without gap, balance after = balance before + amount, an
-- entry for each side that is an account, and time order hold by construction; the overdraft limit is a CHECK on the
-- account besides.

-- All transfers of one statement, in the order of their times and ids.
create or replace function accounts.enter_all() returns trigger
language plpgsql as $$
begin
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
create or replace trigger transfer_entries after insert on accounts.transfer
    referencing new table as added
    for each statement when (current_user <> 'accounts_ledger'::text) execute function accounts.enter_all();
