-- The calls that move money. Each takes its idempotency key's row first, so that repeats wait for the first one
-- and then get its stored answer.

-- What became of a key: `new` (go on), `conflict` (another body), `not_found` (the caller lost access since) or
-- `replayed` with the stored answer.
create or replace function accounts.claim_request(
    p_user uuid, p_key text, p_digest bytea, out outcome text, out answer text
)
language plpgsql as $$
declare
    r accounts.request;
begin
    loop
        insert into accounts.request (user_id, key, digest) values (p_user, p_key, p_digest) on conflict do nothing;
        if found then
            outcome := 'new';
            return;
        end if;
        select * into r from accounts.request where user_id = p_user and key = p_key;
        -- Else it was forgotten in between, and is new again.
        exit when found;
    end loop;
    if r.digest <> p_digest then
        outcome := 'conflict';
    elsif exists (
        select from unnest(r.shown) s (account_id)
        where not exists (
            select from accounts.user_account o where o.account_id = s.account_id and o.user_id = p_user)
    ) then
        outcome := 'not_found';
    else
        outcome := 'replayed';
        answer := r.answer;
    end if;
end
$$;

-- Keeps what was answered under an Idempotency-Key, which is null when there is none; see accounts.request.
create or replace function accounts.keep_answer(p_user uuid, p_key text, p_answer text, p_shown uuid[]) returns void
language plpgsql as $$
begin
    update accounts.request set answer = p_answer, shown = p_shown where user_id = p_user and key = p_key;
end
$$;

-- Forgets up to 10,000 requests that were answered over a week ago, and gives their number.
create or replace function accounts.forget_requests() returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
with old as materialized (
    select r.user_id, r.key from accounts.request r
    where r.created_at < clock_timestamp() - interval '7 days'
    order by r.created_at
    limit 10000
    for update skip locked
), gone as (
    delete from accounts.request r using old where r.user_id = old.user_id and r.key = old.key returning 1
)
select count(*) from gone;
$$;

-- Posts movements for a customer: `p_mode` is all_or_nothing or one_by_one; the arrays have one element for each
-- movement. `p_key` null: no idempotency. Gives outcome `posted` (or one of claim_request's) and the outcomes of the
-- movements as JSON text. Outcome `session_ended`: when the call held all that it waits for, `p_session` had ended, and
-- nothing was done. It also says whether the user is approved. Without `p_session` whoever calls has asked both before,
-- as the services of the version before do, which an upgrade leaves at work for a while. Plans are kept: one that was
-- made while a table was small would read all of it ever after, and for two heads a bitmap costs more to make than it
-- saves.
create or replace function accounts.post(
    p_user uuid, p_user_approved boolean, p_key text, p_digest bytea, p_mode text,
    p_sources text[], p_destinations text[], p_amounts bigint[], p_memos text[], p_daily_limit bigint,
    p_session uuid default null, out outcome text, out answer text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    v_many record;
begin
    if p_key is not null then
        select * into outcome, answer from accounts.claim_request(p_user, p_key, p_digest);
        if outcome <> 'new' then
            if p_session is not null and not exists (
                select from users.live_session s
                where s.session_id = p_session and s.user_id = p_user and s.scope = 'bank'
            ) then
                outcome := 'session_ended';
                answer := null;
            end if;
            return;
        end if;
    end if;
    outcome := 'posted';
    if cardinality(p_amounts) = 1 then
        answer := accounts.post_one(
            p_user, p_user_approved, p_key, p_sources[1], p_destinations[1], p_amounts[1], p_memos[1],
            p_daily_limit, p_session);
    else
        v_many := accounts.post_many(
            p_user, p_user_approved, p_mode = 'all_or_nothing', p_sources, p_destinations, p_amounts, p_memos,
            p_daily_limit, p_session);
        answer := v_many.answer;
        if p_key is not null and answer is not null then
            perform accounts.keep_answer(p_user, p_key, answer, v_many.shown);
        end if;
    end if;
    if answer is null then
        outcome := 'session_ended';
        delete from accounts.request where user_id = p_user and key = p_key;
    end if;
end
$$;

-- Posts the named transaction's whole transfer the other way round, once, for staff: owners and the daily limit
-- are not asked, the overdraft limit is. Codes besides those of refusal(): `not_found`, `own_account` (the member of
-- staff owns a side), `already_reversed` and `not_reversible` (it is a reversal itself). Outcome and answer as
-- from post.
create or replace function accounts.reverse(
    p_user uuid, p_key text, p_digest bytea, p_transaction uuid, p_memo text, out outcome text, out answer text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
    t accounts.transfer;
    v_accounts accounts.account[];
    s accounts.account;
    d accounts.account;
    v_at timestamptz;
    v_code text;
    v_id constant uuid := uuidv7();
begin
    if p_key is not null then
        select * into outcome, answer from accounts.claim_request(p_user, p_key, p_digest);
        if outcome <> 'new' then
            return;
        end if;
    end if;
    select m.* into t
    from accounts.transaction e join accounts.transfer m on m.id = e.transfer_id
    where e.id = p_transaction;
    v_accounts := accounts.lock_all(array[t.destination, t.source]);
    select * into s from unnest(v_accounts) a where a.id::text = t.destination;
    select * into d from unnest(v_accounts) a where a.id::text = t.source;
    v_at := greatest(accounts.present(), s.last_at, d.last_at);
    v_code := case
        when t.id is null then 'not_found'
        when exists (select from accounts.user_account where user_id = p_user and account_id in (s.id, d.id))
            then 'own_account'
        when t.kind = 'reversal' then 'not_reversible'
        when exists (select from accounts.transfer where reverses = t.id) then 'already_reversed'
        else accounts.refusal(
            true, t.destination, t.source, t.amount, p_memo, true, true,
            not accounts.is_account(t.destination), not accounts.is_account(t.source),
            accounts.state_of(s.approved, s.closed_at), s.currency, s.total, -s.overdraft_limit, 0,
            accounts.state_of(d.approved, d.closed_at), d.currency, d.total, null)
    end;
    if v_code is null then
        insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, at, created_by,
                                       reverses)
        values (v_id, 'reversal', t.destination, t.source, t.amount, t.currency, p_memo, v_at, p_user, t.id);
    end if;
    outcome := 'posted';
    answer := '[' || coalesce(
        accounts.refused(v_code),
        accounts.posted(v_id, 'reversal', t.destination, t.source, t.amount, t.currency, p_memo, v_at,
                        coalesce(s.total - t.amount, d.total + t.amount))) || ']';
    if p_key is not null then
        update accounts.request r set answer = reverse.answer where r.user_id = p_user and r.key = p_key;
    end if;
end
$$;
