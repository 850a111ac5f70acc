-- Joint accounts. Who is added by an owner is invited, and owns nothing before they accept; staff add at once. Each
-- call gives a code: `done` or why not. Locking the account makes a posting that waits for it see the change.

-- The user exists and is not being deleted. Asked by a statement of its own after a lock is held, it sees what was
-- committed before.
create or replace function accounts.is_live(p_user uuid) returns boolean
language plpgsql stable as $$
begin
    return exists (select from users.present_user where user_id = p_user and not is_leaving);
end
$$;

-- Ten owners and invited ones at most.
create or replace function accounts.has_room(p_account uuid, p_but uuid) returns boolean
language sql stable as $$
select (select count(*) from accounts.user_account where account_id = p_account and user_id <> p_but)
    + (select count(*) from accounts.invitation
       where account_id = p_account and user_id <> p_but and expires_at > clock_timestamp()) < 10;
$$;

-- Codes `not_found`, `account_closed`, `too_many_owners`, `invitation_refused` for `p_refusal_days` after the invited user
-- refused this owner's invitation to this account, or to three others, and `too_many_invitations` when they have three
-- of this owner's to other accounts. Inviting again begins the time anew; an owner is one already.
create or replace function accounts.invite_owner(
    p_user uuid, p_account uuid, p_invited uuid, p_days integer, p_refusal_days integer
) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a accounts.account;
begin
    select * into a from accounts.account where id = p_account for no key update;
    if not exists (select from accounts.user_account where account_id = a.id and user_id = p_user)
       or not accounts.is_live(p_user) then
        return 'not_found';
    elsif a.closed_at is not null then
        return 'account_closed';
    elsif not accounts.has_room(a.id, p_invited) then
        return 'too_many_owners';
    elsif (
        select count(*) >= 3 or bool_or(account_id = a.id)
        from accounts.invitation_refusal
        where user_id = p_invited and invited_by = p_user
          and refused_at > clock_timestamp() - make_interval(days => p_refusal_days)
    ) then
        return 'invitation_refused';
    elsif (select count(*) from accounts.invitation
           where user_id = p_invited and invited_by = p_user and account_id <> a.id
             and expires_at > clock_timestamp()) >= 3 then
        return 'too_many_invitations';
    end if;
    -- Whether the invited user exists is not told: an invitation to nobody expires.
    insert into accounts.invitation (account_id, user_id, invited_by, expires_at)
    select a.id, p_invited, p_user, clock_timestamp() + make_interval(days => p_days)
    where not exists (select from accounts.user_account where account_id = a.id and user_id = p_invited)
    on conflict (account_id, user_id) do update
    set invited_by = excluded.invited_by, invited_at = clock_timestamp(), expires_at = excluded.expires_at;
    return 'done';
end
$$;

-- Codes `not_found` (no invitation that still stands, or the user leaves), `account_closed`, and `too_many_accounts` when
-- the user has `p_max` open accounts. Who owns the account already is `done`.
create or replace function accounts.accept_invitation(p_user uuid, p_account uuid, p_max integer) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a accounts.account;
begin
    perform accounts.lock_user(p_user);
    select * into a from accounts.account where id = p_account for no key update;
    if exists (select from accounts.user_account where account_id = a.id and user_id = p_user) then
        return 'done';
    elsif not exists (
        select from accounts.invitation
        where account_id = a.id and user_id = p_user and expires_at > clock_timestamp()
    ) or not accounts.is_live(p_user) then
        return 'not_found';
    elsif a.closed_at is not null then
        return 'account_closed';
    -- Whoever gives this user one more account holds their lock.
    elsif (select count(*) from accounts.user_account o join accounts.account x on x.id = o.account_id
           where o.user_id = p_user and x.closed_at is null) >= p_max then
        return 'too_many_accounts';
    end if;
    delete from accounts.invitation where account_id = a.id and user_id = p_user;
    insert into accounts.user_account (user_id, account_id) values (p_user, a.id);
    return 'done';
end
$$;

-- For staff. Codes `not_found` (the account, or a live user), `account_closed`, `too_many_owners`; again it is `done`.
create or replace function accounts.add_owner(p_account uuid, p_owner uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a accounts.account;
begin
    perform accounts.lock_user(p_owner);
    select * into a from accounts.account where id = p_account for no key update;
    if a.id is null or not accounts.is_live(p_owner) then
        return 'not_found';
    elsif a.closed_at is not null then
        return 'account_closed';
    elsif not accounts.has_room(a.id, p_owner) then
        return 'too_many_owners';
    end if;
    insert into accounts.user_account (user_id, account_id) values (p_owner, a.id) on conflict do nothing;
    delete from accounts.invitation where account_id = a.id and user_id = p_owner;
    return 'done';
end
$$;

-- Takes an owner off the account, or an invitation back: for an owner of it, and for oneself. Codes `not_found` and
-- `last_owner`: someone who is not about to be deleted stays. Whom an owner has invited is not invited any more. An
-- invitation that the invited user takes off is refused.
create or replace function accounts.remove_owner(p_user uuid, p_account uuid, p_owner uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    refused accounts.invitation;
begin
    perform from accounts.account where id = p_account for no key update;
    if p_user <> p_owner
       and not exists (select from accounts.user_account where account_id = p_account and user_id = p_user) then
        return 'not_found';
    end if;
    delete from accounts.invitation where account_id = p_account and user_id = p_owner returning * into refused;
    if found then
        if p_user = p_owner then
            insert into accounts.invitation_refusal (account_id, user_id, invited_by)
            values (p_account, p_owner, refused.invited_by)
            on conflict (account_id, user_id, invited_by) do update set refused_at = excluded.refused_at;
        end if;
        return 'done';
    elsif not exists (select from accounts.user_account where account_id = p_account and user_id = p_owner) then
        return 'not_found';
    elsif not exists (
        select from accounts.user_account
        where account_id = p_account and user_id <> p_owner and accounts.is_live(user_id)
    ) then
        return 'last_owner';
    end if;
    delete from accounts.user_account where account_id = p_account and user_id = p_owner;
    delete from accounts.invitation where account_id = p_account and invited_by = p_owner;
    return 'done';
end
$$;

-- Accounts with money of which no owner is a user: there should be none. What was imported without an owner is the
-- bank's own. In plpgsql, because it may be made before the view of the users service.
create or replace function accounts.abandoned() returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select a.id from accounts.account a
    where a.total <> 0
      and not exists (
          select from accounts.user_account o
          join users.present_user u on u.user_id = o.user_id
          where o.account_id = a.id
      )
      and (
          a.import_reference is null
          or exists (select from accounts.user_account o where o.account_id = a.id)
      );
end
$$;
