-- Each account's transactions are numbered without gap or double up to the number at the ledger's head.
select
    touched.account_id,
    'sequence' as place,
    case when account.id is null then 'an account' else format('%%s to %%s', wanted.first, account.last_sequence) end
        as expected,
    format('%%s to %%s, %%s rows', copied.first, copied.last, copied.rows) as found,
    case
        when account.last_sequence = 0 then copied.rows = 0
        else copied.first = wanted.first
            and copied.last = account.last_sequence
            and copied.rows = account.last_sequence - wanted.first + 1
            and copied.numbers = copied.rows
    end as holds
from touched_account as touched
left join raw.account as account on touched.account_id = account.id
-- From the last proven transaction on, so that it is seen to be there still.
cross join lateral (select greatest(touched.first_sequence - 1, 1) as first) as wanted
cross join lateral (
    select
        min(t.sequence) as first,
        max(t.sequence) as last,
        count(*) as rows,
        count(distinct t.sequence) as numbers
    from raw.transaction as t
    where t.account_id = touched.account_id and t.sequence >= wanted.first
) as copied
