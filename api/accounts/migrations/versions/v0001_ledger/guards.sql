-- What holds whoever connects, the owner of the schema included. The guards that read other rows run once per
-- statement and look up by index, so a movement pays for three short queries however many rows it writes. They
-- see a statement's rows all together: heads, transfers and transactions must be written by one statement.

create function accounts.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'accounts.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'restrict_violation';
end
$$;

create trigger transfer_append_only before update or delete or truncate on accounts.transfer
    for each statement execute function accounts.refuse_change();
create trigger transaction_append_only before update or delete or truncate on accounts.transaction
    for each statement execute function accounts.refuse_change();
create trigger account_kept before delete or truncate on accounts.account
    for each statement execute function accounts.refuse_change();

-- An account begins empty, with a valid number.
create function accounts.guard_new_account() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.last_sequence <> 0 or new.closed_at is not null or new.currency !~ '^[A-Z]{3}$'
       or not accounts.is_account_number(new.number) then
        raise exception 'an account begins open and empty, with a valid number and currency'
            using errcode = 'integrity_constraint_violation', constraint = 'account_begins_empty';
    end if;
    new.xid := pg_current_xact_id();
    return new;
end
$$;
create trigger account_new before insert on accounts.account
    for each row execute function accounts.guard_new_account();

-- What an account is never changes; its history only grows; closed is closed. Each version carries its writer.
create function accounts.guard_account_version() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.id <> old.id or new.number <> old.number or new.type <> old.type or new.currency <> old.currency
       or new.opened_at <> old.opened_at or new.import_reference is distinct from old.import_reference
       or new.last_sequence < old.last_sequence
       or (new.last_sequence = old.last_sequence
           and (new.total <> old.total or new.last_at is distinct from old.last_at))
       or (old.closed_at is not null
           and (new.last_sequence <> old.last_sequence or new.closed_at is distinct from old.closed_at)) then
        raise exception 'account % cannot be changed in this way', old.id
            using errcode = 'integrity_constraint_violation', constraint = 'account_history_grows';
    end if;
    new.xid := pg_current_xact_id();
    return new;
end
$$;
create trigger account_version before update on accounts.account
    for each row execute function accounts.guard_account_version();

-- An account's head is its last transaction.
create function accounts.guard_heads() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
        select from changed c
        where c.last_sequence > 0 and not exists (
            select from accounts.transaction t
            where t.account_id = c.id and t.sequence = c.last_sequence
              and t.balance_after = c.total and t.at = c.last_at)
    ) then
        raise exception 'an account''s total must be the balance after its last transaction'
            using errcode = 'integrity_constraint_violation', constraint = 'account_head_is_last_transaction';
    end if;
    return null;
end
$$;
create trigger account_heads after update on accounts.account
    referencing new table as changed
    for each statement execute function accounts.guard_heads();

-- Sequence without gap, balance after = balance before + amount, time order, and each row is one side of its
-- transfer, in that currency.
create function accounts.guard_transactions() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
        select from added n
        left join accounts.account a on a.id = n.account_id
        left join accounts.transfer t on t.id = n.transfer_id
        left join accounts.transaction p on p.account_id = n.account_id and p.sequence = n.sequence - 1
        where (n.xid = pg_current_xact_id()
            and n.at >= a.opened_at and n.sequence between 1 and a.last_sequence
            and case when n.sequence = 1 then n.balance_after = n.amount
                     else n.balance_after = p.balance_after + n.amount and n.at >= p.at end
            and t.currency = a.currency and t.at = n.at
            and ((t.source_sequence = n.sequence and t.source = n.account_id::text
                  and t.destination = n.counterparty and n.amount = -t.amount)
              or (t.destination_sequence = n.sequence and t.destination = n.account_id::text
                  and t.source = n.counterparty and n.amount = t.amount))
        ) is not true
    ) then
        raise exception 'a transaction must continue its account''s history and be one side of its transfer'
            using errcode = 'integrity_constraint_violation', constraint = 'transaction_continues_history';
    end if;
    return null;
end
$$;
create trigger transaction_chain after insert on accounts.transaction
    referencing new table as added
    for each statement execute function accounts.guard_transactions();

-- Each side of a transfer that is an account has its transaction, so internal movements sum to zero; a reversal
-- is the named transfer turned round.
create function accounts.guard_transfers() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
        select from added n
        where (n.source_sequence is not null and not exists (
                select from accounts.transaction t
                where t.account_id = n.source::uuid and t.sequence = n.source_sequence and t.transfer_id = n.id))
           or (n.destination_sequence is not null and not exists (
                select from accounts.transaction t
                where t.account_id = n.destination::uuid and t.sequence = n.destination_sequence
                  and t.transfer_id = n.id))
           or (n.reverses is not null and not exists (
                select from accounts.transfer o
                where o.id = n.reverses and o.kind <> 'reversal' and o.amount = n.amount
                  and o.source = n.destination and o.destination = n.source))
    ) then
        raise exception 'a transfer must have a transaction for each account it touches'
            using errcode = 'integrity_constraint_violation', constraint = 'transfer_has_both_sides';
    end if;
    return null;
end
$$;
create trigger transfer_sides after insert on accounts.transfer
    referencing new table as added
    for each statement execute function accounts.guard_transfers();
