-- Names that a user gives to accounts, for their own eyes: their own accounts, and those whom they pay. A payee is
-- kept by number whether or not there is such an account, so that it tells nothing of strangers. All of it goes when
-- the user does (close_accounts_of).

-- An empty name takes the name away. Code `not_found`.
create or replace function accounts.name_account(p_user uuid, p_account uuid, p_nickname text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update accounts.user_account set nickname = p_nickname where user_id = p_user and account_id = p_account;
    return case when found then 'done' else 'not_found' end;
end
$$;

-- Codes `user_leaving`, and `too_many_payees` when the user has `p_max` others already.
create or replace function accounts.keep_payee(p_user uuid, p_number text, p_name text, p_max integer) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform accounts.lock_user(p_user);
    if not accounts.is_live(p_user) then
        return 'user_leaving';
    elsif (select count(*) from accounts.payee where user_id = p_user and number <> p_number) >= p_max then
        return 'too_many_payees';
    end if;
    insert into accounts.payee (user_id, number, name) values (p_user, p_number, p_name)
    on conflict (user_id, number) do update set name = excluded.name;
    return 'done';
end
$$;

-- Repeating it changes nothing.
create or replace function accounts.forget_payee(p_user uuid, p_number text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
delete from accounts.payee where user_id = p_user and number = p_number;
$$;
