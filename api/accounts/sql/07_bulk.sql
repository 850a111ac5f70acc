-- Many movements in one call, each judged as if those before it that were not refused had happened, then written
-- by one statement.

-- The accounts of these sides, locked in id order.
create or replace function accounts.lock_all(p_sides text[]) returns accounts.account[]
language sql as $$
select array_agg(locked.a)
from (
    select a
    from accounts.account a
    where a.id = any (array(select accounts.id_of(s.side) from unnest(p_sides) s (side)))
    order by a.id
    for no key update
) locked;
$$;

create or replace function accounts.new_ids(p_count integer) returns uuid[]
language sql
return array(select uuidv7() from generate_series(1, p_count));

-- What becomes of each movement: a refusal's code (null where there is none), and balance and sequence of its sides
-- after it; `heads` are the accounts after all of them. `p_places` finds an account in `p_accounts`; `p_owned` says
-- which of them are the caller's.
create or replace function accounts.judge_all(
    p_user_approved boolean, p_sources text[], p_destinations text[], p_amounts bigint[], p_memos text[],
    p_accounts accounts.account[], p_places jsonb, p_owned boolean[], p_daily_limit bigint, p_at timestamptz,
    out codes text[], out currencies text[], out source_balances bigint[], out source_sequences bigint[],
    out destination_balances bigint[], out destination_sequences bigint[], out heads accounts.account[]
)
language plpgsql as $$
declare
    c_day constant date := (p_at at time zone 'UTC')::date;
    v_none accounts.account;
    s accounts.account;
    d accounts.account;
    v_s integer;
    v_d integer;
    v_in boolean;
    v_code text;
begin
    heads := p_accounts;
    for i in 1 .. cardinality(p_amounts) loop
        v_s := (p_places ->> p_sources[i])::integer;
        v_d := (p_places ->> p_destinations[i])::integer;
        s := case when v_s is null then v_none else heads[v_s] end;
        d := case when v_d is null then v_none else heads[v_d] end;
        v_in := not accounts.is_account(p_sources[i]);
        v_code := accounts.refusal(
            p_user_approved, p_sources[i], p_destinations[i], p_amounts[i], p_memos[i],
            p_owned[case when v_in then v_d else v_s end], p_owned[v_d],
            v_in, not accounts.is_account(p_destinations[i]),
            accounts.state_of(s.approved, s.closed_at), s.currency, s.total, -s.overdraft_limit,
            case when s.spent_on = c_day then s.spent else 0 end,
            accounts.state_of(d.approved, d.closed_at), d.currency, d.total, p_daily_limit);
        -- Every array gets its element, if only null: they are read side by side.
        codes[i] := v_code;
        source_balances[i] := null;
        source_sequences[i] := null;
        destination_balances[i] := null;
        destination_sequences[i] := null;
        currencies[i] := coalesce(s.currency, d.currency);
        continue when v_code is not null;
        if v_s is null or v_d is null then
            perform accounts.require_sides(p_sources[i], p_destinations[i]);
        end if;
        if v_d is not null then
            d.total := d.total + p_amounts[i];
            d.last_sequence := d.last_sequence + 1;
            destination_balances[i] := d.total;
            destination_sequences[i] := d.last_sequence;
            d.last_at := p_at;
            heads[v_d] := d;
        end if;
        if v_s is not null then
            s.total := s.total - p_amounts[i];
            s.last_sequence := s.last_sequence + 1;
            source_balances[i] := s.total;
            source_sequences[i] := s.last_sequence;
            s.last_at := p_at;
            s.spent := case when s.spent_on = c_day then s.spent else 0 end + p_amounts[i];
            s.spent_on := c_day;
            heads[v_s] := s;
        end if;
    end loop;
end
$$;

-- As post_one for arrays; `answer` is a JSON list with an outcome for each movement, `shown` the accounts whose
-- balances it tells. With `p_all_or_nothing` one refusal leaves the others `not_posted`.
create or replace function accounts.post_many(
    p_user uuid, p_user_approved boolean, p_all_or_nothing boolean,
    p_sources text[], p_destinations text[], p_amounts bigint[], p_memos text[], p_daily_limit bigint, p_session uuid,
    out answer text, out shown uuid[]
)
language plpgsql security definer as $$
declare
    v_sources constant text[] := accounts.resolve_all(p_sources);
    v_destinations constant text[] := accounts.resolve_all(p_destinations);
    -- Drawn before anything is locked: random numbers from the kernel are a seventh of the work.
    v_ids constant uuid[] := accounts.new_ids(cardinality(p_amounts));
    v_source_ids constant uuid[] := accounts.new_ids(cardinality(p_amounts));
    v_destination_ids constant uuid[] := accounts.new_ids(cardinality(p_amounts));
    v_accounts accounts.account[];
    v_at timestamptz;
    v_places jsonb;
    v_owned boolean[];
    j record;
begin
    -- One user's calls pay from the same few accounts, so they take turns anyhow: here at one door, not at a thousand
    -- locked accounts one by one, each of which would be read again every time its turn comes.
    perform pg_advisory_xact_lock(hashtextextended('accounts.post_many ' || p_user, 0));
    v_accounts := accounts.lock_all(v_sources || v_destinations);
    select greatest(accounts.present(), max(a.last_at), max(a.opened_at)), jsonb_object_agg(a.id::text, a.place),
           array_agg(a.id in (select o.account_id from accounts.user_account o where o.user_id = p_user)
                     order by a.place),
           case when p_session is null then p_user_approved else (
               select s.user_approved from users.live_session s
               where s.session_id = p_session and s.user_id = p_user and s.scope = 'bank')
           end
    into v_at, v_places, v_owned, p_user_approved
    from (select u.id, u.last_at, u.opened_at, row_number() over () as place from unnest(v_accounts) u) a;
    if p_user_approved is null and p_session is not null then
        return;
    end if;
    j := accounts.judge_all(
        p_user_approved, v_sources, v_destinations, p_amounts, p_memos, v_accounts, v_places, v_owned,
        p_daily_limit, v_at);
    if p_all_or_nothing and array_remove(j.codes, null) <> '{}' then
        answer := (
            select '[' || string_agg(accounts.refused(coalesce(c.code, 'not_posted')), ',' order by c.place) || ']'
            from unnest(j.codes) with ordinality c (code, place));
        shown := '{}';
        return;
    end if;
    with movement as (
        select m.*, accounts.kind_of(m.source, m.destination) as kind, coalesce(m.memo, '') as note
        from unnest(j.codes, j.currencies, j.source_balances, j.source_sequences, j.destination_balances,
                    j.destination_sequences, v_sources, v_destinations, p_amounts, p_memos, v_ids, v_source_ids,
                    v_destination_ids)
            with ordinality m (code, currency, source_balance, source_sequence, destination_balance,
                               destination_sequence, source, destination, amount, memo, id, source_id,
                               destination_id, place)
        order by m.place
    ), written as (
        insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, at, created_by)
        select id, kind, source, destination, amount, currency, note, v_at, p_user
        from movement where code is null
    ), entered as (
        insert into accounts.transaction
            (id, transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
        select e.id, m.id, e.account::uuid, e.counterparty, e.amount, e.balance_after, e.sequence, v_at
        from movement m
        cross join lateral (values
            (m.source_id, m.source, m.destination, -m.amount, m.source_balance, m.source_sequence),
            (m.destination_id, m.destination, m.source, m.amount, m.destination_balance, m.destination_sequence)
        ) e (id, account, counterparty, amount, balance_after, sequence)
        where e.sequence is not null
    ), moved as (
        update accounts.account a
        set total = h.total, last_sequence = h.last_sequence, last_at = h.last_at, spent = h.spent,
            spent_on = h.spent_on, xid = pg_current_xact_id()
        from unnest(j.heads) h
        where a.id = h.id and a.last_sequence <> h.last_sequence
    )
    select '[' || string_agg(
               case when code is not null then accounts.refused(code)
               else accounts.posted(id, kind, source, destination, amount, currency, note, v_at,
                                    coalesce(source_balance, destination_balance)) end,
               ',' order by place) || ']',
           coalesce(array_agg(distinct case when kind = 'deposit' then destination else source end::uuid)
               filter (where code is null), '{}')
    into answer, shown
    from movement;
end
$$;
