-- History from files: the administrative command copies rows into these two tables and calls import_history, all
-- in one transaction. They are empty outside of it.

create unlogged table accounts.import_account (
    line bigint not null,
    reference text not null,
    type text not null,
    currency text not null,
    overdraft_limit bigint not null,
    opened_at timestamptz not null,
    owner_id uuid,
    -- Filled in by import_history; an account of an earlier import is not new.
    account_id uuid,
    is_new boolean
);

create unlogged table accounts.import_row (
    line bigint not null,
    at timestamptz not null,
    account text not null,
    amount bigint not null,
    counterparty text not null,
    memo text not null,
    reference text not null
);

-- The rows with the accounts that they name; `other_*` is empty when the counterparty is outside.
create view accounts.import_movement as
select
    r.*,
    a.account_id,
    a.is_new,
    a.currency,
    a.opened_at,
    o.account_id as other_id,
    o.is_new as other_is_new,
    o.currency as other_currency,
    o.opened_at as other_opened_at,
    coalesce(o.account_id::text, r.counterparty) as side
from accounts.import_row r
left join accounts.import_account a on a.reference = r.account
left join accounts.import_account o on o.reference = r.counterparty;

create function accounts.import_account_fault(out line bigint, out fault text)
language sql stable as $$
select f.line, f.fault
from (
    select i.line, case
        when row_number() over (partition by i.reference order by i.line) > 1
            then format('account %s stands in the file twice', i.reference)
        when i.opened_at > clock_timestamp() then 'opened_at lies in the future'
        when (a.type, a.currency, a.overdraft_limit, a.opened_at)
             <> (i.type, i.currency, i.overdraft_limit, i.opened_at)
            then format('account %s was imported before, with other properties', i.reference)
    end as fault
    from accounts.import_account i
    left join accounts.account a on a.import_reference = i.reference
) f
where f.fault is not null
order by f.line
limit 1;
$$;

-- What is wrong with a row by itself.
create function accounts.import_row_fault(out line bigint, out fault text)
language sql stable as $$
select f.line, f.fault
from (
    select m.line, case
        when m.account_id is null then format('account %s is not in the accounts file', m.account)
        when m.other_id is null and not starts_with(m.counterparty, 'external:')
            then format('counterparty %s is neither external:… nor in the accounts file', m.counterparty)
        when m.account = m.counterparty then 'the counterparty is the account itself'
        when m.at < m.opened_at then 'the time is before the account was opened'
        when m.at < m.other_opened_at then 'the time is before the counterparty was opened'
        when m.at > clock_timestamp() then 'the time lies in the future'
        when m.other_currency <> m.currency then 'the counterparty has another currency'
        when mirror.line is not null
            then 'the counterparty''s own row of this movement is given too; one of them is enough'
        when row_number() over (partition by m.account, m.reference order by m.line) > 1
            then format('reference %s stands twice for this account', m.reference)
    end as fault
    from accounts.import_movement m
    left join accounts.import_row mirror
        on mirror.account = m.counterparty and mirror.counterparty = m.account and mirror.reference = m.reference
            and mirror.line < m.line
) f
where f.fault is not null
order by f.line
limit 1;
$$;

-- Of accounts that were imported before, only what they already have may come again.
create function accounts.import_repeat_fault(out line bigint, out fault text)
language sql stable as $$
select m.line, format('account %s was imported before, and has no such transaction',
                      case when m.is_new then m.counterparty else m.account end)
from accounts.import_movement m
where (not m.is_new or not m.other_is_new)
  and not exists (
    select from accounts.transaction e
    join accounts.transfer t on t.id = e.transfer_id
    where e.account_id = m.account_id and e.at = m.at and e.amount = m.amount and e.counterparty = m.side
      and t.kind = 'imported' and t.reference = m.reference and t.memo = m.memo)
order by m.line
limit 1;
$$;

create function accounts.import_balance_fault(out line bigint, out fault text)
language sql stable as $$
select b.line, format(
    case when b.balance < 0 then 'the balance of account %s would pass its overdraft limit'
         else 'the balance of account %s would be too large' end, b.name)
from (
    select s.line, s.name, i.overdraft_limit,
           sum(s.amount) over (partition by s.name order by s.at, s.line) as balance
    from (
        select line, at, account as name, amount from accounts.import_movement where is_new
        union all
        select line, at, counterparty, -amount from accounts.import_movement where is_new and other_is_new
    ) s
    join accounts.import_account i on i.reference = s.name
) b
where b.balance not between -b.overdraft_limit and 9007199254740991
order by b.line
limit 1;
$$;
