-- What each role may do: the publisher writes in one transaction, the service only reads.

grant usage on schema stats to publisher, stats_app;
grant select on stats.publication, stats.stats, stats.account, stats.metric, stats.bank_daily, stats.run,
    stats.close_claim, stats.alert to stats_app;
grant select, insert, update, delete on stats.publication, stats.stats, stats.account, stats.metric,
    stats.bank_daily, stats.run, stats.close_claim, stats.alert to publisher;
grant usage on all sequences in schema stats to publisher;
