-- Accounts open, are approved, get an overdraft and close. Each call gives a code: `done` or why not. Once the users service has marked a
-- user as leaving, nothing is opened, shared or approved for them any more: what was begun before held the user's lock,
-- so that close_accounts_of, which comes after the mark, waits for it and finds it.

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

-- Codes `user_leaving`, and `too_many_accounts` when the user already has `p_max` open accounts.
create or replace function accounts.open_account(
    p_user uuid, p_type text, p_currency text, p_approved boolean, p_max integer,
    out code text, out account_id uuid
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform accounts.lock_user(p_user);
    if not accounts.is_live(p_user) then
        code := 'user_leaving';
        return;
    elsif cardinality(accounts.lock_accounts_of(p_user)) >= p_max then
        code := 'too_many_accounts';
        return;
    end if;
    insert into accounts.account (number, type, currency, approved, opened_at)
    values (accounts.new_number(), p_type, p_currency, p_approved, accounts.present())
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
    update accounts.account set closed_at = greatest(accounts.present(), last_at, opened_at) where id = a.id;
    return 'done';
end
$$;

-- Closes what the user alone owns and takes them off what they share; who leaves too is no other owner. Code
-- `balance_not_zero` when money lies on an account of theirs alone; then nothing changes. Repeating it does nothing
-- more.
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
        having count(*) filter (where o.user_id <> p_user and accounts.is_live(o.user_id)) = 0);
    if exists (select from accounts.account where id = any (v_alone) and total <> 0) then
        return 'balance_not_zero';
    end if;
    update accounts.account set closed_at = greatest(accounts.present(), last_at, opened_at)
    where id = any (v_alone);
    delete from accounts.user_account
    where user_id = p_user and account_id = any (v_all) and account_id <> all (v_alone);
    delete from accounts.invitation where user_id = p_user or invited_by = p_user;
    delete from accounts.payee where user_id = p_user;
    update accounts.user_account set nickname = '' where user_id = p_user and nickname <> '';
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
    elsif a.approved then
        return 'done';
    elsif not exists (select from accounts.user_account where account_id = a.id and accounts.is_live(user_id)) then
        return 'user_leaving';
    end if;
    update accounts.account set approved = true where id = a.id;
    return 'done';
end
$$;

-- How many accounts it approved; null when there is no such user or they leave.
create or replace function accounts.approve_accounts_of(p_user uuid) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_approved bigint;
begin
    perform accounts.lock_user(p_user);
    if not accounts.is_live(p_user) then
        return null;
    end if;
    update accounts.account set approved = true
    where id = any (accounts.lock_accounts_of(p_user)) and not approved;
    get diagnostics v_approved = row_count;
    return v_approved;
end
$$;

-- How far an account may be overdrawn, in minor units, and a record of who said so. Codes `not_found`,
-- `account_closed`, `own_account`, and `overdraft_in_use` when more is owed already.
create or replace function accounts.set_overdraft_limit(p_staff uuid, p_account uuid, p_limit bigint, p_reason text)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a accounts.account;
begin
    select * into a from accounts.account where id = p_account for no key update;
    if a.id is null then
        return 'not_found';
    elsif exists (select from accounts.user_account where account_id = a.id and user_id = p_staff) then
        return 'own_account';
    elsif a.closed_at is not null then
        return 'account_closed';
    elsif a.total < -p_limit then
        return 'overdraft_in_use';
    elsif a.overdraft_limit = p_limit then
        return 'done';
    end if;
    insert into accounts.overdraft_change (account_id, limit_before, limit_after, reason, changed_by)
    values (a.id, a.overdraft_limit, p_limit, p_reason, p_staff);
    update accounts.account set overdraft_limit = p_limit where id = a.id;
    return 'done';
end
$$;
