-- What each role may do.

grant usage on schema users to users_app, accounts_app, accounts_owner, accounts_ledger, stats_app, events_app;
-- Functions of accounts run as their owners, and those that post ask for the session themselves.
grant select on users.live_session to users_app, accounts_app, accounts_owner, accounts_ledger, stats_app, events_app;
grant select on users.event to events_app;
grant select on users.present_user to accounts_owner;
grant execute on function users.note_session_use to users_app, accounts_app, stats_app, events_app;

grant select, insert, update on users.user to users_app;
grant select, insert, update, delete
on users.index_key, users.email_digest, users.search_term, users.signing_key, users.session, users.throttle,
    users.known_source, users.reset_code
to users_app;
grant select, insert on users.review_decision, users.photo_view, users.intervention to users_app;
