-- What counts towards each account's daily limit is what it spent on its last day of spending
select format('account %s', a.id),
       format('it counts %s as spent on %s, its history says %s', a.spent, a.spent_on, coalesce(s.spent, 0))
from accounts.account a
left join (
    -- Days after the one that is counted, too: there must be none.
    select e.account_id, -sum(e.amount) as spent
    from accounts.transaction e
    join accounts.account h on h.id = e.account_id and e.at >= h.spent_on::timestamp at time zone 'UTC'
    join accounts.transfer t on t.id = e.transfer_id and t.kind in ('transfer', 'withdrawal')
    where e.amount < 0
    group by e.account_id
) s on s.account_id = a.id
where a.spent <> coalesce(s.spent, 0)
order by a.id
limit 1000
