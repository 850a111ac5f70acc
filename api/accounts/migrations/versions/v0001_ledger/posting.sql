-- What may be posted, and the outcome as the caller reads it. Refusals are codes, never errors. A side is given as
-- an account's id, its number, or `external:<name>`; what kind a movement is follows from its sides.

-- Why a movement cannot be: null when it can. `s` and `d` are the accounts of its sides as they stand under lock
-- (null: none); `p_owns` says whether the caller's side, which is the source unless that is outside, is theirs.
-- Whatever is wrong on a stranger's side is one code, so that their account's state is not told.
create function accounts.refusal(
    p_user_approved boolean, p_source text, p_destination text, p_amount bigint,
    s accounts.account, d accounts.account, p_owns boolean, p_owns_destination boolean,
    p_daily_limit bigint, p_day date
) returns text
language plpgsql stable as $$
begin
    return case
        when p_user_approved is not true then 'user_not_approved'
        when p_amount between 1 and 1000000000000 is not true then 'invalid_request'
        when p_source = p_destination then 'same_account'
        when p_owns is not true then 'not_found'
        when accounts.is_account(p_source) then case
            when s.closed_at is not null then 'account_closed'
            when not s.approved then 'account_not_approved'
            when accounts.is_account(p_destination)
                 and (d.id is null or d.closed_at is not null or not d.approved) then 'recipient_unavailable'
            when s.currency <> d.currency then
                case when p_owns_destination then 'currency_differs' else 'recipient_unavailable' end
            when d.total + p_amount > 9007199254740991 then 'recipient_unavailable'
            when s.total - p_amount < -s.overdraft_limit then 'insufficient_funds'
            when case when s.spent_on = p_day then s.spent else 0 end + p_amount > p_daily_limit
                then 'limit_exceeded'
        end
        when d.closed_at is not null then 'account_closed'
        when not d.approved then 'account_not_approved'
        when d.total + p_amount > 9007199254740991 then 'limit_exceeded'
    end;
end
$$;

create function accounts.kind_of(p_source text, p_destination text) returns text
language sql immutable
return case when not accounts.is_account(p_source) then 'deposit'
            when not accounts.is_account(p_destination) then 'withdrawal'
            else 'transfer' end;

create function accounts.refused(p_code text) returns text
language sql immutable
return '{"status":"refused","code":"' || p_code || '"}';

-- `p_balance_after` is that of the caller's side.
create function accounts.posted(
    p_transfer_id uuid, p_kind text, p_source text, p_destination text, p_amount bigint, p_currency text,
    p_memo text, p_at timestamptz, p_balance_after bigint
) returns text
language sql stable
return '{"status":"posted","transfer_id":"' || p_transfer_id || '","kind":"' || p_kind
    || '","from":"' || p_source || '","to":"' || p_destination || '","amount":' || p_amount
    || ',"currency":"' || p_currency || '","memo":' || to_json(p_memo)::text
    || ',"time":' || to_json(p_at)::text
    || ',"balance_after":' || p_balance_after || '}';

-- The account's id in place of a number; what no account has stays as it is.
create function accounts.resolve(p_side text) returns text
language plpgsql stable as $$
begin
    if length(p_side) <> 10 then
        return p_side;
    end if;
    return coalesce((select a.id::text from accounts.account a where a.number = p_side), p_side);
end
$$;

-- The id of an account that a resolved side names, null for all else.
create function accounts.id_of(p_side text) returns uuid
language sql immutable
return case when length(p_side) = 36 and accounts.is_account(p_side) then p_side::uuid end;

-- One movement. The accounts are locked in id order, so that no two callers can wait for each other. Who owns what
-- is read after that, by a statement of its own, so that a change of owners that was committed while we waited is
-- seen. The time is taken last and is never before what the accounts have seen: time order is sequence order.
create function accounts.post_one(
    p_user uuid, p_user_approved boolean, p_source text, p_destination text, p_amount bigint, p_memo text,
    p_daily_limit bigint, out answer text, out shown uuid
)
language plpgsql as $$
declare
    v_source constant text := accounts.resolve(p_source);
    v_destination constant text := accounts.resolve(p_destination);
    v_source_id constant uuid := accounts.id_of(v_source);
    v_destination_id constant uuid := accounts.id_of(v_destination);
    v_memo constant text := coalesce(p_memo, '');
    v_id constant uuid := uuidv7();
    s accounts.account;
    d accounts.account;
    v_owns boolean;
    v_owns_both boolean := false;
    v_at timestamptz;
    v_code text;
begin
    if v_destination_id < v_source_id then
        select * into d from accounts.account where id = v_destination_id for no key update;
    end if;
    if v_source_id is not null then
        select * into s from accounts.account where id = v_source_id for no key update;
    end if;
    if v_destination_id > v_source_id or v_source_id is null then
        select * into d from accounts.account where id = v_destination_id for no key update;
    end if;
    v_owns := exists (
        select from accounts.user_account
        where account_id = case when accounts.is_account(v_source) then s.id else d.id end and user_id = p_user);
    if s.currency <> d.currency then
        v_owns_both := v_owns and exists (
            select from accounts.user_account where account_id = d.id and user_id = p_user);
    end if;
    v_at := greatest(clock_timestamp(), s.last_at, d.last_at, s.opened_at, d.opened_at);
    v_code := accounts.refusal(
        p_user_approved, v_source, v_destination, p_amount, s, d, v_owns, v_owns_both, p_daily_limit,
        (v_at at time zone 'UTC')::date);
    if v_code is not null then
        answer := accounts.refused(v_code);
        return;
    end if;
    insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, at, created_by)
    values (v_id, accounts.kind_of(v_source, v_destination), v_source, v_destination, p_amount,
            coalesce(s.currency, d.currency), v_memo, v_at, p_user);
    shown := coalesce(s.id, d.id);
    answer := accounts.posted(
        v_id, accounts.kind_of(v_source, v_destination), v_source, v_destination, p_amount,
        coalesce(s.currency, d.currency), v_memo, v_at, coalesce(s.total - p_amount, d.total + p_amount));
end
$$;
