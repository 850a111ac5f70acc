-- One movement. The answer is a JSON list with its outcome, and is kept under `p_key`. The accounts are locked in id
-- order, so that no two callers can wait for each other. Who owns what is read after that, by a statement of its own,
-- so that a change of owners that was committed while we waited is seen; the floor of time (00_clock.sql) with it, and
-- whether the caller's session still lives: null is the answer when it has ended, and nothing was done. The time is
-- taken last and is never before what the accounts have seen: time order is sequence order.
--
-- It runs as accounts_ledger, for which the tables' triggers stand back, and writes itself what they would make of the
-- transfer (entries.sql), from what it holds locked. Most of what a posting costs is to begin and end its
-- statements and to set up their expressions: hence both heads in one update, single values instead of rows, and one
-- function for all of it.
create or replace function accounts.post_one(
    p_user uuid, p_user_approved boolean, p_key text, p_source text, p_destination text, p_amount bigint, p_memo text,
    p_daily_limit bigint, p_session uuid
) returns text
language plpgsql security definer as $$
declare
    v_id constant uuid := uuidv7();
    v_kind text := 'transfer';
    v_source uuid;
    v_destination uuid;
    v_in boolean;
    v_out boolean;
    s_state text; s_currency text; s_total bigint; s_sequence bigint; s_at timestamptz;
    s_least bigint; s_spent bigint; s_spent_on date;
    d_state text; d_currency text; d_total bigint; d_sequence bigint; d_at timestamptz;
    v_owns boolean;
    v_owns_both boolean;
    v_floor timestamptz;
    v_at timestamptz;
    v_day date;
    v_code text;
    v_answer text;
begin
    if accounts.is_id(p_source) then
        v_source := p_source;
    else
        p_source := accounts.resolve(p_source);
        v_source := case when accounts.is_id(p_source) then p_source::uuid end;
        v_in := not accounts.is_account(p_source);
    end if;
    if accounts.is_id(p_destination) then
        v_destination := p_destination;
    else
        p_destination := accounts.resolve(p_destination);
        v_destination := case when accounts.is_id(p_destination) then p_destination::uuid end;
        v_out := not accounts.is_account(p_destination);
    end if;
    if v_destination < v_source then
        select accounts.state_of(approved, closed_at), currency, total, last_sequence, coalesce(last_at, opened_at)
        into d_state, d_currency, d_total, d_sequence, d_at
        from accounts.account where id = v_destination for no key update;
    end if;
    select accounts.state_of(approved, closed_at), currency, total, last_sequence, coalesce(last_at, opened_at),
           -overdraft_limit, spent, spent_on
    into s_state, s_currency, s_total, s_sequence, s_at, s_least, s_spent, s_spent_on
    from accounts.account where id = v_source for no key update;
    if d_currency is null then
        select accounts.state_of(approved, closed_at), currency, total, last_sequence, coalesce(last_at, opened_at)
        into d_state, d_currency, d_total, d_sequence, d_at
        from accounts.account where id = v_destination for no key update;
    end if;
    select exists (
               select from accounts.user_account
               where account_id = case when v_in then v_destination else v_source end and user_id = p_user),
           (select f.at from accounts.extract_floor f),
           case when p_session is null then p_user_approved else (
               select s.user_approved from users.live_session s
               where s.session_id = p_session and s.user_id = p_user and s.scope = 'bank')
           end
    into v_owns, v_floor, p_user_approved;
    if p_user_approved is null and p_session is not null then
        return null;
    end if;
    if s_currency <> d_currency then
        v_owns_both := v_owns and exists (
            select from accounts.user_account where account_id = v_destination and user_id = p_user);
    end if;
    v_at := greatest(accounts.clock(), s_at, d_at, v_floor);
    v_day := (v_at at time zone 'UTC')::date;
    if s_spent_on <> v_day then
        s_spent := 0;
    end if;
    v_code := accounts.refusal(
        p_user_approved, p_source, p_destination, p_amount, p_memo, v_owns, v_owns_both, v_in, v_out,
        s_state, s_currency, s_total, s_least, s_spent, d_state, d_currency, d_total, p_daily_limit);
    if v_code is not null then
        v_answer := '[' || accounts.refused(v_code) || ']';
        if p_key is not null then
            perform accounts.keep_answer(p_user, p_key, v_answer, '{}');
        end if;
        return v_answer;
    end if;
    if v_in or v_out then
        perform accounts.require_sides(p_source, p_destination);
        v_kind := accounts.kind_of(p_source, p_destination);
    end if;
    update accounts.account
    set total = case when id = v_source then s_total - p_amount else d_total + p_amount end,
        last_sequence = last_sequence + 1, last_at = v_at, xid = pg_current_xact_id(),
        spent = case when id = v_source then s_spent + p_amount else spent end,
        spent_on = case when id = v_source then v_day else spent_on end
    where id = any (array[v_source, v_destination]);
    insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, at, created_by)
    values (v_id, v_kind, p_source, p_destination, p_amount, coalesce(s_currency, d_currency), coalesce(p_memo, ''),
            v_at, p_user);
    insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
    select v_id, e.account_id, e.counterparty, e.amount, e.balance_after, e.sequence, v_at
    from (values (v_source, p_destination, -p_amount, s_total - p_amount, s_sequence + 1),
                 (v_destination, p_source, p_amount, d_total + p_amount, d_sequence + 1))
        e (account_id, counterparty, amount, balance_after, sequence)
    where e.account_id is not null;
    v_answer := '[' || accounts.posted(
        v_id, v_kind, p_source, p_destination, p_amount, coalesce(s_currency, d_currency), coalesce(p_memo, ''), v_at,
        coalesce(s_total - p_amount, d_total + p_amount)) || ']';
    if p_key is not null then
        perform accounts.keep_answer(p_user, p_key, v_answer, array[coalesce(v_source, v_destination)]);
    end if;
    return v_answer;
end
$$;
