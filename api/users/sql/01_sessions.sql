-- What other services see of users and sessions, and the one thing that they may note about these.

-- What every service asks about each request: only sessions alive now.
create view users.live_session as
select
    s.id as session_id,
    s.user_id,
    u.roles,
    s.scope,
    u.approved_at is not null as user_approved,
    least(s.expires_at, s.idle_expires_at) as expires_at,
    s.scope = 'stats:read'
    and (s.last_seen_at is null or s.last_seen_at < now() - interval '1 minute') as is_use_due
from users.session as s
join users.user as u on u.id = s.user_id
where s.expires_at > now() and s.idle_expires_at > now() and u.deleted_at is null;

-- A program's token is used at the stats service, which may not write here: it calls this function, and only
-- when the view says that the last note is more than a minute old, so that reading statistics seldom writes.
create or replace function users.note_session_use(session_id uuid) returns void
language sql security definer set search_path = ''
begin atomic
    update users.session as s
    set last_seen_at = now()
    where s.id = note_session_use.session_id
        and s.scope = 'stats:read'
        and (s.last_seen_at is null or s.last_seen_at < now() - interval '1 minute');
end;

-- Who can own an account: users who are not deleted. Who is leaving gets none any more.
create view users.present_user as
select id as user_id, leaving_at is not null as is_leaving
from users.user
where deleted_at is null;
