-- The guards of the tables stand: triggers, constraints and unique indexes, and who may pass them
select format('table accounts.%s', guard.on_table), format('its guard %s is missing or switched off', guard.name)
from (values
    ('account', 'account_kept'), ('account', 'account_new'), ('account', 'account_version'),
    ('account', 'account_not_overdrawn'), ('account', 'account_number_unique'),
    ('transaction', 'transaction_append_only'), ('transaction', 'transaction_entries'),
    ('transaction', 'transaction_follows_from_head'), ('transaction', 'transaction_sequence_unique'),
    ('transfer', 'transfer_append_only'), ('transfer', 'transfer_entries'), ('transfer', 'transfer_reversed_once'),
    ('overdraft_change', 'overdraft_change_append_only'), ('event', 'event_append_only'),
    ('account', 'account_tells'), ('user_account', 'user_account_tells'),
    ('extract_floor', 'extract_floor_rises'), ('extract_floor', 'extract_floor_kept')
) guard (on_table, name)
where guard.name not in (
    select tgname from pg_trigger
    where tgrelid = format('accounts.%I', guard.on_table)::regclass and tgenabled in ('O', 'A')
    union all
    select conname from pg_constraint
    where conrelid = format('accounts.%I', guard.on_table)::regclass and convalidated and conenforced
    union all
    select relname from pg_index join pg_class on pg_class.oid = indexrelid
    where indrelid = format('accounts.%I', guard.on_table)::regclass and indisunique and indisvalid
)
union all
select 'role accounts_ledger', 'it can sign in' from pg_roles where rolname = 'accounts_ledger' and rolcanlogin
union all
select format('function %s', oid::regprocedure), 'it may not run as accounts_ledger'
from pg_proc
where proowner = 'accounts_ledger'::regrole
  and oid not in ('accounts.post_one'::regproc, 'accounts.post_many'::regproc)
order by 1
limit 1000
