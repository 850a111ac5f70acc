-- Many movements in one call, each judged as if those before it that were not refused had happened, then written
-- by one statement.

-- The accounts of these sides, locked in id order.
create function accounts.lock_all(p_sides text[]) returns accounts.account[]
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

create function accounts.resolve_all(p_sides text[]) returns text[]
language sql stable as $$
select array_agg(coalesce(a.id::text, s.side) order by s.place)
from unnest(p_sides) with ordinality s (side, place)
left join accounts.account a on a.number = s.side and length(s.side) = 10;
$$;

-- A refusal's code for each movement, null where there is none. `p_places` finds an account in `p_accounts`;
-- `p_owned` says which of them are the caller's. `balances` are those of the caller's sides.
create function accounts.judge_all(
    p_user_approved boolean, p_sources text[], p_destinations text[], p_amounts bigint[],
    p_accounts accounts.account[], p_places jsonb, p_owned boolean[], p_daily_limit bigint, p_day date,
    out codes text[], out balances bigint[], out currencies text[]
)
language plpgsql as $$
declare
    v_accounts accounts.account[] := p_accounts;
    v_none accounts.account;
    s accounts.account;
    d accounts.account;
    v_s integer;
    v_d integer;
    v_code text;
begin
    for i in 1 .. cardinality(p_amounts) loop
        v_s := (p_places ->> p_sources[i])::integer;
        v_d := (p_places ->> p_destinations[i])::integer;
        s := case when v_s is null then v_none else v_accounts[v_s] end;
        d := case when v_d is null then v_none else v_accounts[v_d] end;
        v_code := accounts.refusal(
            p_user_approved, p_sources[i], p_destinations[i], p_amounts[i], s, d,
            p_owned[case when accounts.is_account(p_sources[i]) then v_s else v_d end], p_owned[v_d],
            p_daily_limit, p_day);
        codes[i] := v_code;
        balances[i] := null;
        currencies[i] := coalesce(s.currency, d.currency);
        continue when v_code is not null;
        if v_d is not null then
            d.total := d.total + p_amounts[i];
            balances[i] := d.total;
            v_accounts[v_d] := d;
        end if;
        if v_s is not null then
            s.total := s.total - p_amounts[i];
            balances[i] := s.total;
            s.spent := case when s.spent_on = p_day then s.spent else 0 end + p_amounts[i];
            s.spent_on := p_day;
            v_accounts[v_s] := s;
        end if;
    end loop;
end
$$;

-- As post_one for arrays; `answer` is a JSON list with an outcome for each movement, `shown` the accounts whose
-- balances it tells. With `p_all_or_nothing` one refusal leaves the others `not_posted`.
create function accounts.post_many(
    p_user uuid, p_user_approved boolean, p_all_or_nothing boolean,
    p_sources text[], p_destinations text[], p_amounts bigint[], p_memos text[], p_daily_limit bigint,
    out answer text, out shown uuid[]
)
language plpgsql as $$
declare
    v_sources constant text[] := accounts.resolve_all(p_sources);
    v_destinations constant text[] := accounts.resolve_all(p_destinations);
    v_accounts constant accounts.account[] := accounts.lock_all(v_sources || v_destinations);
    v_at timestamptz;
    v_places jsonb;
    v_owned boolean[];
    j record;
begin
    select greatest(clock_timestamp(), max(a.last_at), max(a.opened_at)), jsonb_object_agg(a.id::text, a.place),
           array_agg(exists (select from accounts.user_account o where o.account_id = a.id and o.user_id = p_user)
                     order by a.place)
    into v_at, v_places, v_owned
    from (select u.id, u.last_at, u.opened_at, row_number() over () as place from unnest(v_accounts) u) a;
    j := accounts.judge_all(
        p_user_approved, v_sources, v_destinations, p_amounts, v_accounts, v_places, v_owned,
        p_daily_limit, (v_at at time zone 'UTC')::date);
    if p_all_or_nothing and array_remove(j.codes, null) <> '{}' then
        j.codes := array(
            select coalesce(c.code, 'not_posted')
            from unnest(j.codes) with ordinality c (code, place) order by c.place);
    end if;
    with movement as (
        select m.*, case when m.code is null then uuidv7() end as id,
               accounts.kind_of(m.source, m.destination) as kind, coalesce(m.memo, '') as note
        from unnest(j.codes, j.balances, j.currencies, v_sources, v_destinations, p_amounts, p_memos)
            with ordinality m (code, balance, currency, source, destination, amount, memo, place)
        order by m.place
    ), written as (
        insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, at, created_by)
        select id, kind, source, destination, amount, currency, note, v_at, p_user
        from movement where code is null
    )
    select '[' || string_agg(
               case when code is not null then accounts.refused(code)
               else accounts.posted(id, kind, source, destination, amount, currency, note, v_at, balance) end,
               ',' order by place) || ']',
           coalesce(array_agg(distinct case when kind = 'deposit' then destination else source end::uuid)
               filter (where code is null), '{}')
    into answer, shown
    from movement;
end
$$;
