-- What only the models count, such as an analyst's own statistic, says the same when its rows are made from nothing as
-- it says where runs brought it up to date.
select
    {account_id} as account_id,
    concat_ws(' ', '{mart}', {place}) as place,
    rebuilt.figures::text as expected,
    mart.figures::text as found,
    mart.figures is not distinct from rebuilt.figures as holds
from (
    select {keys}, to_jsonb((select c from (select {columns}) as c)) as figures
    from marts.{mart} as m
    where m.batch_id > %(since)s
) as mart
full join (
    select {keys}, to_jsonb((select c from (select {columns}) as c)) as figures
    from ({rebuilt}) as m
) as rebuilt using ({keys})
