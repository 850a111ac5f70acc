-- Opening balance plus what came in less what went out is the closing balance.
select
    account_id,
    '{type} ' || period_start as place,
    (opening_balance + inflow - outflow)::text as expected,
    closing_balance::text as found,
    opening_balance + inflow - outflow = closing_balance and net_change = inflow - outflow as holds
from marts.stats_{type}
where batch_id > %(since)s
