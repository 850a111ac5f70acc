-- History from files: the administrative command copies rows into import_account and import_row, has them checked and
-- made into movements by prepare_import, and posts these by post_import, all in one transaction. The tables are empty
-- outside of it.

-- The rows with the accounts that they name; `other_*` is empty when the counterparty is outside.
create view accounts.import_leg as
select
    r.*,
    a.currency,
    a.opened_at,
    o.account_id as other_id,
    o.currency as other_currency,
    o.opened_at as other_opened_at,
    a.account_id,
    case when r.amount < 0 then a.account_id::text else coalesce(o.account_id::text, r.counterparty) end as source,
    case when r.amount < 0 then coalesce(o.account_id::text, r.counterparty) else a.account_id::text end as destination
from accounts.import_row r
left join accounts.import_account a on a.reference = r.account
left join accounts.import_account o on o.reference = r.counterparty;

-- What earlier imports gave for these accounts, under the number that it has on each.
create view accounts.import_known as
select
    i.reference as account,
    case when e.amount < 0 then t.source_reference else t.destination_reference end as reference,
    t.at,
    t.source,
    t.destination,
    t.amount,
    t.memo,
    t.source_reference is not null and t.destination_reference is not null as has_both_legs
from accounts.import_account i
join accounts.transaction e on e.account_id = i.account_id
join accounts.transfer t on t.id = e.transfer_id
where not i.is_new and t.kind = 'imported';

create or replace function accounts.import_account_faults()
returns table (file bigint, line bigint, fault text)
language sql stable as $$
select 0, f.line, f.fault
from (
    select i.line, case
        when row_number() over (partition by i.reference order by i.line) > 1
            then format('account %s stands in the file twice', i.reference)
        when i.opened_at > clock_timestamp() then 'opened_at lies in the future'
        when (a.type, a.currency, a.overdraft_limit, a.opened_at)
             <> (i.type, i.currency, i.overdraft_limit, i.opened_at)
            then format('account %s was imported before, with other properties', i.reference)
        when i.is_new and i.owner_id is not null and not accounts.is_live(i.owner_id)
            then 'the owner is no user of this bank'
    end as fault
    from accounts.import_account i
    left join accounts.account a on a.import_reference = i.reference
) f
where f.fault is not null
$$;

create or replace function accounts.import_row_faults()
returns table (file bigint, line bigint, fault text)
language sql stable as $$
select f.file, f.line, f.fault
from (
    select l.file, l.line, case
        when l.account_id is null then format('account %s is not in the accounts file', l.account)
        when l.other_id is null and not starts_with(l.counterparty, 'external:')
            then format('counterparty %s is neither external:… nor in the accounts file', l.counterparty)
        when l.account = l.counterparty then 'the counterparty is the account itself'
        when l.at < l.opened_at then 'the time is before the account was opened'
        when l.at < l.other_opened_at then 'the time is before the counterparty was opened'
        when l.at > clock_timestamp() then 'the time lies in the future'
        when l.other_currency <> l.currency then 'the counterparty has another currency'
        when row_number() over (partition by l.account, l.reference order by l.file, l.line) > 1
            then format('reference %s stands twice for account %s', l.reference, l.account)
    end as fault
    from accounts.import_leg l
) f
where f.fault is not null
$$;

-- A number that an account has had means the same movement as then; the memo counts unless it may be the other leg's.
create or replace function accounts.import_repeat_faults()
returns table (file bigint, line bigint, fault text)
language sql stable as $$
select l.file, l.line,
       format('reference %s of account %s was imported before, for another movement', l.reference, l.account)
from accounts.import_leg l
join accounts.import_known k on k.account = l.account and k.reference = l.reference
where (k.at, k.source, k.destination, k.amount) <> (l.at, l.source, l.destination, abs(l.amount))
   or (k.memo <> l.memo and not k.has_both_legs)
$$;

-- Files in which times fall and never rise, as a whole or within each account.
create or replace function accounts.import_newest_first() returns setof bigint
language sql stable as $$
select r.file
from (
    select file, at, lag(at) over (partition by file order by line) as before,
           lag(at) over (partition by file, account order by line) as before_of_account
    from accounts.import_row
) r
group by r.file
having (bool_or(r.at < r.before) and not bool_or(r.at > r.before))
    or (bool_or(r.at < r.before_of_account) and not bool_or(r.at > r.before_of_account))
$$;

-- Fills import_movement. A mirror is a row of equal time and opposite amount with the accounts swapped; where there are
-- several, the first of one side belongs to the first of the other, and so on. What has no mirror is a movement alone.
create or replace function accounts.import_movements() returns void
language sql as $$
insert into accounts.import_movement
select min(array[l.file, l.turn]), l.at, l.source, l.destination, l.amount, min(l.currency),
       coalesce(nullif(min(l.memo) filter (where l.pays), ''), min(l.memo) filter (where not l.pays), ''),
       min(l.reference) filter (where l.pays), min(l.reference) filter (where not l.pays), bool_or(l.is_known)
from (
    select t.*, row_number() over (
               partition by t.at, t.source, t.destination, t.pays, t.amount order by t.file, t.turn) as nth
    from (
        select l.file, case when n.file is null then l.line else -l.line end as turn, l.at, l.source, l.destination,
               abs(l.amount) as amount, l.amount < 0 as pays, l.currency, l.memo, l.reference,
               k.reference is not null as is_known
        from accounts.import_leg l
        left join accounts.import_newest_first() n (file) on n.file = l.file
        left join accounts.import_known k on k.account = l.account and k.reference = l.reference
    ) t
) l
group by l.at, l.source, l.destination, l.amount, l.nth
$$;

-- What is new, once for each account that it touches.
create view accounts.import_entry as
select m.place, m.at, s.amount, i.reference as account, i.account_id, i.is_new, i.overdraft_limit
from accounts.import_movement m
cross join lateral (values (m.source, -m.amount), (m.destination, m.amount)) s (side, amount)
join accounts.import_account i on i.account_id::text = s.side
where not m.is_repeat;

-- Accounts of earlier imports take only what is newer than all that they have, and nothing once an extract has seen
-- them: their figures may have been published as final, and the pipeline would refuse to change them. An extract has
-- seen an account only if its id was drawn before: before the floor that it raised, or, be the clock set back, before
-- its receipt, which is never dated before the ids that were.
create or replace function accounts.import_later_faults()
returns table (file bigint, line bigint, fault text)
language sql stable as $$
select e.place[1], abs(e.place[2]), case
    when a.closed_at is not null then format('account %s is closed', e.account)
    when e.at <= a.last_at
        then format('account %s has movements until %s, and takes only later ones; give all files of a history together',
                    e.account, to_char(a.last_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US UTC'))
    else format('statistics were made of account %s since it was imported, and its past is final; give all files of a '
                'history together', e.account)
    end
from accounts.import_entry e
join accounts.account a on a.id = e.account_id
cross join (
    select greatest(f.at, (select max(r.created_at) from accounts.extract_receipt r)) as at
    from accounts.extract_floor f) extract
where a.closed_at is not null or e.at <= a.last_at
   or uuid_extract_timestamp(a.id) <= extract.at
$$;

-- The first on each account.
create or replace function accounts.import_balance_faults()
returns table (file bigint, line bigint, fault text)
language sql stable as $$
select distinct on (b.account) b.place[1], abs(b.place[2]), format(
    case when b.balance < 0 then 'the balance of account %s would pass its overdraft limit'
         else 'the balance of account %s would be too large' end, b.account)
from (
    select e.place, e.at, e.account, e.overdraft_limit,
           coalesce(a.total, 0) + sum(e.amount) over (partition by e.account order by e.at, e.place) as balance
    from accounts.import_entry e
    left join accounts.account a on a.id = e.account_id
) b
where b.balance not between -b.overdraft_limit and 9007199254740991
order by b.account, b.at, b.place
$$;

-- Knows the accounts (`p_owner` gets those without an owner of their own), makes the rows into movements and gives the
-- first faults; file 0 is that of the accounts. Each check takes for granted that those before it found nothing.
create or replace function accounts.prepare_import(p_owner uuid, p_faults integer)
returns table (file bigint, line bigint, fault text)
language plpgsql set work_mem = '128MB' as $$
declare
    v_check text;
begin
    update accounts.import_account n
    set account_id = coalesce(known.id, uuidv7()), is_new = known.id is null, owner_id = coalesce(n.owner_id, p_owner)
    from accounts.import_account same left join accounts.account known on known.import_reference = same.reference
    where same.line = n.line;
    -- Without knowing how many rows these hold, the planner would join them row by row.
    analyze accounts.import_account, accounts.import_row;
    foreach v_check in array array['account', 'row', 'repeat', 'later', 'balance'] loop
        if v_check = 'later' then
            perform accounts.import_movements();
            analyze accounts.import_movement;
            -- An extract that begins from here on waits, to raise the floor, until this history is there as a whole:
            -- it would publish the accounts' past without what is being added to it.
            perform from accounts.extract_floor for share;
            -- As postings lock them, and before it is read what they have.
            perform from accounts.account a
            where a.id in (select e.account_id from accounts.import_entry e where not e.is_new)
            order by a.id for no key update;
        end if;
        return query execute format(
            'select f.file, f.line, f.fault from accounts.import_%s_faults() f order by f.file, f.line limit $1', v_check)
            using p_faults;
        exit when found;
    end loop;
end
$$;

-- Opens the accounts that are new and posts the movements that are new, each at its own time and in the order of time
-- and place; entries and heads follow as from any transfer. Gives how many it posted.
create or replace function accounts.post_import() returns bigint
language plpgsql set work_mem = '128MB' as $$
declare
    i accounts.import_account;
    v_posted bigint;
begin
    -- One by one, because each number must differ from those before it.
    for i in select * from accounts.import_account where is_new order by line loop
        insert into accounts.account
            (id, number, type, currency, overdraft_limit, approved, opened_at, import_reference)
        values (i.account_id, accounts.new_number(), i.type, i.currency, i.overdraft_limit, true, i.opened_at,
                i.reference);
    end loop;
    insert into accounts.user_account (user_id, account_id)
    select n.owner_id, n.account_id from accounts.import_account n where n.is_new and n.owner_id is not null;
    insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, source_reference,
                                   destination_reference, at)
    select uuidv7(), 'imported', o.source, o.destination, o.amount, o.currency, o.memo, o.source_reference,
           o.destination_reference, o.at
    from (select * from accounts.import_movement m where not m.is_repeat order by m.at, m.place) o;
    get diagnostics v_posted = row_count;
    return v_posted;
end
$$;
