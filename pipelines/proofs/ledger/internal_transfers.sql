-- A transfer between two accounts of the bank has two sides in one currency that cancel out, so that money inside
-- the bank nets to zero in every currency. Both sides are written at once, so one batch brings both.
select
    min(t.account_id::text)::uuid as account_id,
    'transfer ' || t.transfer_id as place,
    '2 sides, 1 currency, sum 0' as expected,
    format('%%s sides, %%s currencies, sum %%s', count(*), count(distinct account.currency), sum(t.amount)) as found,
    count(*) = 2 and count(distinct account.currency) = 1 and sum(t.amount) = 0 as holds
from raw.transaction as t
left join raw.account as account on t.account_id = account.id
where t.batch_id > %(since)s and not starts_with(t.counterparty, 'external:')
group by t.transfer_id
