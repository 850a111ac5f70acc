-- What becomes of a movement, as the caller reads it. Refusals are codes, never errors.

-- The code of an account that takes no part in movements; null when it does.
create or replace function accounts.state_of(p_approved boolean, p_closed_at timestamptz) returns text
language sql immutable
return case when p_closed_at is not null then 'account_closed' when not p_approved then 'account_not_approved' end;

-- Why a movement cannot be; null when it can. `p_in` says that the money comes from outside, `p_out` that it goes
-- there; a side's currency is null where there is no account. `p_owns` says whether the caller's side, which is the
-- source unless that is outside, is theirs; `p_spent` is what left the source before on the same day; without
-- `p_daily_limit` (staff) the amount has no limit either. Whatever is wrong on a stranger's side is one code, so that
-- their account's state is not told. Single values and not the accounts' rows, which cost more to take apart than to
-- judge.
create or replace function accounts.refusal(
    p_user_approved boolean, p_source text, p_destination text, p_amount bigint, p_memo text,
    p_owns boolean, p_owns_destination boolean, p_in boolean, p_out boolean,
    p_source_state text, p_source_currency text, p_source_total bigint, p_least bigint, p_spent bigint,
    p_destination_state text, p_destination_currency text, p_destination_total bigint, p_daily_limit bigint
) returns text
-- A single expression, which Postgres puts in its caller's place: the fewer its parts, the cheaper each posting.
language sql immutable
return case
    when p_user_approved is not true then 'user_not_approved'
    when p_amount is null or p_amount < 1 or (p_amount > 1000000000000 and p_daily_limit is not null)
         or length(p_memo) > 500 then 'invalid_request'
    when p_owns is not true then 'not_found'
    -- Not before: nobody learns that a stranger's id and number belong together.
    when p_source = p_destination then 'same_account'
    when p_source_state is not null then p_source_state
    when p_destination_state is not null then
        case when p_in then p_destination_state else 'recipient_unavailable' end
    when p_destination_currency is null and p_out is not true then 'recipient_unavailable'
    when p_source_currency <> p_destination_currency then
        case when p_owns_destination then 'currency_differs' else 'recipient_unavailable' end
    when p_destination_total + p_amount > 9007199254740991 then
        case when p_in then 'balance_limit_exceeded' else 'recipient_unavailable' end
    when p_source_total - p_amount < p_least then 'insufficient_funds'
    when p_spent + p_amount > p_daily_limit then 'daily_limit_exceeded'
end;

create or replace function accounts.refused(p_code text) returns text
language sql immutable
return '{"status":"refused","code":"' || p_code || '"}';

-- `p_balance_after` is that of the caller's side.
create or replace function accounts.posted(
    p_transfer_id uuid, p_kind text, p_source text, p_destination text, p_amount bigint, p_currency text,
    p_memo text, p_at timestamptz, p_balance_after bigint
) returns text
language sql stable
return format(
    '{"status":"posted","transfer_id":"%s","kind":"%s","from":"%s","to":"%s","amount":%s,"currency":"%s","memo":%s,'
    '"time":%s,"balance_after":%s}',
    p_transfer_id, p_kind, p_source, p_destination, p_amount, p_currency, to_json(p_memo), to_json(p_at),
    p_balance_after);
