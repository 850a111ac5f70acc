-- What the events service reads of publications. They are made one after the other, so ids give the order.
create view pipeline.event as
select
    id as sequence,
    run_id as id,
    published_at as at,
    jsonb_build_object('run_id', run_id, 'complete_through', complete_through, 'time_zone', time_zone) as data
from pipeline.publication
where is_first;
