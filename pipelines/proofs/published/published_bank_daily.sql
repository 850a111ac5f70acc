-- What readers have of the bank's days is what the mart had when it was last published.
select
    null::uuid as account_id,
    date || ' ' || currency as place,
    mart.figures::text as expected,
    reader.figures::text as found,
    mart.batch_id > %(published_batch_id)s or reader.figures is not distinct from mart.figures as holds
from (
    select m.date, m.currency, m.batch_id, to_jsonb((select c from (select {metrics}) as c)) as figures
    from marts.bank_daily as m
) as mart
full join (
    select date, currency, metrics as figures from reader_bank_daily
) as reader using (date, currency)
