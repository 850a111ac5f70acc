-- Opens the accounts that are new and posts their movements in the order of time and line, each at its own time;
-- entries and heads follow as from any transfer. `fault` tells what is wrong with line `line` of `file` (accounts
-- or transactions); then nothing may be kept.
create function accounts.import_history(
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

-- How many it opened. One by one, because each number must differ from those before it.
create function accounts.import_accounts(p_owner uuid) returns bigint
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
