-- The accounts that readers have are those of the mart when it was last published.
select
    account_id,
    'account, as published' as place,
    mart.figures as expected,
    reader.figures as found,
    mart.batch_id > %(published_batch_id)s or reader.figures is not distinct from mart.figures as holds
from (
    select account_id, batch_id, row(type, currency, opened_at, closed_at)::text as figures from marts.accounts
) as mart
full join (
    select account_id, row(type, currency, opened_at, closed_at)::text as figures from reader_account
) as reader using (account_id)
