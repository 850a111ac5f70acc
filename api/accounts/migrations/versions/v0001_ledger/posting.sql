-- What may be posted, and the outcome as the caller reads it. Refusals are codes, never errors. A side is given as
-- an account's id, its number, or `external:<name>`; what kind a movement is follows from its sides.

-- Why a movement cannot be: null when it can. `s` and `d` are the accounts of its sides as they stand under lock
-- (null: none); `p_owns` says whether the caller's side, which is the source unless that is outside, is theirs.
-- Whatever is wrong on a stranger's side is one code, so that their account's state is not told.
create function accounts.refusal(
    p_user_approved boolean, p_source text, p_destination text, p_amount bigint, p_memo text,
    s accounts.account, d accounts.account, p_owns boolean, p_owns_destination boolean,
    p_daily_limit bigint, p_day date
) returns text
-- A single expression, which Postgres puts in its caller's place.
language sql immutable
return case
    when p_user_approved is not true then 'user_not_approved'
    when p_amount between 1 and 1000000000000 is not true or length(p_memo) > 500 then 'invalid_request'
    when p_source = p_destination then 'same_account'
    when p_owns is not true then 'not_found'
    when s.id is not null then case
        when s.closed_at is not null then 'account_closed'
        when not s.approved then 'account_not_approved'
        when d.id is null and accounts.is_account(p_destination) or d.closed_at is not null or not d.approved
            then 'recipient_unavailable'
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
return format(
    '{"status":"posted","transfer_id":"%s","kind":"%s","from":"%s","to":"%s","amount":%s,"currency":"%s","memo":%s,'
    '"time":%s,"balance_after":%s}',
    p_transfer_id, p_kind, p_source, p_destination, p_amount, p_currency, to_json(p_memo), to_json(p_at),
    p_balance_after);

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

-- Raises unless each side is an account's id as Postgres writes it or an outside party.
create function accounts.require_sides(p_source text, p_destination text) returns void
language plpgsql as $$
begin
    if not (accounts.is_side(p_source) and accounts.is_side(p_destination)) then
        perform accounts.refuse_transfer();
    end if;
end
$$;

-- One movement. The accounts are locked in id order, so that no two callers can wait for each other. Who owns what
-- is read after that, by a statement of its own, so that a change of owners that was committed while we waited is
-- seen. The time is taken last and is never before what the accounts have seen: time order is sequence order.
--
-- It runs as accounts_ledger, for which the tables' triggers stand back, and writes itself what they would make of
-- the transfer (entries.sql), from what it holds locked: that saves a third of a posting.
create function accounts.post_one(
    p_user uuid, p_user_approved boolean, p_source text, p_destination text, p_amount bigint, p_memo text,
    p_daily_limit bigint, out answer text, out shown uuid
)
language plpgsql security definer as $$
declare
    v_source text := p_source;
    v_destination text := p_destination;
    v_source_id uuid;
    v_destination_id uuid;
    v_id constant uuid := uuidv7();
    s accounts.account;
    d accounts.account;
    v_owns boolean;
    v_owns_both boolean := false;
    v_at timestamptz;
    v_day date;
    v_code text;
    v_kind text;
    v_currency text;
    v_memo constant text := coalesce(p_memo, '');
begin
    if length(v_source) = 10 or length(v_destination) = 10 then
        v_source := accounts.resolve(v_source);
        v_destination := accounts.resolve(v_destination);
    end if;
    v_source_id := accounts.id_of(v_source);
    v_destination_id := accounts.id_of(v_destination);
    -- An id that is not spelled as Postgres writes it is no account's: what is written must be what is read.
    if v_destination_id < v_source_id then
        select * into d from accounts.account where id = v_destination_id and id::text = v_destination
        for no key update;
    end if;
    if v_source_id is not null then
        select * into s from accounts.account where id = v_source_id and id::text = v_source
        for no key update;
    end if;
    if v_destination_id > v_source_id or v_source_id is null then
        select * into d from accounts.account where id = v_destination_id and id::text = v_destination
        for no key update;
    end if;
    v_owns := exists (
        select from accounts.user_account
        where account_id = case when accounts.is_account(v_source) then s.id else d.id end and user_id = p_user);
    if s.currency <> d.currency then
        v_owns_both := v_owns and exists (
            select from accounts.user_account where account_id = d.id and user_id = p_user);
    end if;
    v_at := greatest(clock_timestamp(), s.last_at, d.last_at, s.opened_at, d.opened_at);
    v_day := (v_at at time zone 'UTC')::date;
    v_code := accounts.refusal(
        p_user_approved, v_source, v_destination, p_amount, p_memo, s, d, v_owns, v_owns_both, p_daily_limit, v_day);
    if v_code is not null then
        answer := accounts.refused(v_code);
        return;
    end if;
    v_kind := accounts.kind_of(v_source, v_destination);
    v_currency := coalesce(s.currency, d.currency);
    if v_kind <> 'transfer' then
        perform accounts.require_sides(v_source, v_destination);
    end if;
    insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, at, created_by)
    values (v_id, v_kind, v_source, v_destination, p_amount, v_currency, v_memo, v_at, p_user);
    if s.id is not null then
        update accounts.account
        set total = total - p_amount, last_sequence = last_sequence + 1, last_at = v_at, xid = pg_current_xact_id(),
            spent = case when spent_on = v_day then spent else 0 end + p_amount, spent_on = v_day
        where id = s.id;
    end if;
    if d.id is not null then
        update accounts.account
        set total = total + p_amount, last_sequence = last_sequence + 1, last_at = v_at, xid = pg_current_xact_id()
        where id = d.id;
    end if;
    insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
    select v_id, e.account_id, e.counterparty, e.amount, e.balance_after, e.sequence, v_at
    from (values (s.id, v_destination, -p_amount, s.total - p_amount, s.last_sequence + 1),
                 (d.id, v_source, p_amount, d.total + p_amount, d.last_sequence + 1))
        e (account_id, counterparty, amount, balance_after, sequence)
    where e.account_id is not null;
    shown := coalesce(s.id, d.id);
    answer := accounts.posted(
        v_id, v_kind, v_source, v_destination, p_amount, v_currency, v_memo, v_at,
        coalesce(s.total - p_amount, d.total + p_amount));
end
$$;
