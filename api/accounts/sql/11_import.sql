-- History from files: the administrative command copies rows into these two tables and calls import_history, all
-- in one transaction. They are empty outside of it.

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

create or replace function accounts.import_account_fault(out line bigint, out fault text)
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
create or replace function accounts.import_row_fault(out line bigint, out fault text)
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
create or replace function accounts.import_repeat_fault(out line bigint, out fault text)
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

create or replace function accounts.import_balance_fault(out line bigint, out fault text)
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

-- How many it opened. One by one, because each number must differ from those before it.
create or replace function accounts.import_accounts(p_owner uuid) returns bigint
language plpgsql as $$
declare
    i accounts.import_account;
    v_opened bigint := 0;
begin
    update accounts.import_account n
    set account_id = coalesce(known.id, uuidv7()), is_new = known.id is null
    from accounts.import_account same left join accounts.account known on known.import_reference = same.reference
    where same.reference = n.reference;
    for i in select * from accounts.import_account where is_new order by line loop
        insert into accounts.account
            (id, number, type, currency, overdraft_limit, approved, opened_at, import_reference)
        values (i.account_id, accounts.new_number(), i.type, i.currency, i.overdraft_limit, true, i.opened_at,
                i.reference);
        v_opened := v_opened + 1;
    end loop;
    insert into accounts.user_account (user_id, account_id)
    select coalesce(n.owner_id, p_owner), n.account_id
    from accounts.import_account n
    where n.is_new and coalesce(n.owner_id, p_owner) is not null;
    return v_opened;
end
$$;

-- Opens the accounts that are new and posts their movements in the order of time and line, each at its own time;
-- entries and heads follow as from any transfer. `fault` tells what is wrong with line `line` of `file` (accounts
-- or transactions); then nothing may be kept.
create or replace function accounts.import_history(
    p_owner uuid, out file text, out line bigint, out fault text,
    out opened bigint, out posted bigint, out repeated bigint
)
language plpgsql as $$
begin
    file := 'accounts';
    select f.line, f.fault into line, fault from accounts.import_account_fault() f;
    if fault is not null then
        return;
    end if;
    opened := accounts.import_accounts(p_owner);
    -- Without knowing how many rows these hold, the planner would join them row by row.
    analyze accounts.import_account, accounts.import_row;
    file := 'transactions';
    select f.line, f.fault into line, fault from accounts.import_row_fault() f;
    if fault is null then
        select f.line, f.fault into line, fault from accounts.import_repeat_fault() f;
    end if;
    if fault is null then
        select f.line, f.fault into line, fault from accounts.import_balance_fault() f;
    end if;
    if fault is not null then
        return;
    end if;
    insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, reference, at)
    select uuidv7(), 'imported', o.source, o.destination, o.amount, o.currency, o.memo, o.reference, o.at
    from (
        select case when m.amount < 0 then m.account_id::text else m.side end as source,
               case when m.amount < 0 then m.side else m.account_id::text end as destination,
               abs(m.amount) as amount, m.currency, m.memo, m.reference, m.at
        from accounts.import_movement m
        where m.is_new
        order by m.at, m.line
    ) o;
    get diagnostics posted = row_count;
    select count(*) - posted into repeated from accounts.import_row;
end
$$;
