-- The types of column that a figure may have: what the service can show. The pipeline publishes no other.
create or replace view stats.figure_type as
select type from (values ('smallint'), ('integer'), ('bigint')) as shown (type);
comment on view stats.figure_type is 'Types of the marts'' columns that GET /stats/* can show.';
