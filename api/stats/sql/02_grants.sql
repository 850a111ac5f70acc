-- What each role may do: the pipeline writes as publisher in one transaction, the service only reads.

grant usage on schema stats to publisher, stats_app;
grant select on stats.stats, stats.account, stats.metric, stats.bank_daily to stats_app;
grant select, insert, update, delete on stats.stats, stats.account, stats.metric, stats.bank_daily to publisher;
grant select on stats.figure_type to publisher;
grant usage on all sequences in schema stats to publisher;
