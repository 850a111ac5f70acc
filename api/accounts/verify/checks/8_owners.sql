-- Each account with money: one of its owners at least is a user of this bank
-- What was imported without an owner is the bank's own.
select format('account %s', a.id), format('it holds %s %s, and none of its owners is a user', a.total, a.currency)
from accounts.account a
where a.total <> 0
  and not exists (
    select from accounts.user_account o join users.present_user u on u.user_id = o.user_id
    where o.account_id = a.id)
  and (a.import_reference is null or exists (select from accounts.user_account o where o.account_id = a.id))
order by a.id
limit 1000
