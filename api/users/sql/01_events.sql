-- What the events service reads of users. Each version of a photo is decided on once, one after the other, so versions
-- give the order. Who decided, and why, stays here.
create view users.event as
select
    user_id,
    photo_version as sequence,
    id,
    case decision when 'approve' then 'user.approved' else 'user.rejected' end as type,
    decided_at as at,
    jsonb_build_object('photo_version', photo_version) as data
from users.review_decision;
