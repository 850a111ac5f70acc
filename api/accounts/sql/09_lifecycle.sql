-- Accounts open, are approved, change owners and close. Each call gives a code: `done` or why not.

-- Held to the end of the transaction: opening, approving and closing all of one user's accounts take turns.
create or replace function accounts.lock_user(p_user uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
select pg_advisory_xact_lock(hashtextextended('accounts.user ' || p_user, 0));
$$;

-- This user's open accounts, locked in id order as postings lock them.
create or replace function accounts.lock_accounts_of(p_user uuid) returns uuid[]
language sql as $$
select coalesce(array_agg(locked.id), '{}')
from (
    select a.id from accounts.account a
    where a.id in (select o.account_id from accounts.user_account o where o.user_id = p_user)
      and a.closed_at is null
    order by a.id
    for no key update
) locked;
$$;

-- Code `too_many_accounts` when the user already has `p_max` open accounts.
create or replace function accounts.open_account(
    p_user uuid, p_type text, p_currency text, p_approved boolean, p_max integer,
    out code text, out account_id uuid
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform accounts.lock_user(p_user);
    if cardinality(accounts.lock_accounts_of(p_user)) >= p_max then
        code := 'too_many_accounts';
        return;
    end if;
    insert into accounts.account (number, type, currency, approved)
    values (accounts.new_number(), p_type, p_currency, p_approved)
    returning id into account_id;
    insert into accounts.user_account (user_id, account_id) values (p_user, open_account.account_id);
    code := 'done';
end
$$;

-- Codes `not_found`, `account_closed`, `balance_not_zero`.
create or replace function accounts.close_account(p_user uuid, p_account uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a accounts.account;
begin
    select * into a from accounts.account where id = p_account for no key update;
    if not exists (select from accounts.user_account where account_id = a.id and user_id = p_user) then
        return 'not_found';
    elsif a.closed_at is not null then
        return 'account_closed';
    elsif a.total <> 0 then
        return 'balance_not_zero';
    end if;
    update accounts.account set closed_at = greatest(clock_timestamp(), last_at, opened_at) where id = a.id;
    return 'done';
end
$$;

-- Closes what the user alone owns and takes them off what they share. Code `balance_not_zero` when money lies on
-- an account of theirs alone; then nothing changes. Repeating it does nothing more.
create or replace function accounts.close_accounts_of(p_user uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all uuid[];
    v_alone uuid[];
begin
    perform accounts.lock_user(p_user);
    v_all := accounts.lock_accounts_of(p_user);
    v_alone := array(
        select o.account_id from accounts.user_account o
        where o.account_id = any (v_all)
        group by o.account_id
        having count(*) filter (where o.user_id <> p_user) = 0);
    if exists (select from accounts.account where id = any (v_alone) and total <> 0) then
        return 'balance_not_zero';
    end if;
    update accounts.account set closed_at = greatest(clock_timestamp(), last_at, opened_at)
    where id = any (v_alone);
    delete from accounts.user_account
    where user_id = p_user and account_id = any (v_all) and account_id <> all (v_alone);
    return 'done';
end
$$;

create or replace function accounts.approve_account(p_account uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a accounts.account;
begin
    select * into a from accounts.account where id = p_account for no key update;
    if a.id is null then
        return 'not_found';
    elsif a.closed_at is not null then
        return 'account_closed';
    end if;
    update accounts.account set approved = true where id = a.id and not approved;
    return 'done';
end
$$;

-- How many accounts it approved.
create or replace function accounts.approve_accounts_of(p_user uuid) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_approved bigint;
begin
    perform accounts.lock_user(p_user);
    update accounts.account set approved = true
    where id = any (accounts.lock_accounts_of(p_user)) and not approved;
    get diagnostics v_approved = row_count;
    return v_approved;
end
$$;

-- Locking the account makes a posting that waits for it see the change. Codes `not_found`, `account_closed`,
-- `too_many_owners` (ten); adding an owner again is `done`.
create or replace function accounts.add_owner(p_user uuid, p_account uuid, p_owner uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a accounts.account;
begin
    select * into a from accounts.account where id = p_account for no key update;
    if not exists (select from accounts.user_account where account_id = a.id and user_id = p_user) then
        return 'not_found';
    elsif a.closed_at is not null then
        return 'account_closed';
    elsif (select count(*) from accounts.user_account where account_id = a.id and user_id <> p_owner) >= 10 then
        return 'too_many_owners';
    end if;
    insert into accounts.user_account (user_id, account_id) values (p_owner, a.id) on conflict do nothing;
    return 'done';
end
$$;

-- Codes `not_found` (the account, or that owner of it) and `last_owner`.
create or replace function accounts.remove_owner(p_user uuid, p_account uuid, p_owner uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from accounts.account where id = p_account for no key update;
    if not exists (select from accounts.user_account where account_id = p_account and user_id = p_user)
       or not exists (select from accounts.user_account where account_id = p_account and user_id = p_owner) then
        return 'not_found';
    elsif (select count(*) from accounts.user_account where account_id = p_account) = 1 then
        return 'last_owner';
    end if;
    delete from accounts.user_account where account_id = p_account and user_id = p_owner;
    return 'done';
end
$$;
