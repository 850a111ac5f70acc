-- Each account's entries: no gap in their sequence, balances that add up, times in order
select format('account %s, sequence %s', account_id, sequence),
       case when sequence <> place then format('the sequence should be %s', place)
            when balance_after <> balance
                then format('the balance after is %s, it adds up to %s', balance_after, balance)
            else format('its time %s is before that of the one before', at) end,
       at
from (
    select account_id, sequence, balance_after, at,
           row_number() over history as place,
           sum(amount) over history as balance,
           lag(at) over history as previous_at
    from accounts.transaction
    window history as (partition by account_id order by sequence)
) entry
where sequence <> place or balance_after <> balance or at < previous_at
order by account_id, sequence
limit 1000
