-- What readers of the statistics may know of the pipeline.

-- What they read now; no row before the first publication.
create view pipeline.current_publication as
select id, run_id, complete_through, time_zone from pipeline.publication order by id desc limit 1;

create view pipeline.run_report as
select run_id, kind, started_at, finished_at, outcome, proofs, error from pipeline.run;

-- Where alerts were sent is nobody else's business.
create view pipeline.alert_report as
select id, kind, subject, detail, run_id, raised_at, resolved_at from pipeline.alert;

-- Since when every row of history has been proven, and how many are known to be damaged: no account, no amount.
create view pipeline.history_report as
select
    (select min(proven_at) from pipeline.proven) as oldest_proof_at,
    (
        select floor(extract(epoch from now() - least(now(), min(proven_at))) / 86400)::integer
        from pipeline.proven
        having count(*) > 0
    ) as oldest_proof_age_days,
    count(*) as damaged_rows,
    min(found_at) as damaged_since,
    min(first_day) as first_damaged_day,
    max(last_day) as last_damaged_day
from pipeline.damage
where mended_at is null;
