-- What holds whoever connects, the owner of the schema included: history is append-only, heads and entries are
-- written by the posting trigger (entries.sql) and by nothing else, what an account is never changes.
-- Rows are checked here and not by CHECK constraints where those would be read anew for every statement.

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

-- Entries come from a transfer's trigger, one level down, never by themselves.
create function accounts.guard_entries() returns trigger
language plpgsql as $$
begin
    if pg_trigger_depth() < 2 then
        raise exception 'entries follow from a transfer: insert that'
            using errcode = 'restrict_violation', constraint = 'transaction_follows_from_transfer';
    end if;
    return null;
end
$$;
create trigger transaction_entries before insert on accounts.transaction
    for each statement execute function accounts.guard_entries();

-- An account begins open and empty, with a valid number.
create function accounts.guard_new_account() returns trigger
language plpgsql as $$
begin
    if new.total <> 0 or new.last_sequence <> 0 or new.last_at is not null or new.closed_at is not null
       or new.type not in ('checking', 'savings') or new.currency !~ '^[A-Z]{3}$'
       or new.overdraft_limit not between 0 and 1000000000000 or not accounts.is_account_number(new.number) then
        raise exception 'an account begins open and empty, with a valid number, type, currency and limit'
            using errcode = 'integrity_constraint_violation', constraint = 'account_begins_empty';
    end if;
    new.xid := pg_current_xact_id();
    return new;
end
$$;
create trigger account_new before insert on accounts.account
    for each row execute function accounts.guard_new_account();

-- What an account is never changes, closed is closed, and its head moves only with an entry. Each version carries
-- its writer's transaction id, which the extract needs.
create function accounts.guard_account_version() returns trigger
language plpgsql as $$
begin
    if new.id <> old.id or new.number <> old.number or new.type <> old.type or new.currency <> old.currency
       or new.opened_at <> old.opened_at or new.import_reference is distinct from old.import_reference
       or old.closed_at is not null
       or (pg_trigger_depth() < 2
           and (new.total <> old.total or new.last_sequence <> old.last_sequence
                or new.last_at is distinct from old.last_at)) then
        raise exception 'account % cannot be changed in this way', old.id
            using errcode = 'restrict_violation', constraint = 'account_follows_its_entries';
    end if;
    new.xid := pg_current_xact_id();
    return new;
end
$$;
create trigger account_version before update on accounts.account
    for each row execute function accounts.guard_account_version();

-- What a single transfer must be.
create function accounts.guard_transfer() returns trigger
language plpgsql as $$
begin
    if new.amount not between 1 and 1000000000000 or length(new.memo) > 500 or new.source = new.destination
       or new.kind not in ('deposit', 'withdrawal', 'transfer', 'reversal', 'imported')
       or (starts_with(new.source, 'external:') and new.source !~ '^external:[A-Za-z0-9:._-]{1,64}$')
       or (starts_with(new.destination, 'external:') and new.destination !~ '^external:[A-Za-z0-9:._-]{1,64}$')
       or (starts_with(new.source, 'external:') and starts_with(new.destination, 'external:'))
       or (new.kind = 'reversal') <> (new.reverses is not null) then
        raise exception 'not a valid transfer'
            using errcode = 'integrity_constraint_violation', constraint = 'transfer_valid';
    end if;
    -- A reversal is the transfer that it names, turned round.
    if new.reverses is not null and not exists (
        select from accounts.transfer t
        where t.id = new.reverses and t.kind <> 'reversal' and t.amount = new.amount
          and t.source = new.destination and t.destination = new.source and t.currency = new.currency
    ) then
        raise exception 'not a valid reversal'
            using errcode = 'integrity_constraint_violation', constraint = 'transfer_reversal_mirrors';
    end if;
    return new;
end
$$;
create trigger transfer_valid before insert on accounts.transfer
    for each row execute function accounts.guard_transfer();
