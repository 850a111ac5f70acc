-- Every account of the ledger is in the accounts mart, as the ledger has it, and no other.
select
    coalesce(account.id, mart.account_id) as account_id,
    'account' as place,
    row(account.type, account.currency, account.opened_at, account.closed_at)::text as expected,
    row(mart.type, mart.currency, mart.opened_at, mart.closed_at)::text as found,
    row(account.id, account.type, account.currency, account.opened_at, account.closed_at)
    is not distinct from row(mart.account_id, mart.type, mart.currency, mart.opened_at, mart.closed_at) as holds
from (select * from raw.account where batch_id > %(since)s) as account
full join (select * from marts.accounts where batch_id > %(since)s) as mart on account.id = mart.account_id

union all

select
    null,
    'number of accounts',
    (select count(*) from raw.account)::text,
    (select count(*) from marts.accounts)::text,
    (select count(*) from raw.account) = (select count(*) from marts.accounts)
