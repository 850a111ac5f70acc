-- The bank as a whole by day and currency: every column of the mart that is no key is a figure.
-- name: incoming
create temporary table incoming (date date, currency text, metrics jsonb) on commit drop

-- name: read
select m.date, m.currency, {metrics} from {mart} as m where m.batch_id > {since}

-- name: merge
insert into stats.bank_daily as b (date, currency, metrics)
select date, currency, metrics from incoming
on conflict (date, currency) do update set metrics = excluded.metrics
where b.metrics is distinct from excluded.metrics

-- name: remove
delete from stats.bank_daily as b
where not exists (select from incoming as i where i.date = b.date and i.currency = b.currency)
