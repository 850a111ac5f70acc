-- Each balance is the one before it plus the amount, from zero on, and no transaction is earlier than the one before.
select
    touched.account_id,
    chained.sequence::text as place,
    (chained.before + chained.amount)::text as expected,
    chained.balance_after::text || case when chained.at < chained.at_before then ', earlier than the one before' else '' end
        as found,
    chained.balance_after = chained.before + chained.amount
    and (chained.at_before is null or chained.at >= chained.at_before) as holds
from touched_account as touched
-- One index range for each account: a join would read all history for a few new rows.
cross join lateral (
    select
        t.sequence,
        t.amount,
        t.balance_after,
        t.at,
        coalesce(lag(t.balance_after) over history, 0) as before,
        lag(t.at) over history as at_before
    from raw.transaction as t
    where t.account_id = touched.account_id and t.sequence >= touched.first_sequence - 1
    window history as (order by t.sequence)
) as chained
where chained.sequence >= touched.first_sequence
