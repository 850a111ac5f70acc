-- An account's entries add up to the balance that the ledger had for it at the snapshot.
select
    touched.account_id,
    'balance' as place,
    coalesce(account.total::text, 'an account') as expected,
    entries.total::text as found,
    entries.total = account.total as holds
from touched_account as touched
left join raw.account as account on touched.account_id = account.id
cross join lateral (
    select
        coalesce(
            (select t.balance_after from raw.transaction as t
             where t.account_id = touched.account_id and t.sequence = touched.first_sequence - 1), 0
        ) + coalesce(
            (select sum(t.amount) from raw.transaction as t
             where t.account_id = touched.account_id and t.sequence >= touched.first_sequence), 0
        ) as total
) as entries
