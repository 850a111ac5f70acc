-- What holds whoever connects, the owner of the schema included: history is append-only, heads and entries are
-- written by the trigger (entries.sql) or, as accounts_ledger, by the two functions that post (posting.sql, bulk.sql)
-- and by nothing else, what an account is never changes.
-- Rows are checked here and not by CHECK constraints where those would be read anew for every statement.
-- Whoever may change the schema can take a trigger away or become accounts_ledger: the owner, whose password no
-- service has, and a superuser. Against them stands `verify`: it finds a missing or disabled trigger, a history that
-- does not add up, and one that does but differs from the warehouse's copy. The triggers don't fire on a replica that
-- applies what passed them.

create or replace function accounts.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'accounts.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'restrict_violation';
end
$$;
create or replace trigger transfer_append_only before update or delete or truncate on accounts.transfer
    for each statement execute function accounts.refuse_change();
create or replace trigger transaction_append_only before update or delete or truncate on accounts.transaction
    for each statement execute function accounts.refuse_change();
create or replace trigger overdraft_change_append_only before update or delete or truncate on accounts.overdraft_change
    for each statement execute function accounts.refuse_change();
create or replace trigger account_kept before delete or truncate on accounts.account
    for each statement execute function accounts.refuse_change();

-- Entries come from a transfer's trigger, one level down, never by themselves.
create or replace function accounts.guard_entries() returns trigger
language plpgsql as $$
begin
    if current_user <> 'accounts_ledger' and pg_trigger_depth() < 2 then
        raise exception 'entries follow from a transfer: insert that'
            using errcode = 'restrict_violation', constraint = 'transaction_follows_from_transfer';
    end if;
    return null;
end
$$;
create or replace trigger transaction_entries before insert on accounts.transaction
    for each statement execute function accounts.guard_entries();

-- An account begins open and empty, with a valid number.
create or replace function accounts.guard_new_account() returns trigger
language plpgsql as $$
begin
    if new.total <> 0 or new.last_sequence <> 0 or new.last_at is not null or new.closed_at is not null
       or new.type not in ('checking', 'savings') or new.currency !~ '^[A-Z]{3}$'
       or new.overdraft_limit not between 0 and 9007199254740991 or not accounts.is_account_number(new.number) then
        raise exception 'an account begins open and empty, with a valid number, type, currency and limit'
            using errcode = 'integrity_constraint_violation', constraint = 'account_begins_empty';
    end if;
    new.xid := pg_current_xact_id();
    return new;
end
$$;
create or replace trigger account_new before insert on accounts.account
    for each row execute function accounts.guard_new_account();

-- What an account is never changes, only an empty one closes, closed is closed, and its head and what it has spent
-- today move only with an entry. Each version carries its writer's transaction id, which the extract needs.
create or replace function accounts.guard_account_version() returns trigger
language plpgsql as $$
begin
    if new.id <> old.id or new.number <> old.number or new.type <> old.type or new.currency <> old.currency
       or new.opened_at <> old.opened_at or new.import_reference is distinct from old.import_reference
       or old.closed_at is not null or new.overdraft_limit not between 0 and 9007199254740991
       or (new.closed_at is not null
           and (new.total <> 0 or new.closed_at < greatest(new.opened_at, new.last_at)))
       or (pg_trigger_depth() < 2
           and (new.total <> old.total or new.last_sequence <> old.last_sequence
                or new.last_at is distinct from old.last_at
                or new.spent <> old.spent or new.spent_on <> old.spent_on)) then
        raise exception 'account % cannot be changed in this way', old.id
            using errcode = 'restrict_violation', constraint = 'account_follows_its_entries';
    end if;
    new.xid := pg_current_xact_id();
    return new;
end
$$;
create or replace trigger account_version before update on accounts.account
    for each row when (current_user <> 'accounts_ledger'::text)
    execute function accounts.guard_account_version();

-- What a transfer must be by itself. What was imported, or takes that back, is bounded as balances are.
create or replace function accounts.is_valid(t accounts.transfer) returns boolean
language sql immutable
return t.amount between 1 and case when t.kind in ('imported', 'reversal') then 9007199254740991
                                   else 1000000000000 end
    and length(t.memo) <= 500 and isfinite(t.at)
    and t.kind in ('deposit', 'withdrawal', 'transfer', 'reversal', 'imported')
    and (t.kind = 'reversal') = (t.reverses is not null)
    and t.source <> t.destination and (accounts.is_account(t.source) or accounts.is_account(t.destination))
    and accounts.is_side(t.source) and accounts.is_side(t.destination);

-- A reversal is the transfer that it names, turned round.
create or replace function accounts.reverses_its_transfer(t accounts.transfer) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from accounts.transfer o
        where o.id = t.reverses and o.kind <> 'reversal' and o.amount = t.amount and o.currency = t.currency
          and o.source = t.destination and o.destination = t.source);
end
$$;
