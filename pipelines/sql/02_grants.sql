-- What each role may do: the pipeline writes as publisher, the stats and events services read the views.

grant usage on schema pipeline to publisher, stats_app, events_app;
grant select, insert, update, delete on pipeline.publication, pipeline.run, pipeline.close_claim, pipeline.alert,
pipeline.proven, pipeline.scrub_day, pipeline.damage
to publisher;
grant usage on all sequences in schema pipeline to publisher;
grant select on pipeline.current_publication, pipeline.run_report, pipeline.alert_report, pipeline.history_report to stats_app;
grant select on pipeline.event to events_app;
