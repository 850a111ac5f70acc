-- What the events service reads of accounts. A movement's entry is its event: nothing more is written for it. What the
-- other rows can't tell afterwards, triggers write down in the transaction that makes it so, whoever connects.

create or replace function accounts.tell_account() returns trigger
language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into accounts.event (account_id, sequence, type, at, data)
        values (new.id, 0, 'account.opened', new.opened_at,
                jsonb_build_object('type', new.type, 'currency', new.currency));
    end if;
    if new.approved and (tg_op = 'INSERT' or not old.approved) then
        insert into accounts.event (account_id, sequence, type, at)
        values (new.id, new.last_sequence, 'account.approved', greatest(accounts.present(), new.opened_at));
    end if;
    if tg_op = 'UPDATE' and new.closed_at is not null and old.closed_at is null then
        insert into accounts.event (account_id, sequence, type, at)
        values (new.id, new.last_sequence, 'account.closed', new.closed_at);
    end if;
    return null;
end
$$;
-- A posting sets neither of these columns, so it does not call this.
create or replace trigger account_tells after insert or update of approved, closed_at on accounts.account
    for each row execute function accounts.tell_account();

create or replace function accounts.tell_owner() returns trigger
language plpgsql as $$
declare
    o constant accounts.user_account := case tg_op when 'DELETE' then old else new end;
begin
    insert into accounts.event (account_id, sequence, type, at, data)
    select a.id, a.last_sequence, case tg_op when 'DELETE' then 'owner.removed' else 'owner.added' end,
           accounts.present(), jsonb_build_object('user_id', o.user_id)
    from accounts.account a where a.id = o.account_id;
    return null;
end
$$;
create or replace trigger user_account_tells after insert or delete on accounts.user_account
    for each row execute function accounts.tell_owner();

create or replace trigger event_append_only before update or delete or truncate on accounts.event
    for each statement execute function accounts.refuse_change();

create view accounts.account_event as
select account_id, sequence, ordinal, id, type, at, data, xid from accounts.event;

-- No memo: that is the owners' own.
create view accounts.entry_event as
select
    t.account_id,
    t.sequence,
    t.id,
    case when m.reverses is null then 'transfer.posted' else 'transfer.reversed' end as type,
    t.at,
    jsonb_build_object(
        'transfer_id', t.transfer_id, 'kind', m.kind, 'from', m.source, 'to', m.destination, 'amount', t.amount,
        'currency', m.currency, 'balance_after', t.balance_after, 'sequence', t.sequence, 'reverses', m.reverses
    ) as data
from accounts.transaction t
join accounts.transfer m on m.id = t.transfer_id;

-- How many of an account's movements a snapshot shows; 0 for none. Its movements are made one after the other under
-- the account's lock, so a snapshot that shows one shows all before it, and halving finds the last in twenty looks.
create or replace function accounts.entries_shown(p_account uuid, p_snapshot pg_snapshot) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_low bigint := 0;
    v_high bigint := case when p_snapshot is null then 0
                          else (select last_sequence from accounts.account where id = p_account) end;
    v_middle bigint;
begin
    while v_low < v_high loop
        v_middle := (v_low + v_high + 1) / 2;
        if (select pg_visible_in_snapshot(xid, p_snapshot) from accounts.transaction
            where account_id = p_account and sequence = v_middle) then
            v_low := v_middle;
        else
            v_high := v_middle - 1;
        end if;
    end loop;
    return v_low;
end
$$;
