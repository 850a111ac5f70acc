-- What readers of the statistics may know of the pipeline.

-- What they read now; no row before the first publication.
create view pipeline.current_publication as
select id, run_id, complete_through, time_zone from pipeline.publication order by id desc limit 1;

create view pipeline.run_report as
select run_id, kind, started_at, finished_at, outcome, proofs, error from pipeline.run;

-- Where alerts were sent is nobody else's business.
create view pipeline.alert_report as
select id, kind, subject, run_id, raised_at, resolved_at from pipeline.alert;
