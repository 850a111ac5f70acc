-- Each side of a transfer that is an account has its entry there, and each entry is a side of a transfer
select case when s.transfer_id is null then format('account %s, sequence %s', e.account_id, e.sequence)
            else format('transfer %s', s.transfer_id) end,
       case when s.transfer_id is null then 'it is not a side of its transfer'
            when e.transfer_id is null then format('account %s has no entry for it', s.account_id)
            else format('account %s, sequence %s, differs from it', e.account_id, e.sequence) end,
       coalesce(e.at, s.at)
from (
    select t.id as transfer_id, t.at, t.currency,
           -- One that can't be read is a fault of its transfer, which was named before.
           case when pg_input_is_valid(side.account_id, 'uuid') then side.account_id::uuid end as account_id,
           side.counterparty, side.amount
    from accounts.transfer t
    cross join lateral (values (t.source, t.destination, -t.amount), (t.destination, t.source, t.amount))
        side (account_id, counterparty, amount)
    where accounts.is_account(side.account_id)
) s
full join (
    select e.transfer_id, e.account_id, e.counterparty, e.amount, e.at, e.sequence, a.currency
    from accounts.transaction e left join accounts.account a on a.id = e.account_id
) e on e.transfer_id = s.transfer_id and e.account_id = s.account_id
where (s.counterparty, s.amount, s.at, s.currency) is distinct from (e.counterparty, e.amount, e.at, e.currency)
order by coalesce(s.transfer_id, e.transfer_id), coalesce(s.account_id, e.account_id)
limit 1000
