-- Each transfer: it is one that may be, and a reversal is the transfer that it names, turned round
select format('transfer %s', id),
       case when is_possible then 'it does not reverse the transfer that it names'
            else 'its kind, sides, amount, time or memo cannot be' end
from (
    select r.id, case when unreadable then false else accounts.is_valid(r) is true end as is_possible,
           r.reverses is null or (
               (t.source, t.destination, t.amount, t.currency, t.kind <> 'reversal', t.at <= r.at)
               is not distinct from (r.destination, r.source, r.amount, r.currency, true, true)) as is_mirror
    from accounts.transfer r
    left join accounts.transfer t on t.id = r.reverses
    cross join lateral (
        select exists (
            select from (values (r.source), (r.destination)) s (side)
            where accounts.is_account(s.side) and not pg_input_is_valid(s.side, 'uuid')) as unreadable
    ) sides
) movement
where not is_possible or not is_mirror
order by id
limit 1000
