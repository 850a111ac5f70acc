-- No transfer has two entries in one account
select format('transfer %s', transfer_id), format('account %s has %s entries for it', account_id, count(*))
from accounts.transaction
group by transfer_id, account_id
having count(*) > 1
order by transfer_id, account_id
limit 1000
