-- Each account: it stands where its entries leave it, and is what an account may be
select format('account %s', id),
       case when (total, last_sequence) <> (entered, entries)
                then format('its total is %s after %s entries, its history says %s after %s',
                            total, last_sequence, entered, entries)
            when last_at is distinct from last_entry_at
                then format('it moved last at %s, its history says %s', last_at, last_entry_at)
            when total < -overdraft_limit then 'it is overdrawn beyond its limit'
            when closed_at is not null and total <> 0 then 'it is closed but not empty'
            when closed_at < last_at then 'it has an entry after it was closed'
            when first_entry_at < opened_at then 'it has an entry from before it was opened'
            else 'its number is not valid' end
from (
    select a.*, coalesce(h.entered, 0) as entered, coalesce(h.entries, 0) as entries, h.first_entry_at,
           h.last_entry_at
    from accounts.account a
    left join (
        select account_id, sum(amount) as entered, count(*) as entries,
               min(at) as first_entry_at, max(at) as last_entry_at
        from accounts.transaction group by account_id
    ) h on h.account_id = a.id
) account
where (total, last_sequence) <> (entered, entries) or last_at is distinct from last_entry_at
   or total < -overdraft_limit or (closed_at is not null and total <> 0) or closed_at < last_at
   or first_entry_at < opened_at or not accounts.is_account_number(number)
order by id
limit 1000
