"""Ways in which a row of the history of 2024-03-05 can be damaged: in each table, for the proofs to find."""

from typing import LiteralString

WAREHOUSE: dict[str, LiteralString] = {
    "copy, amount": "update raw.transaction set amount = 999 where at::date = '2024-03-05' and amount = 1000",
    "copy, time": "update raw.transaction set at = at - interval '1 minute' "
    "where at::date = '2024-03-05' and amount = 1000",
    "copy, row lost": "delete from raw.transaction where at::date = '2024-03-05' and amount = 1000",
    "copy, row of nobody": "insert into raw.transaction select uuidv7(), uuidv7(), uuidv7(), counterparty, "
    "amount, amount, 1, at, batch_id from raw.transaction where at::date = '2024-03-05' and amount = 1000",
    "copy, account": "update raw.account set total = total + 1 where total = 2970",
    "copy, account lost": "delete from raw.account where total = 2970",
    "day": "update marts.stats_daily set inflow = inflow + 1 where period_start = '2024-03-05' and inflow = 1000",
    "day lost": "delete from marts.stats_daily where period_start = '2024-03-05' and inflow = 1000",
    "day in which nothing happened": "insert into marts.stats_daily select m.* from marts.stats_daily as o "
    'cross join lateral jsonb_populate_record(o, \'{"period_start": "2024-03-01", '
    '"period_end": "2024-03-02"}\') as m where o.period_start = \'2024-03-05\' and o.inflow = 1000',
    "week": "update marts.stats_weekly set max_balance = max_balance + 1 where inflow = 3000",
    "month": "update marts.stats_monthly set counterparty_count = 7 where inflow = 3000",
    "account": "update marts.accounts set opened_at = opened_at + interval '1 day' where currency = 'EUR'",
    "day of the bank": "update marts.bank_daily set deposits = 7 where date = '2024-03-05'",
    "day of the bank in which nothing happened": "insert into marts.bank_daily select m.* "
    "from marts.bank_daily as o "
    "cross join lateral jsonb_populate_record(o, '{\"date\": \"2024-03-01\"}') as m where o.date = '2024-03-05'",
}
PUBLISHED: dict[str, LiteralString] = {
    "figure": "update stats.stats set metrics = metrics || '{\"inflow\": 1}' "
    "where type = 'daily' and period_start = '2024-03-05' and metrics ->> 'inflow' = '1000'",
    "basis": "update stats.stats set basis = '{}' where type = 'monthly' and metrics ->> 'inflow' = '3000'",
    "row lost": "delete from stats.stats where type = 'weekly' and metrics ->> 'inflow' = '3000'",
    "row of no mart": "insert into stats.stats (account_id, type, period_start, period_end, metrics, basis, "
    "publication_id) select account_id, 'daily', '2024-02-01', '2024-02-02', metrics, basis, publication_id "
    "from stats.stats limit 1",
    "account": "update stats.account set opened_at = opened_at + interval '1 day' where currency = 'CZK'",
    "account of nobody": "insert into stats.account select uuidv7(), type, currency, opened_at, closed_at, "
    "publication_id from stats.account limit 1",
    "day of the bank": "update stats.bank_daily set metrics = '{}' where date = '2024-03-05'",
    "day of no mart": "insert into stats.bank_daily values ('2024-03-01', 'EUR', '{}')",
}
