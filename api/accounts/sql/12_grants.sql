-- What each role may do. No function is for everybody (see api/shared/migrations): all is granted here.

grant usage on schema accounts to accounts_app, stats_app, events_app, extractor;

grant select on accounts.account, accounts.user_account, accounts.invitation, accounts.payee, accounts.transfer,
    accounts.transaction, accounts.overdraft_change, accounts.account_access, accounts.statement to accounts_app;
grant execute on function accounts.post, accounts.reverse, accounts.open_account, accounts.lock_user,
    accounts.close_account, accounts.close_accounts_of, accounts.approve_account, accounts.approve_accounts_of,
    accounts.set_overdraft_limit, accounts.invite_owner, accounts.accept_invitation, accounts.add_owner,
    accounts.remove_owner, accounts.name_account, accounts.keep_payee, accounts.forget_payee,
    accounts.entries_before, accounts.balance_at, accounts.forget_requests, accounts.abandoned to accounts_app;

grant select on accounts.account_access, accounts.account_listing, accounts.statement to stats_app;

grant select on accounts.account_access, accounts.account_listing, accounts.account_event, accounts.entry_event
    to events_app;
grant execute on function accounts.entries_shown to events_app;

-- No memo: that lies in transfer.
grant select on accounts.account, accounts.transaction to extractor;
grant select, insert, delete on accounts.extract_receipt to extractor;
grant select on accounts.extract_floor to extractor;
grant execute on function accounts.clock, accounts.next_floor, accounts.raise_floor, accounts.keep_complete_through
    to extractor;

-- Nobody can sign in as this role. It has the two functions that write a movement's rows by themselves and no more
-- than they need; for whoever else writes, the tables' triggers do or refuse it.
grant usage, create on schema accounts to accounts_ledger;
alter function accounts.post_one owner to accounts_ledger;
alter function accounts.post_many owner to accounts_ledger;
revoke create on schema accounts from accounts_ledger;
grant select, update on accounts.account to accounts_ledger;
grant select on accounts.user_account, accounts.extract_floor to accounts_ledger;
grant insert on accounts.transfer, accounts.transaction to accounts_ledger;
grant select (user_id, key), update (answer, shown) on accounts.request to accounts_ledger;
grant execute on function accounts.clock, accounts.present, accounts.is_account, accounts.is_side, accounts.is_id,
    accounts.id_of, accounts.kind_of, accounts.resolve, accounts.resolve_all, accounts.require_sides,
    accounts.refuse_transfer, accounts.state_of, accounts.refusal, accounts.refused, accounts.posted,
    accounts.lock_all, accounts.new_ids, accounts.judge_all, accounts.keep_answer to accounts_ledger;
