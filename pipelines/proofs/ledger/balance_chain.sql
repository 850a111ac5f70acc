-- Each balance is the one before it plus the amount, from zero on, and no transaction is earlier than the one before.
select
    account_id,
    sequence::text as place,
    (before + amount)::text as expected,
    balance_after::text || case when at < at_before then ', earlier than the one before' else '' end as found,
    balance_after = before + amount and (at_before is null or at >= at_before) as holds
from (
    select
        t.account_id,
        t.sequence,
        t.amount,
        t.balance_after,
        t.at,
        touched.first_sequence,
        coalesce(lag(t.balance_after) over history, 0) as before,
        lag(t.at) over history as at_before
    from touched_account as touched
    inner join raw.transaction as t
        on touched.account_id = t.account_id and t.sequence >= touched.first_sequence - 1
    window history as (partition by t.account_id order by t.sequence)
) as chained
where sequence >= first_sequence
