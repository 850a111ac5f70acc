-- Nothing comes from nowhere: what the accounts hold is what came in less what went out
select format('currency %s', currency), format('the accounts hold %s, but %s came in', sum(held), sum(came))
from (
    select currency, total as held, 0 as came from accounts.account
    union all
    select currency, 0, case when accounts.is_account(source) then -amount else amount end
    from accounts.transfer
    where not accounts.is_account(source) or not accounts.is_account(destination)
) both_sides
group by currency
having sum(held) <> sum(came)
order by currency
limit 1000
